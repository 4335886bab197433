"""Encodes holes in three fill-in-the-middle orders, with the context that may stand before them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from treefill_train.tokenizer import END, FILE, MIDDLE, PREFIX, REPOSITORY, SUFFIX


class Encoder(Protocol):
    """What this module needs of a tokenizer."""

    def __call__(self, text: str) -> list[int]:
        """Token ids of plain text; never a control token."""
        ...


@dataclass(frozen=True)
class Hole:
    """Texts around and in a hole. `outline` is what else of the file is known; `other` is (path, text) of a neighbour."""

    prefix: str
    middle: str
    suffix: str
    outline: str = ""
    other: tuple[str, str] | None = None
    path: str = ""
    repository: str = ""


@dataclass(frozen=True)
class Sample:
    """Token ids; those from `middle` to the end are the hole's text and the end token."""

    ids: list[int]
    middle: int


def prompt(encoding: str, outline: list[int], prefix: list[int], suffix: list[int]) -> list[int]:
    """Everything before the middle.

    `psm`  <PRE>outline prefix<SUF>suffix<MID>           Bavarian et al. 2022
    `spm`  <SUF>suffix<PRE>outline prefix<MID>           their suffix-first order, written out
    `spm2` <PRE>outline<SUF>suffix<MID>prefix            their variant 2, and what treefill sends: typing only appends
    """
    if encoding == "psm":
        return [PREFIX, *outline, *prefix, SUFFIX, *suffix, MIDDLE]
    if encoding == "spm":
        return [SUFFIX, *suffix, PREFIX, *outline, *prefix, MIDDLE]
    if encoding == "spm2":
        return [PREFIX, *outline, SUFFIX, *suffix, MIDDLE, *prefix]
    raise ValueError(f"unknown encoding {encoding!r}")


def head(encode: Encoder, hole: Hole, limit: int) -> list[int]:
    """Repository-style context: `<REPO>name\\n<FILE>path\\ntext<FILE>path\\n`, the neighbour cut to `limit` tokens."""
    if hole.other is None:
        return []
    ids = [REPOSITORY, *encode(hole.repository + "\n")] if hole.repository else []
    path, text = hole.other
    return [*ids, FILE, *encode(path + "\n"), *encode(text)[:limit], FILE, *encode(hole.path + "\n")]


def sample(encode: Encoder, hole: Hole, encoding: str, limit: int) -> Sample | None:
    """One sample of at most `limit` tokens; None if the middle leaves no room for its surroundings.

    What does not fit is cut where it is far from the hole: the prefix at its start, the suffix at its end.
    """
    middle = [*encode(hole.middle), END]
    prefix, suffix, outline = encode(hole.prefix), encode(hole.suffix), encode(hole.outline)
    before = head(encode, hole, limit // 3)
    outline = outline[: limit // 4]
    room = limit - len(middle) - len(before) - len(outline) - 3
    if room < 16:
        return None
    if len(prefix) + len(suffix) > room:
        suffix = suffix[: max(room - len(prefix), room // 3)]
        prefix = prefix[max(0, len(prefix) + len(suffix) - room) :]
    ids = [*before, *prompt(encoding, outline, prefix, suffix)]
    return Sample(ids + middle, len(ids))
