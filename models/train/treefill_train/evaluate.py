"""Measures bits per byte, exact match, edit similarity and raw parse-valid share on held-out packages (stage `evaluate`).

Greedy, in treefill's own prompt order (`<PRE><SUF>suffix<MID>prefix`), through one PyTorch decoder for checkpoints and
GGUF files alike, so that two models are asked exactly the same. The answer of a single-line hole ends at its line end.
"""

from __future__ import annotations

import difflib
import json
import math
import time
from collections import defaultdict
from pathlib import Path

import torch
from tokenizers import Tokenizer

from treefill_train import checkpoint, gguf_file, holes, tokenizer
from treefill_train.config import Config
from treefill_train.corpus import clean
from treefill_train.corpus.build import fetch_heldout
from treefill_train.holes import Case
from treefill_train.model import Decoder, greedy
from treefill_train.progress import say

BLOCK = 1300
"""Bytes of a bits-per-byte block: below 512 tokens for an 8 k vocabulary, which is the smallest context compared."""


class Subject:
    """A model under measurement with its tokenizer and control tokens."""

    def __init__(self, name: str, model: Decoder, encoder: Tokenizer, ids: dict[str, int]) -> None:
        self.name, self.model, self.encoder, self.ids = name, model, encoder, ids

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text."""
        return self.encoder.encode(text).ids

    def prompt(self, case: Case, config: Config) -> list[int]:
        """`<PRE><SUF>suffix<MID>prefix`; the same bytes for every model."""
        prefix = self.encode(case.prefix(int(config.evaluate.prompt_tokens * 2.4)))
        suffix = self.encode(case.suffix(int(config.evaluate.prompt_tokens * 0.8)))
        room = self.model.config.context - config.evaluate.max_new_tokens - len(suffix) - 3
        return [self.ids["pre"], self.ids["suf"], *suffix, self.ids["mid"], *prefix[-room:]]

    @torch.no_grad()
    def nats(self, ids: list[int], start: int) -> float:
        """Negative log likelihood of `ids[start:]` given what stands before."""
        tokens = torch.tensor([ids])
        losses = self.model.losses(tokens[:, :-1], tokens[:, 1:])
        return float(losses[start - 1 :].sum())


def bits_per_byte(subject: Subject, texts: list[str]) -> float:
    """Plain text, each block on its own; the first token of a block is given."""
    nats = size = 0.0
    for text in texts:
        ids = subject.encode(text)[: subject.model.config.context]
        nats += subject.nats(ids, 1)
        size += len(subject.encoder.decode(ids[1:]).encode())
    return nats / size / math.log(2)


def answer(subject: Subject, case: Case, config: Config) -> tuple[str, int]:
    """(text put into the hole, tokens generated)."""
    stop = {subject.ids[key] for key in ("pre", "suf", "mid", "end")}
    ids = greedy(subject.model, subject.prompt(case, config), config.evaluate.max_new_tokens, stop)
    text = subject.encoder.decode(ids)
    return (text.split("\n")[0] if case.kind == "single-line" else text), len(ids)


def similarity(a: str, b: str) -> float:
    """difflib's ratio: twice the matching characters over all characters."""
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def measure(subject: Subject, cases: list[Case], blocks: dict[str, list[str]], config: Config) -> dict[str, float]:
    """All figures of one model, by `language kind measure`."""
    sums: defaultdict[str, list[float]] = defaultdict(list)
    generated, leaks, seconds = 0, 0, 0.0
    for index, case in enumerate(cases, 1):
        started = time.perf_counter()
        text, count = answer(subject, case, config)
        generated, seconds = generated + count, seconds + time.perf_counter() - started
        key = f"{case.language} {case.kind}"
        sums[f"{key} exact"].append(text.rstrip() == case.middle.rstrip())
        sums[f"{key} similarity"].append(similarity(text, case.middle))
        sums[f"{key} parse-valid"].append(holes.parses(case, text))
        if clean.leaks(text):
            leaks += 1
            say(f"evaluate: {subject.name} {index}/{len(cases)} answers with an address or a key: {text!r}")
        prompt = subject.prompt(case, config)
        middle = [*subject.encode(case.middle), subject.ids["end"]]
        bits = subject.nats([*prompt, *middle], len(prompt)) / math.log(2)
        sums[f"{key} bits-per-byte"].append(bits / len(case.middle.encode()))
        if index % 100 == 0:
            say(f"evaluate: {subject.name} {index}/{len(cases)} holes")
    figures = {key: sum(values) / len(values) for key, values in sums.items()}
    figures |= {f"{language} bits-per-byte": bits_per_byte(subject, texts) for language, texts in blocks.items()}
    return figures | {"answers with an address or a key": float(leaks), "PyTorch tokens/s": generated / max(seconds, 1e-9)}


def subjects(config: Config, work: Path, gguf: list[Path] | None, path: Path | None, average: bool) -> list[Subject]:
    """The checkpoint of this configuration (unless there is none and a GGUF was given) and every GGUF."""
    found = []
    if path or checkpoint.newest(work, config.name):
        model, state = checkpoint.model(config, work, path, average)
        ids = {"pre": tokenizer.PREFIX, "suf": tokenizer.SUFFIX, "mid": tokenizer.MIDDLE, "end": tokenizer.END}
        name = f"{config.name} ({state['tokens'] / 1e6:.1f} M tokens{', average' if average else ''})"
        found.append(Subject(name, model, tokenizer.load(work / "tokenizer.json"), ids))
    for file in gguf or []:
        found.append(Subject(file.name, *gguf_file.read(file)))
    if not found:
        raise SystemExit("evaluate: no checkpoint and no --gguf")
    return found


def table(results: dict[str, dict[str, float]]) -> str:
    """A Markdown table, a row per figure and a column per model."""
    names = list(results)
    rows = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for key in next(iter(results.values())):
        share = key.endswith(("exact", "parse-valid"))
        cells = [f"{100 * results[n][key]:.1f} %" if share else f"{results[n][key]:.3f}" for n in names]
        rows.append(f"| {key} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def run(
    config: Config, work: Path, gguf: list[Path] | None = None, checkpoint: Path | None = None, average: bool = False
) -> None:
    """Measure, print the table and write `evaluation-NAME.json`."""
    torch.set_num_threads(config.train.threads)
    downloads = work / "downloads"
    fetch_heldout(config.corpus, downloads)
    cases = holes.cases(downloads, config.evaluate)
    blocks = holes.blocks(downloads, config.evaluate.bpb_blocks, BLOCK, config.evaluate.seed)
    results = {s.name: measure(s, cases, blocks, config) for s in subjects(config, work, gguf, checkpoint, average)}
    (work / f"evaluation-{config.name}.json").write_text(json.dumps(results, indent=1))
    print(table(results))
