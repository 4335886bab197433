"""Maps the corpus into memory as text with an index, cut into a training and a validation part by package."""

from __future__ import annotations

import hashlib
import json
import random
import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OUTLINE = {
    "python": re.compile(rb"^(?:import |from \S+ import |class \w|\s*(?:async )?def \w|@\w|[A-Z_]{3,} ?[:=]).*$", re.M),
    "rust": re.compile(
        rb"^\s*(?:pub(?:\([\w ]+\))? )?(?:use |(?:async |const |unsafe )*fn \w|struct \w|enum \w|trait \w|impl\b|"
        rb"type \w|mod \w|const \w).*$",
        re.M,
    ),
}
"""Lines that say what a file holds: imports and signatures."""
VALIDATION = 1 / 60
"""Share of packages kept out of training and used for the loss curves."""


def is_validation(package: str) -> bool:
    """Packages are split, not files: files of one package resemble each other."""
    return int(hashlib.sha1(package.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32 < VALIDATION


@dataclass(frozen=True)
class File:
    """One corpus file."""

    package: str
    path: str
    text: bytes


class Files:
    """Random access to the files of one language; drawing is proportional to length."""

    def __init__(self, folder: Path, language: str, validation: bool) -> None:
        self.language = language
        self.data = np.memmap(folder / f"{language}.bin", dtype=np.uint8, mode="r")
        rows = [json.loads(line) for line in (folder / f"{language}.jsonl").open()]
        chosen = [r for r in rows if is_validation(r["package"]) == validation] or rows[:: 1 if not validation else 7]
        self.rows = chosen
        self.ends = np.cumsum([r["length"] for r in chosen]).tolist()
        self.packages: dict[str, list[int]] = {}
        for index, row in enumerate(chosen):
            self.packages.setdefault(row["package"], []).append(index)

    def read(self, index: int) -> File:
        """File number `index`."""
        row = self.rows[index]
        raw = self.data[row["offset"] : row["offset"] + row["length"]].tobytes()
        return File(row["package"], row["path"], raw)

    def draw(self, rng: random.Random) -> tuple[int, int]:
        """(file number, byte offset in it), every byte of the part equally likely."""
        position = rng.randrange(self.ends[-1])
        index = bisect_right(self.ends, position)
        return index, position - (self.ends[index] - self.rows[index]["length"])

    def neighbour(self, index: int, rng: random.Random) -> File | None:
        """Another file of the same package, near in the folder tree if there is one."""
        others = self.packages[self.rows[index]["package"]]
        if len(others) < 2:
            return None
        folder = self.rows[index]["path"].rpartition("/")[0]
        picks = [i for i in (rng.choice(others) for _ in range(6)) if i != index]
        near = [i for i in picks if self.rows[i]["path"].rpartition("/")[0] == folder]
        return self.read((near or picks)[0]) if picks else None


def window(text: bytes, offset: int, size: int, rng: random.Random) -> tuple[int, int]:
    """A piece of about `size` bytes around `offset`, from the start of a line to the end of one."""
    start = max(0, offset - int(size * rng.uniform(0.1, 0.9)))
    start = text.rfind(b"\n", 0, start) + 1
    end = text.find(b"\n", min(start + size, len(text)))
    return start, (len(text) if end < 0 else end + 1)


def outline(language: str, text: bytes, start: int, end: int, limit: int) -> str:
    """Imports and signatures outside [start, end), at most `limit` bytes, whole lines, in order."""
    chosen, size = [], 0
    for match in OUTLINE[language].finditer(text):
        if start <= match.start() < end or size + len(match.group()) > limit:
            continue
        chosen.append(match.group().lstrip(b"\n").rstrip())
        size += len(chosen[-1]) + 1
    return "".join(line.decode("utf-8", "replace") + "\n" for line in chosen)
