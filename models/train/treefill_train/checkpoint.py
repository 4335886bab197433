"""Writes checkpoints beside the old one and renames them, so that a kill never leaves half a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from treefill_train.config import Config
from treefill_train.model import Decoder
from treefill_train.progress import say

KEPT = 2
"""Numbered checkpoints left in the folder; older ones are removed."""


def newest(work: Path, name: str) -> Path | None:
    """The checkpoint with the highest step of configuration `name`."""
    found = sorted((work / "checkpoints").glob(f"{name}-*.pt"))
    return found[-1] if found else None


def save(work: Path, name: str, step: int, state: dict[str, Any]) -> Path:
    """Write checkpoint `step` and remove all but the newest `KEPT`."""
    folder = work / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{step:07d}.pt"
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.rename(path)
    for old in sorted(folder.glob(f"{name}-*.pt"))[:-KEPT]:
        old.unlink()
    return path


def read(path: Path) -> dict[str, Any]:
    """A checkpoint as plain tensors and numbers; nothing else is unpickled."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def model(config: Config, work: Path, path: Path | None, average: bool = False) -> tuple[Decoder, dict[str, Any]]:
    """An fp32 model with a checkpoint's master weights, or their average over the last steps, and the checkpoint."""
    path = path or newest(work, config.name)
    if path is None:
        raise SystemExit(f"no checkpoint of {config.name} in {work / 'checkpoints'}: run the train stage first")
    say(f"reading {path}")
    state = read(path)
    decoder = Decoder(config.model, state["optimizer"]["master"]["token_embd.weight"].shape[0])
    decoder.load_state_dict(state["optimizer"]["average" if average else "master"])
    return decoder.eval(), state
