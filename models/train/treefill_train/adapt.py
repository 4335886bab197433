"""Trains an adapter (LoRA) of a GGUF model on the source files of a folder (stage `adapt`).

Some of the files are kept out of training, so that the loss on them says what the adapter is worth. What it learned stays in the
one file that is written: treefill reads it beside the model that it was made for (`model.adapter`).
"""

from __future__ import annotations

import hashlib
import math
import random
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter
from torch import Tensor, nn

from treefill_train import gguf_file
from treefill_train.config import Config
from treefill_train.corpus import clean
from treefill_train.evaluate import BLOCK, Subject, bits_per_byte
from treefill_train.model import Decoder
from treefill_train.progress import say
from treefill_train.samples.draw import Drawer
from treefill_train.samples.files import File, Files
from treefill_train.samples.stream import Batch, arrays, pack

LANGUAGES = {".py": "python", ".rs": "rust"}
"""File name ending → language: those that the recipe's samples are drawn in."""
FOREIGN = {"target", "node_modules", "site-packages", "__pycache__", "venv", "dist", "build"}
"""Folders of what others wrote or a build made."""
HELD_OUT = 0.25
"""Share of the files that is kept out of training."""
EPOCHS = 4
"""How often training reads the files, unless the number of steps is given."""
LEAST_STEPS, MOST_STEPS = 20, 600
RATE = 1.5e-3
"""Highest learning rate of AdamW; LoRA takes more than a whole model does (Hu et al. 2021)."""
HOLES = 48
"""Samples of each language that the loss is measured on."""
TARGETS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
"""The matrices of each layer that get an adapter: all of them."""


class Adapted(nn.Module):
    """A matrix that stays, and a change of low rank beside it: `W x + (alpha / rank) B A x`; `B` begins at zero."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.base, self.scale = base, alpha / rank
        self.a = nn.Parameter(torch.randn(rank, base.in_features) * base.in_features**-0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: Tensor) -> Tensor:
        """As the matrix alone, with the change added."""
        out: Tensor = self.base(x) + self.scale * ((x @ self.a.T) @ self.b.T)
        return out


def attach(model: Decoder, rank: int, alpha: float) -> dict[str, Adapted]:
    """Give every matrix of every layer an adapter, and leave only those to be trained. By the name of the matrix."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    adapted = {}
    for layer, block in enumerate(model.blk):
        for target in TARGETS:
            made = Adapted(getattr(block, target), rank, alpha)
            setattr(block, target, made)
            adapted[f"blk.{layer}.{target}.weight"] = made
    return adapted


def write(path: Path, adapted: dict[str, Adapted], alpha: float, name: str) -> None:
    """Write an adapter as llama.cpp reads it: two fp32 matrices for each one that it changes."""
    part = path.with_suffix(".part")
    writer = GGUFWriter(part, "llama")
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for matrix, change in adapted.items():
        writer.add_tensor(f"{matrix}.lora_a", change.a.detach().float().numpy())
        writer.add_tensor(f"{matrix}.lora_b", change.b.detach().float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.rename(path)


class Sources(Files):
    """The files of one language of a folder, in memory, drawn in proportion to their length."""

    def __init__(self, language: str, files: list[File]) -> None:
        self.language, self.files = language, files
        self.rows = [{"package": f.package, "path": f.path, "length": len(f.text)} for f in files]
        self.ends = np.cumsum([len(f.text) for f in files]).tolist()
        self.packages = {"": list(range(len(files)))}
        for file in files:
            self.packages.setdefault(file.package, self.packages[""])

    def read(self, index: int) -> File:
        """File number `index`."""
        return self.files[index]


@dataclass(frozen=True)
class Project:
    """The files of a folder by language, those to train on and those to measure on."""

    training: dict[str, list[File]]
    held_out: dict[str, list[File]]


def is_held_out(path: str) -> bool:
    """Whether a file is kept out of training, by its path: another run keeps the same ones out."""
    return int(hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32 < HELD_OUT


def read_project(folder: Path, config: Config) -> Project:
    """The source files below a folder. Ends with an error where there are too few to keep some out."""
    project = Project({}, {})
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        language = LANGUAGES.get(path.suffix)
        foreign = any(part in FOREIGN or part.startswith(".") for part in inside.parts[:-1])
        if language is None or foreign or not path.is_file():
            continue
        if not config.corpus.min_file <= path.stat().st_size <= config.corpus.max_file:
            continue
        try:
            text = path.read_bytes().decode().replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        if clean.leaks(text):
            say(f"adapt: {inside} has an address or what looks like a key: left out")
            continue
        part = project.held_out if is_held_out(inside.as_posix()) else project.training
        part.setdefault(language, []).append(File(folder.name, inside.as_posix(), text.encode()))
    if not project.training or not project.held_out:
        raise SystemExit(f"adapt: {folder} has too few source files (*.py, *.rs) to train on some and measure on others")
    return project


def drawer(files: dict[str, list[File]], subject: Subject, config: Config) -> Drawer:
    """Samples of these files, as treefill asks: the mixture of the end of a training run."""
    size = {language: float(sum(len(f.text) for f in some)) for language, some in files.items()}
    samples = replace(config.annealing, languages={language: bytes_ / sum(size.values()) for language, bytes_ in size.items()})
    sources: dict[str, Files] = {language: Sources(language, some) for language, some in files.items()}
    return Drawer(sources, subject.encoder, samples)


def holes(source: Drawer, context: int, rows: int) -> list[Batch]:
    """The same holes each time: ends of lines and several lines, in the order that treefill asks in."""
    batches = []
    for language in source.files:
        rng = random.Random(f"adapt {language}")
        kinds = ["line_end", "line_end", "multi_line"]
        samples = [source.draw(context, rng, language, kinds[at % len(kinds)], "spm2") for at in range(HOLES)]
        while samples:
            packed, samples = pack(samples, rows, context)
            batches.append(arrays(packed, context))
    return batches


@torch.no_grad()
def hole_loss(model: Decoder, batches: list[Batch]) -> float:
    """Nats per token of the holes' texts."""
    nats = count = 0.0
    for inputs, targets, middle in batches:
        losses = model.losses(torch.from_numpy(inputs), torch.from_numpy(targets))
        counted = torch.from_numpy(middle).flatten() & (torch.from_numpy(targets).flatten() != -100)
        nats += float(losses[counted].sum())
        count += float(counted.sum())
    return nats / max(count, 1)


def blocks(files: dict[str, list[File]]) -> list[str]:
    """Plain text, cut to what the smallest context takes."""
    texts = []
    for some in files.values():
        for file in some:
            text = file.text.decode("utf-8", "ignore")
            texts += [text[at : at + BLOCK] for at in range(0, min(len(text), 8 * BLOCK), BLOCK)]
    return [text for text in texts if len(text) > BLOCK // 4]


def fit(subject: Subject, adapted: dict[str, Adapted], source: Drawer, steps: int, rows: int, context: int, seed: int) -> None:
    """Train what is adapted, in place: AdamW, a short warm-up, then a cosine to zero."""
    parameters = [p for change in adapted.values() for p in (change.a, change.b)]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0)
    warm = max(1, steps // 10)
    started = told = time.monotonic()
    total = 0.0
    for step in range(steps):
        rng = random.Random(seed * 1_000_003 + step)
        wanted, size = [], 0
        while size < rows * (context + 1):
            wanted.append(source.draw(context, rng))
            size += len(wanted[-1].ids)
        inputs, targets, _ = arrays(pack(wanted, rows, context)[0], context)
        share = (step + 1) / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))
        for group in optimizer.param_groups:
            group["lr"] = RATE * share
        losses = subject.model.losses(torch.from_numpy(inputs), torch.from_numpy(targets))
        loss = losses.sum() / max(1, int((targets != -100).sum()))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        total += float(loss.detach())
        if time.monotonic() - told > 20:
            told = time.monotonic()
            say(f"adapt: step {step + 1}/{steps}, {total / (step + 1):.3f} nats per token, {told - started:.0f} s")


def default_steps(project: Project, rows: int, context: int) -> int:
    """As many steps as read the training files `EPOCHS` times."""
    size = sum(len(f.text) for some in project.training.values() for f in some)
    return min(MOST_STEPS, max(LEAST_STEPS, round(EPOCHS * size / 3.4 / (rows * context))))


def run(
    config: Config,
    work: Path,
    folder: Path | None = None,
    base: Path | None = None,
    out: Path | None = None,
    rank: int = 16,
    steps: int | None = None,
    rows: int = 4,
    tokens: int = 512,
    treefill: Path | None = None,
) -> dict[str, tuple[float, float]]:
    """Train an adapter of `base` on `folder`, write it to `out`, and say what it changed: (before, after) by figure.

    With `treefill`, the program, the table with the memory of the workspace follows.
    """
    if folder is None or base is None:
        raise SystemExit("adapt: --from DIR names the sources, --base MODEL.gguf the model")
    if rank < 1:
        raise SystemExit("adapt: --rank is 1 or more")
    torch.set_num_threads(config.train.threads)
    torch.manual_seed(config.train.seed)
    out = out or work / f"{folder.resolve().name}-lora.gguf"
    project = read_project(folder, config)
    subject = Subject(base.name, *gguf_file.read(base))
    context = min(tokens, subject.model.config.context)
    steps = steps if steps is not None else default_steps(project, rows, context)
    measured = {
        "training files": holes(drawer(project.training, subject, config), context, rows),
        "held-out files": holes(drawer(project.held_out, subject, config), context, rows),
    }
    texts = blocks(project.held_out)

    def figures() -> dict[str, float]:
        result = {f"{name}: nats per token of a hole": hole_loss(subject.model, batches) for name, batches in measured.items()}
        return result | {"held-out files: bits per byte of plain text": bits_per_byte(subject, texts)}

    before = figures()
    adapted = attach(subject.model, rank, float(rank))
    size = sum(change.a.numel() + change.b.numel() for change in adapted.values())
    count = {name: sum(map(len, part.values())) for name, part in (("train", project.training), ("held", project.held_out))}
    say(f"adapt: {count['train']} files to train on, {count['held']} kept out; rank {rank}, {size / 1e6:.2f} M weights, {steps} steps")
    started = time.monotonic()
    fit(subject, adapted, drawer(project.training, subject, config), steps, rows, context, config.train.seed)
    after = figures()
    write(out, adapted, float(rank), f"{folder.resolve().name} for {base.stem}")
    held_out = out.with_suffix(".held-out.txt")
    held_out.write_text("".join(f"{f.path}\n" for some in project.held_out.values() for f in some))
    say(f"adapt: {out}, {out.stat().st_size / 1e6:.2f} MB, {time.monotonic() - started:.0f} s; kept out: {held_out}")
    print("| | before | after |\n|---|---|---|")
    for name, value in before.items():
        print(f"| {name} | {value:.3f} | {after[name]:.3f} |", flush=True)
    command = ["eval", "memory", "--model", str(base), "--adapter", str(out), "--files", str(held_out), "--holes", "200", str(folder)]
    if treefill is None:
        print("with the memory of the workspace beside it: treefill " + " ".join(command))
    else:
        subprocess.run([str(treefill), *command], check=True)
    return {name: (value, after[name]) for name, value in before.items()}
