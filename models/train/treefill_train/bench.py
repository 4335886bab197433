"""Measures the training step on random tokens, with PyTorch's operators and with the compiled kernels (stage `bench`)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from treefill_train import kernels
from treefill_train.config import Config
from treefill_train.model import Decoder
from treefill_train.optim import Optimizer
from treefill_train.progress import say

ROUNDS = 5


def run(config: Config, _work: Path) -> None:
    """Print tokens per second of both steps (medians of alternating rounds) and their ratio."""
    train, context, vocab = config.train, config.model.context, config.tokenizer.vocab_size
    torch.set_num_threads(train.threads)
    torch.manual_seed(train.seed)
    model = Decoder(config.model, vocab)
    optimizer = Optimizer.of_bf16(model, train.weight_decay, train.average_steps)
    native = kernels.native(model)
    if native is None:
        raise SystemExit(
            "bench: the kernels are not to be had here; the reason stands above, or the context is no multiple of 256"
        )
    tokens, targets = torch.randint(0, vocab, (2, train.rows, context))

    def plain(part: Tensor, wanted: Tensor, scale: float) -> Tensor:
        return model.losses(part, wanted).float().sum() * scale

    ways: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {"PyTorch": plain, "kernels": native.loss}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, loss in ways.items():
            started = time.perf_counter()
            for part, wanted in zip(tokens.split(train.micro_rows), targets.split(train.micro_rows), strict=True):
                torch.autograd.backward(loss(part, wanted, 1 / tokens.numel()))
            optimizer.step(1e-5, 1e-5, train.grad_clip)
            if number:  # the first round warms up
                seconds[name].append(time.perf_counter() - started)
    speeds = {name: tokens.numel() / statistics.median(times) for name, times in seconds.items()}
    for name, speed in speeds.items():
        say(f"bench: {name}: {speed:.0f} tokens/s")
    say(f"bench: ratio {speeds['kernels'] / speeds['PyTorch']:.2f}")
