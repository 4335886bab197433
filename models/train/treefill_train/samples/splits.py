"""Chooses where the hole is: pure functions from a text and a random source to a byte span."""

from __future__ import annotations

import random
import re

from treefill_train.samples import syntax
from treefill_train.samples.syntax import Span

CLOSERS = re.compile(rb"[)\]}>'\";,:]+\s*$")
TOKEN = re.compile(rb"\w+|[^\w\s]")
MAX_MIDDLE = 1400
"""Bytes of the longest hole: about 380 tokens, so that its surroundings still fit."""


def lines(text: bytes) -> list[Span]:
    """Spans of the lines of `text` that are not blank, without their line ends."""
    spans, start = [], 0
    for raw in text.split(b"\n"):
        if raw.strip():
            spans.append((start, start + len(raw)))
        start += len(raw) + 1
    return spans


def _boundary(text: bytes, offset: int) -> int:
    """The nearest offset at or before `offset` that does not cut a UTF-8 character."""
    while 0 < offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset


def _column(text: bytes, line: Span, rng: random.Random) -> int:
    """A cursor in a line: at its first character, at the start of a token, or anywhere."""
    start, end = line
    indent = start + len(text[start:end]) - len(text[start:end].lstrip())
    draw = rng.random()
    if draw < 0.25:
        return indent
    if draw < 0.65:
        starts = [start + m.start() for m in TOKEN.finditer(text[start:end])]
        return _boundary(text, rng.choice(starts)) if starts else indent
    return _boundary(text, rng.randrange(indent, end)) if end > indent else indent


def line_end(text: bytes, rng: random.Random) -> Span | None:
    """From a cursor in a line to its end."""
    if not (all_lines := lines(text)):
        return None
    line = rng.choice(all_lines)
    return _column(text, line, rng), line[1]


def multi_line(text: bytes, rng: random.Random) -> Span | None:
    """From a cursor in a line to the end of one of the next lines (2 to 8 lines in all, short ones more often)."""
    all_lines = lines(text)
    if len(all_lines) < 3:
        return None
    first = rng.randrange(len(all_lines) - 1)
    last = min(first + min(1 + int(rng.expovariate(0.5)), 7), len(all_lines) - 1)
    return _column(text, all_lines[first], rng), all_lines[last][1]


def characters(text: bytes, rng: random.Random) -> Span | None:
    """Two random characters; the distance is drawn evenly on a logarithmic scale up to `MAX_MIDDLE`."""
    if len(text) < 20:
        return None
    start = rng.randrange(len(text) - 4)
    size = int(2 ** rng.uniform(1, 10.4))
    return _boundary(text, start), _boundary(text, min(start + size, len(text)))


def closers(text: bytes, rng: random.Random) -> Span | None:
    """From a cursor in a line to the closers that auto-pairing has already put at its end."""
    ends = []
    for start, end in lines(text):
        if tail := CLOSERS.search(text, start, end):
            ends.append((start, tail.start()))
    ends = [(start, end) for start, end in ends if end - start > 2]
    if not ends:
        return None
    line = rng.choice(ends)
    return _column(text, line, rng), line[1]


def node(language: str, kind: str, text: bytes, rng: random.Random) -> Span | None:
    """A syntax node, or the rest of one: a cursor is often already inside what it completes."""
    found = [s for s in syntax.spans(language, text, kind) if s[1] - s[0] <= MAX_MIDDLE]
    if not found:
        return None
    start, end = rng.choice(found)
    if rng.random() < 0.25 and end - start > 8:
        start = _boundary(text, rng.randrange(start, end - 1))
    return start, end


def span(language: str, kind: str, text: bytes, rng: random.Random) -> Span | None:
    """A hole of `kind`; None if the text has none, or it is empty or longer than `MAX_MIDDLE`."""
    if kind in ("statement", "block", "arguments", "body"):
        found = node(language, kind, text, rng)
    else:
        found = {
            "line_end": line_end,
            "multi_line": multi_line,
            "characters": characters,
            "closers": closers,
            "repair": whole_line,
        }[kind](text, rng)
    return found if found and 0 < found[1] - found[0] <= MAX_MIDDLE else None


def whole_line(text: bytes, rng: random.Random) -> Span | None:
    """A line without its indentation."""
    found = [(start, end) for start, end in lines(text) if end - start > 8]
    if not found:
        return None
    start, end = rng.choice(found)
    return start + len(text[start:end]) - len(text[start:end].lstrip()), end


def damage(line: str, rng: random.Random) -> str | None:
    """The line with one token deleted, doubled, cut short or exchanged with its neighbour: what a typing slip leaves."""
    tokens = list(re.finditer(r"\w+|[^\w\s]", line))
    if len(tokens) < 3:
        return None
    index = rng.randrange(len(tokens))
    token = tokens[index]
    start, end = token.span()
    kind = rng.randrange(4)
    if kind == 1:
        broken = line[:end] + token.group() + line[end:]
    elif kind == 2 and end - start > 2:
        cut = rng.randrange(start, end)
        broken = line[:cut] + line[cut + 1 :]
    elif kind == 3 and index + 1 < len(tokens):
        after = tokens[index + 1]
        broken = line[:start] + after.group() + line[end : after.start()] + token.group() + line[after.end() :]
    else:
        broken = line[:start] + line[end:]
    return broken if broken != line else None
