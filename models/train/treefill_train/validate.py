"""Computes the loss per language and task on packages that training does not see."""

from __future__ import annotations

import random
from pathlib import Path

import torch

from treefill_train.config import Config
from treefill_train.model import Decoder
from treefill_train.progress import say
from treefill_train.samples.stream import LANGUAGES, Batch, arrays, drawer, pack

TASKS = {
    "plain": ("plain", ""),
    "line": ("line_end", "spm2"),
    "line-psm": ("line_end", "psm"),
    "multi": ("multi_line", "spm2"),
    "block": ("block", "spm2"),
    "span": ("characters", "spm2"),
    "repair": ("repair", "spm2"),
}
"""Task name → (kind of split, encoding)."""


class Validation:
    """Fixed batches, made once from a fixed seed."""

    def __init__(self, config: Config, work: Path) -> None:
        source = drawer(config, work, validation=True)
        rows, context = config.train.validate_rows, config.model.context
        self.device = config.train.device
        self.batches: dict[str, Batch] = {}
        for language in LANGUAGES:
            for task, (kind, encoding) in TASKS.items():
                rng = random.Random(f"{language} {task}")
                limit = context // 2 if task != "plain" else context + 1
                samples = [source.draw(limit, rng, language, kind, encoding) for _ in range(rows * 2)]
                self.batches[f"{language} {task}"] = arrays(pack(samples, rows, context)[0], context)

    @torch.no_grad()
    def measure(self, model: Decoder) -> dict[str, float]:
        """Nats per token: of the middles for hole tasks, of everything for plain text."""
        result = {}
        for name, (inputs, targets, middle) in self.batches.items():
            given, wanted = (torch.from_numpy(a).to(self.device) for a in (inputs, targets))
            losses = model.losses(given, wanted).float().cpu()
            counted = torch.from_numpy(targets).flatten() != -100
            if not name.endswith("plain"):
                counted &= torch.from_numpy(middle).flatten()
            result[name] = round(float(losses[counted].mean()), 4)
        say("validation: " + ", ".join(f"{name} {loss:.3f}" for name, loss in result.items()))
        return result
