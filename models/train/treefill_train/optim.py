"""Optimises the matrices with Muon and the rest with AdamW, both on fp32 master copies of bf16 weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


def orthogonal(gradient: Tensor, steps: int = 5) -> Tensor:
    """Nearest semi-orthogonal matrix by Newton-Schulz (Jordan et al. 2024, coefficients theirs), in bf16."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x: Tensor = gradient.bfloat16()
    tall = x.shape[0] > x.shape[1]
    x = x.mT if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Optimizer:
    """Holds master weights and moments; `step` writes the rounded result back into the model.

    Muon's update is scaled by sqrt(max(1, rows / columns)) and uses Nesterov momentum 0.95, as in the reference.
    AdamW uses (0.9, 0.95). Weight decay touches matrices only. `average` is an exponential average of the masters over about
    `average_steps` steps: at a flat learning rate it is nearly as good as a decayed run (Hägele et al. 2024, section 4).
    """

    def __init__(self, model: nn.Module, weight_decay: float, average_steps: int) -> None:
        self.decay, self.average_steps = weight_decay, average_steps
        self.live = dict(model.named_parameters())
        self.master = {n: p.detach().float().clone() for n, p in self.live.items()}
        self.muon = {n: torch.zeros_like(m) for n, m in self.master.items() if m.ndim == 2 and "token_embd" not in n}
        self.first = {n: torch.zeros_like(m) for n, m in self.master.items() if n not in self.muon}
        self.second = {n: torch.zeros_like(m) for n, m in self.first.items()}
        self.average = {n: m.clone() for n, m in self.master.items()}
        self.steps, self.averaged = 0, 0

    @classmethod
    def of_bf16(cls, model: nn.Module, weight_decay: float, average_steps: int) -> Optimizer:
        """Takes fp32 masters from `model`, and turns the model itself to bf16."""
        made = cls(model, weight_decay, average_steps)
        made.live = dict(model.to(torch.bfloat16).named_parameters())
        return made

    @torch.no_grad()
    def step(self, muon_lr: float, adam_lr: float, clip: float) -> float:
        """One update from the gradients, which are cleared; the global gradient norm before clipping."""
        gradients = {n: p.grad.float() for n, p in self.live.items() if p.grad is not None}
        norm = float(torch.stack([g.norm() for g in gradients.values()]).norm())
        scale = min(1.0, clip / (norm + 1e-6))
        self.steps += 1
        for name, gradient in gradients.items():
            gradient = gradient * scale
            master = self.master[name]
            if name in self.muon:
                momentum = self.muon[name].lerp_(gradient, 0.05)
                update = orthogonal(gradient.lerp(momentum, 0.95))
                master.mul_(1 - muon_lr * self.decay)
                master.add_(update.float(), alpha=-muon_lr * max(1.0, update.shape[0] / update.shape[1]) ** 0.5)
            else:
                first = self.first[name].lerp_(gradient, 0.1)
                second = self.second[name].lerp_(gradient.square(), 0.05)
                corrected = (second / (1 - 0.95**self.steps)).sqrt_().add_(1e-10)
                master.addcdiv_(first, corrected, value=-adam_lr / (1 - 0.9**self.steps))
            self.live[name].copy_(master)
            self.live[name].grad = None
        self.averaged += 1
        for name, master in self.master.items():
            self.average[name].lerp_(master, 1 / min(self.averaged, self.average_steps))
        return norm

    @torch.no_grad()
    def show(self, weights: dict[str, Tensor]) -> None:
        """Write `weights` (the masters or their average) into the model."""
        for name, parameter in self.live.items():
            parameter.copy_(weights[name])

    def state(self) -> dict[str, Any]:
        """Everything a later `load` needs to go on exactly."""
        kinds = ("master", "average", "muon", "first", "second", "steps", "averaged")
        return {kind: getattr(self, kind) for kind in kinds}

    @torch.no_grad()
    def load(self, state: dict[str, Any]) -> None:
        """Take over a saved state and write the weights into the model."""
        for kind in ("master", "average", "muon", "first", "second"):
            for name, tensor in getattr(self, kind).items():
                # A checkpoint of before there were averages has none; it begins with its own weights.
                tensor.copy_(state.get(kind, state["master"])[name])
        self.steps, self.averaged = state["steps"], state.get("averaged", 0)
        self.show(self.master)


def count(tensors: Iterable[Tensor]) -> int:
    """Number of values in `tensors`."""
    return sum(t.numel() for t in tensors)
