"""Trains with bf16 weights, fp32 masters, warm-up-stable-decay, checkpoints, and exact resume after a kill (stage `train`)."""

from __future__ import annotations

import json
import math
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from treefill_train import checkpoint, gguf_file, kernels, tokenizer
from treefill_train.config import Config, TrainConfig
from treefill_train.model import Decoder, parameters
from treefill_train.optim import Optimizer
from treefill_train.progress import say
from treefill_train.samples.stream import Stream
from treefill_train.validate import Validation


@dataclass
class Schedule:
    """Learning rate by step: linear warm-up, flat, then down to zero as 1 - sqrt (Hägele et al. 2024)."""

    warmup: int
    decay_from: int
    end: int
    begin: int = 0

    @classmethod
    def planned(cls, config: TrainConfig, context: int, begin: int = 0) -> Schedule:
        """The schedule of a run to `total_tokens` whose first step was `begin`."""
        end = math.ceil(config.total_tokens / (config.rows * context))
        return cls(config.warmup_steps, int(end * (1 - config.decay_share)), end, begin)

    def finish(self, step: int, steps: int) -> Schedule:
        """The same run, decaying from `step` on over `steps`."""
        return Schedule(self.warmup, step, step + steps, self.begin)

    def factor(self, step: int) -> float:
        """Between 0 and 1."""
        if step < self.begin + self.warmup:
            return (step - self.begin + 1) / self.warmup
        if step < self.decay_from:
            return 1.0
        done = (step - self.decay_from) / max(1, self.end - self.decay_from)
        return 1.0 - math.sqrt(min(1.0, done))


class Stop:
    """Set by SIGTERM and SIGINT: the run leaves a checkpoint after the step it is in."""

    def __init__(self) -> None:
        self.asked = False
        for kind in (signal.SIGTERM, signal.SIGINT):
            signal.signal(kind, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


class Run:
    """One process' share of a training run."""

    def __init__(self, config: Config, work: Path, finish_tokens: int | None, flat: bool, start: Path | None) -> None:
        self.config, self.work = config, work
        train, context = config.train, config.model.context
        torch.manual_seed(train.seed)
        torch.set_num_threads(train.threads)
        vocab = len(tokenizer.vocabulary(work / "tokenizer.json")[0])
        self.model = Decoder(config.model, vocab).to(train.device)
        total, body = parameters(config.model, vocab)
        say(f"train: {config.name}, {total / 1e6:.2f} M parameters, {body / 1e6:.2f} M without embeddings")
        self.step, self.seconds = 0, 0.0
        self.schedule = Schedule.planned(train, context)
        path = checkpoint.newest(work, config.name)
        if start and not path:
            self._start(start)
        elif start:
            say(f"train: {path} is there, so {start} is not read")
        self.optimizer = Optimizer.of_bf16(self.model, train.weight_decay, train.average_steps)
        if path:
            self._resume(path)
        if flat:
            self.schedule = Schedule.planned(train, context, self.schedule.begin)
        if finish_tokens:
            self.schedule = self.schedule.finish(self.step, max(1, finish_tokens // (train.rows * context)))
        self.losses = torch.compile(self.model.losses) if train.compile else self.model.losses
        self.native = None if train.compile or train.device != "cpu" else kernels.native(self.model)

    def _start(self, path: Path) -> None:
        """Weights of a GGUF, at the step its tokens make; the moments begin at zero, so the rate is warmed up again."""
        model, encoder, _ = gguf_file.read(path)
        if encoder.get_vocab() != tokenizer.load(self.work / "tokenizer.json").get_vocab():
            raise SystemExit(
                f"train: {self.work / 'tokenizer.json'} is not the one of {path}: remove it, run `tokenizer --start {path}`"
            )
        if model.config.layers != self.config.model.layers or model.state_dict().keys() != self.model.state_dict().keys():
            raise SystemExit(f"train: {path} has the shape {model.config}, the configuration {self.config.model}")
        self.model.load_state_dict(model.state_dict())
        tokens = gguf_file.training_tokens(path)
        self.schedule.begin = self.step = tokens // (self.config.train.rows * self.config.model.context)
        say(f"train: starts from {path}, {tokens / 1e6:.1f} M tokens")

    def _resume(self, path: Path) -> None:
        state = checkpoint.read(path)
        self.optimizer.load(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        saved = Schedule(*state["schedule"])
        self.schedule.warmup, self.schedule.begin = saved.warmup, saved.begin
        if state["finishing"]:
            self.schedule = saved
        say(f"train: resumed {path.name} at step {self.step}")

    def save(self) -> None:
        """Leave a checkpoint of this step."""
        planned = Schedule.planned(self.config.train, self.config.model.context)
        schedule = [self.schedule.warmup, self.schedule.decay_from, self.schedule.end, self.schedule.begin]
        path = checkpoint.save(
            self.work,
            self.config.name,
            self.step,
            {
                "step": self.step,
                "seconds": self.seconds,
                "schedule": schedule,
                "finishing": self.schedule.end != planned.end,
                "tokens": self.step * self.config.train.rows * self.config.model.context,
                "optimizer": self.optimizer.state(),
            },
        )
        say(f"train: wrote {path}")

    def update(self, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """One optimiser step on a batch (rows, context): (mean loss in nats, gradient norm)."""
        train = self.config.train
        counted = float((targets != -100).sum())
        total = 0.0
        for part, wanted in zip(torch.split(inputs, train.micro_rows), torch.split(targets, train.micro_rows), strict=True):
            if self.native:
                loss = self.native.loss(part, wanted, 1 / counted)
            else:
                loss = self.losses(part, wanted).float().sum() / counted
            torch.autograd.backward(loss)
            total += float(loss.detach())
        factor = self.schedule.factor(self.step)
        norm = self.optimizer.step(train.muon_lr * factor, train.adam_lr * factor, train.grad_clip)
        self.step += 1
        return total, norm


def _log(path: Path, row: dict[str, Any]) -> None:
    with path.open("a") as log:
        log.write(json.dumps(row) + "\n")


def run(
    config: Config,
    work: Path,
    finish_tokens: int | None = None,
    stop_after: int | None = None,
    flat: bool = False,
    start: Path | None = None,
) -> None:
    """Train to the end of the schedule, a signal, or `stop_after` steps; the log is `train-NAME.jsonl`.

    `flat` goes on at the full learning rate from a checkpoint whose run was decaying or is finished: what the decay has
    brought is not lost (WSD-S, Wen et al. 2024). `start` is a GGUF to begin with where there is no checkpoint: a run goes on
    from a shipped model on a machine that has nothing else of it.
    """
    stop = Stop()
    state = Run(config, work, finish_tokens, flat, start)
    train = config.train
    per_step = train.rows * config.model.context
    stream = Stream(config, work, state.step, state.schedule.decay_from)
    validation = Validation(config, work)
    log = work / f"train-{config.name}.jsonl"
    saved = shown = time.monotonic()
    first, shown_step, recent, waited = state.step, state.step, [0.0], 0.0
    while state.step < state.schedule.end and not stop.asked and state.step - first != stop_after:
        started = time.monotonic()
        inputs, targets, _ = (torch.from_numpy(a).to(train.device) for a in stream.next())
        waited += time.monotonic() - started
        loss, norm = state.update(inputs, targets)
        state.seconds += time.monotonic() - started
        recent.append(loss)
        if not math.isfinite(loss):
            raise SystemExit(f"train: loss is {loss} at step {state.step}; lower muon_lr or adam_lr and resume")
        if time.monotonic() - shown > 30 or state.step == state.schedule.end:
            speed = (state.step - shown_step) * per_step / (time.monotonic() - shown)
            mean = sum(recent[1:]) / len(recent[1:])
            say(
                f"train: step {state.step}/{state.schedule.end}, {state.step * per_step / 1e6:.2f} M tokens, loss {mean:.3f}, "
                f"norm {norm:.2f}, {speed:.0f} tokens/s, waited {waited:.1f} s"
            )
            _log(
                log,
                {
                    "step": state.step,
                    "tokens": state.step * per_step,
                    "loss": mean,
                    "speed": speed,
                    "factor": state.schedule.factor(state.step - 1),
                    "seconds": state.seconds,
                },
            )
            shown, shown_step, recent, waited = time.monotonic(), state.step, [0.0], 0.0
        if state.step % train.validate_steps == 0 or state.step == state.schedule.end:
            row = {"step": state.step, "tokens": state.step * per_step, "validation": validation.measure(state.model)}
            state.optimizer.show(state.optimizer.average)
            row["validation_of_average"] = validation.measure(state.model)
            state.optimizer.show(state.optimizer.master)
            _log(log, row)
        if time.monotonic() - saved > train.checkpoint_seconds:
            state.save()
            saved = time.monotonic()
    stream.close()
    state.save()
