"""Makes evaluation cases: holes in files of held-out packages, the same for every model."""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from treefill_train.config import EvalConfig
from treefill_train.corpus import archives, fetch
from treefill_train.corpus.holdout import normal
from treefill_train.samples import splits, syntax

PACKAGES = {
    "python": {"httpx", "starlette", "click", "jinja2", "rich", "attrs", "more_itertools"},
    "rust": {"regex_automata", "clap_builder", "itertools", "indexmap", "hashbrown"},
}
"""Published evaluation packages; all of them are in `holdout.txt`."""
KINDS = {"single-line": "line_end", "multi-line": "multi_line", "block": "block", "random-span": "characters"}
"""Kind of hole → split of the training recipe that makes it."""
LONGEST = 400
"""Bytes of the longest hole asked for."""


@dataclass(frozen=True)
class Case:
    """One hole of one file, by byte offsets."""

    language: str
    kind: str
    path: str
    text: bytes
    start: int
    end: int

    @property
    def middle(self) -> str:
        """The text that was taken out."""
        return self.text[self.start : self.end].decode()

    def prefix(self, limit: int) -> str:
        """At most `limit` bytes before the hole, from the start of a line if there is one."""
        piece = self.text[max(0, self.start - limit) : self.start]
        if len(piece) == limit and b"\n" in piece:
            piece = piece[piece.index(b"\n") + 1 :]
        return piece.decode("utf-8", "ignore")

    def suffix(self, limit: int) -> str:
        """At most `limit` bytes behind the hole, to the end of a line if there is one."""
        piece = self.text[self.end : self.end + limit]
        if len(piece) == limit and b"\n" in piece:
            piece = piece[: piece.rindex(b"\n") + 1]
        return piece.decode("utf-8", "ignore")


def python_parses(text: bytes) -> bool:
    """CPython's verdict on a whole file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def parses(case: Case, middle: str) -> bool:
    """Is the file as valid with `middle` in the hole as with its own text? Python by CPython, Rust by tree-sitter."""
    text = case.text[: case.start] + middle.encode() + case.text[case.end :]
    if case.language == "python":
        return python_parses(text)
    return syntax.faults("rust", text) <= syntax.faults("rust", case.text)


def files(downloads: Path) -> Iterator[tuple[str, str, bytes]]:
    """(language, package/path, text) of the library files of the evaluation packages that parse."""
    found = [("python", p, archives.wheel) for p in sorted((downloads / "heldout-python").glob("*.whl"))]
    found += [("rust", p, archives.crate) for p in fetch.crates(downloads / "heldout-rust")]
    for language, path, read in found:
        if normal(path.name.split("-")[0]) not in PACKAGES[language] and language == "python":
            continue
        package, contents = read(path)
        if normal(package.name) not in PACKAGES[language]:
            continue
        for name, raw in contents:
            if b"\r" in raw or not 1500 < len(raw) < 120_000 or "/tests/" in f"/{name}" or "benches/" in name:
                continue
            valid = python_parses(raw) if language == "python" else syntax.faults("rust", raw) == 0
            if valid:
                yield language, f"{package.name}/{name}", raw


def _wanted(kind: str, text: bytes, start: int, end: int) -> bool:
    middle = text[start:end]
    if not 2 < len(middle) <= LONGEST or len(middle.strip()) < 3:
        return False
    return kind != "single-line" or not text[text.rfind(b"\n", 0, start) + 1 : end].lstrip().startswith((b"#", b"//"))


def cases(downloads: Path, config: EvalConfig) -> list[Case]:
    """`config.holes` holes per language, the four kinds in equal parts, files drawn by size; fixed by the seed."""
    by_language: dict[str, list[tuple[str, bytes]]] = {"python": [], "rust": []}
    for language, path, text in files(downloads):
        by_language[language].append((path, text))
    made: list[Case] = []
    for language, found in by_language.items():
        if not found:
            raise SystemExit(f"evaluate: no {language} evaluation package in {downloads}; run the corpus stage first")
        rng = random.Random(f"{language} {config.seed}")
        weights = [len(text) for _, text in found]
        for kind, split in KINDS.items():
            count = 0
            while count < config.holes // len(KINDS):
                path, text = rng.choices(found, weights)[0]
                offset = rng.randrange(len(text))
                start = text.rfind(b"\n", 0, offset) + 1
                piece = text[start : text.find(b"\n", min(start + 3000, len(text) - 1))]
                span = splits.span(language, split, piece, rng)
                if span is None or not _wanted(kind, text, start + span[0], start + span[1]):
                    continue
                made.append(Case(language, kind, path, text, start + span[0], start + span[1]))
                count += 1
    return made


def blocks(downloads: Path, count: int, size: int, seed: int) -> dict[str, list[str]]:
    """Plain pieces of `size` bytes from the same files, for bits per byte."""
    made: dict[str, list[str]] = {}
    found = list(files(downloads))
    for language in PACKAGES:
        rng = random.Random(f"blocks {language} {seed}")
        texts = [t for name, _, t in found if name == language]
        picks = rng.choices(texts, [len(t) for t in texts], k=count)
        made[language] = [t[(a := rng.randrange(max(1, len(t) - size))) : a + size].decode("utf-8", "ignore") for t in picks]
    return made
