"""Packs batches of rows in background processes, in an order that depends only on the seed and the step."""

from __future__ import annotations

import multiprocessing
import os
import random
from multiprocessing.queues import Queue
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from treefill_train import tokenizer
from treefill_train.config import Config, SampleConfig
from treefill_train.samples.draw import Drawer
from treefill_train.samples.files import Files
from treefill_train.samples.fim import Sample
from treefill_train.tokenizer import PAD

IGNORE = -100
"""Target of a position that does not count (PyTorch's default)."""
LANGUAGES = ("python", "rust")

Batch = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
"""Inputs and targets (rows, context), and which targets belong to a middle."""


def drawer(config: Config, work: Path, validation: bool) -> Drawer:
    """A `Drawer` on the corpus in `work`."""
    files = {name: Files(work / "corpus", name, validation) for name in LANGUAGES}
    return Drawer(files, tokenizer.load(work / "tokenizer.json"), config.samples)


def pack(samples: list[Sample], rows: int, context: int) -> tuple[list[list[Sample]], list[Sample]]:
    """Samples put into `rows` rows of `context` + 1 tokens, longest first; the second list did not fit."""
    packed: list[list[Sample]] = [[] for _ in range(rows)]
    space = [context + 1] * rows
    left = []
    for sample in sorted(samples, key=lambda s: -len(s.ids)):
        row = max(range(rows), key=lambda r: space[r])
        if len(sample.ids) > space[row]:
            left.append(sample)
            continue
        packed[row].append(sample)
        space[row] -= len(sample.ids)
    return packed, left


def arrays(packed: list[list[Sample]], context: int) -> Batch:
    """Rows as arrays; what stays empty is padding that no loss is taken on."""
    ids = np.full((len(packed), context + 1), PAD, np.int64)
    middle = np.zeros(ids.shape, np.bool_)
    used = np.zeros(ids.shape, np.bool_)
    for row, samples in enumerate(packed):
        at = 0
        for sample in samples:
            size = len(sample.ids)
            ids[row, at : at + size] = sample.ids
            middle[row, at + sample.middle : at + size] = True
            used[row, at + 1 : at + size] = True  # a sample's first token does not follow from the one before it
            at += size
    return ids[:, :-1], np.where(used, ids, IGNORE)[:, 1:], middle[:, 1:] & used[:, 1:]


def lengths(total: int, config: SampleConfig, context: int, rng: random.Random) -> list[int]:
    """Sample lengths that sum to about `total`: a share fills a row, the others are shorter, evenly on a log scale."""
    least = config.min_tokens
    chosen: list[int] = []
    while sum(chosen) < total:
        longest = context + 1
        drawn = longest if rng.random() < config.full_rate else int(least * (longest / least) ** rng.random())
        chosen.append(drawn)
    return chosen


def batch(source: Drawer, config: Config, step: int) -> Batch:
    """Batch number `step`: the same for the same seed, corpus, tokenizer and mixture."""
    rng = random.Random(config.train.seed * 1_000_003 + step)
    rows, context = config.train.rows, config.model.context
    wanted = lengths(int(rows * context * 0.9), source.config, context, rng)
    samples = [source.draw(size, rng) for size in wanted]
    packed, _ = pack(samples, rows, context)
    for row in packed:
        space = context + 1 - sum(len(s.ids) for s in row)
        while space >= 48:
            filler = source.draw(space, rng)
            row.append(filler)
            space -= len(filler.ids)
    return arrays(packed, context)


def _work(config: Config, work: Path, first: int, stride: int, decay_from: int, queue: Queue[Batch]) -> None:
    os.nice(5)
    flat = drawer(config, work, validation=False)
    annealing = Drawer(flat.files, flat.tokenizer, config.annealing)
    step = first
    while True:
        queue.put(batch(flat if step < decay_from else annealing, config, step))
        step += stride


class Stream:
    """Batches from step `start` on; process k of n makes every n-th, so resuming needs no saved state.

    From step `decay_from` on they are of the mixture `[annealing]`.
    """

    def __init__(self, config: Config, work: Path, start: int, decay_from: int) -> None:
        context = multiprocessing.get_context("spawn")
        count = config.train.workers
        self.queues = [context.Queue(maxsize=6) for _ in range(count)]
        self.processes = [
            context.Process(target=_work, args=(config, work, start + k, count, decay_from, self.queues[k]), daemon=True)
            for k in range(count)
        ]
        for process in self.processes:
            process.start()
        self.position = 0

    def next(self) -> Batch:
        """The next batch; ends with an error if its process has died."""
        queue = self.queues[self.position % len(self.queues)]
        while True:
            try:
                made: Batch = queue.get(timeout=60)
                break
            except Exception as error:
                if not self.processes[self.position % len(self.queues)].is_alive():
                    raise SystemExit("train: a sample process died; see its message above") from error
        self.position += 1
        return made

    def close(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.terminate()
