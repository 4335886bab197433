"""Draws one random training sample: plain text, or a hole of some kind in some encoding with some context."""

from __future__ import annotations

import random

from tokenizers import Tokenizer

from treefill_train.config import SampleConfig
from treefill_train.samples import splits
from treefill_train.samples.files import File, Files, outline, window
from treefill_train.samples.fim import Hole, Sample, sample
from treefill_train.tokenizer import END, FILE

BYTES_PER_TOKEN = 3.4
"""A little below the tokenizer's average, so that windows rarely have to be cut."""


def _pick(shares: dict[str, float], rng: random.Random) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


class Drawer:
    """Draws samples of one part (training or validation) of the corpus."""

    def __init__(self, files: dict[str, Files], tokenizer: Tokenizer, config: SampleConfig) -> None:
        self.files, self.tokenizer, self.config = files, tokenizer, config

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text."""
        return self.tokenizer.encode(text).ids

    def plain(self, language: str, limit: int, rng: random.Random) -> Sample:
        """Left-to-right text of up to `limit` tokens; the end token only where the file ends."""
        files = self.files[language]
        index, offset = files.draw(rng)
        file = files.read(index)
        start = file.text.rfind(b"\n", 0, offset) + 1
        if len(file.text) - start < 200 or rng.random() < 0.2:
            start = 0
        piece = file.text[start : start + int(limit * BYTES_PER_TOKEN * 1.6)]
        ids = self.encode(piece.decode("utf-8", "ignore"))
        if start == 0 and rng.random() < 0.3:
            ids = [FILE, *self.encode(file.path + "\n"), *ids]
        whole = start + len(piece) == len(file.text)
        return Sample(([*ids, END] if whole else ids)[:limit], limit)

    def hole(self, language: str, kind: str, size: int, rng: random.Random) -> Hole | None:
        """A hole of `kind` in a random window of about `size` bytes; None if the window has none."""
        files = self.files[language]
        index, offset = files.draw(rng)
        file = files.read(index)
        start, end = window(file.text, offset, size, rng)
        piece = file.text[start:end]
        span = splits.span(language, kind, piece, rng)
        if span is None:
            return None
        text = [part.decode("utf-8", "replace") for part in (piece[: span[0]], piece[span[0] : span[1]], piece[span[1] :])]
        if rng.random() < 0.12:
            text[2] = text[2][: rng.randrange(1 + min(80, len(text[2])))]
        known = ""
        if rng.random() < self.config.outline_rate:
            known = outline(language, file.text, start, end, int(size * rng.uniform(0.1, 0.3)))
        if kind == "repair":
            broken = splits.damage(text[1], rng)
            if broken is None:
                return None
            known += broken + "\n"
        other = None
        if kind != "repair" and rng.random() < self.config.repository_rate:
            other = self._neighbour(files, index, size, rng)
        name = file.package if rng.random() < 0.5 else ""
        return Hole(text[0], text[1], text[2], known, other, file.path, name)

    def _neighbour(self, files: Files, index: int, size: int, rng: random.Random) -> tuple[str, str] | None:
        found: File | None = files.neighbour(index, rng)
        if found is None:
            return None
        start, end = window(found.text, rng.randrange(len(found.text)), size // 2, rng)
        return found.path, found.text[start:end].decode("utf-8", "replace")

    def draw(self, limit: int, rng: random.Random, language: str = "", kind: str = "", encoding: str = "") -> Sample:
        """One sample of at most `limit` tokens; language, kind and encoding are drawn unless given."""
        language = language or _pick(self.config.languages, rng)
        if kind == "plain" or (not kind and rng.random() >= self.config.fim_rate):
            return self.plain(language, limit, rng)
        for _ in range(8):
            chosen = kind or _pick(self.config.splits, rng)
            order = "spm2" if chosen == "repair" else encoding or _pick(self.config.encodings, rng)
            hole = self.hole(language, chosen, int(limit * BYTES_PER_TOKEN), rng)
            if hole and (made := sample(self.encode, hole, order, limit)):
                return made
        return self.plain(language, limit, rng)
