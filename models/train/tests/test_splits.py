"""Tests holes: what each kind of split may cut out."""

import random

import pytest

from treefill_train.samples import splits, syntax

PYTHON = b'''import os


def load(path, mode="r"):
    """Read a file."""
    with open(path, mode) as handle:
        text = handle.read()
    return text.strip()


print(load("a.txt", mode="rb"))
'''
RUST = b"""/// Adds.
pub fn add(a: u32, b: u32) -> u32 {
    let sum = a.wrapping_add(b);
    sum
}
"""
KINDS = ("line_end", "multi_line", "characters", "statement", "block", "arguments", "body", "closers", "repair")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "text"), [("python", PYTHON), ("rust", RUST)])
def test_spans_lie_inside(language: str, text: bytes, kind: str) -> None:
    for seed in range(40):
        span = splits.span(language, kind, text, random.Random(seed))
        if span:
            assert 0 <= span[0] < span[1] <= len(text)


def test_line_end_ends_at_the_line_end() -> None:
    for seed in range(40):
        span = splits.line_end(PYTHON, random.Random(seed))
        assert span is not None
        assert PYTHON[span[1] : span[1] + 1] == b"\n"
        assert b"\n" not in PYTHON[span[0] : span[1]]


def test_closers_leave_the_closers_behind_the_hole() -> None:
    for seed in range(20):
        span = splits.closers(b"call(alpha, beta(1, 2))\n", random.Random(seed))
        assert span is not None
        assert b"call(alpha, beta(1, 2))\n"[span[1] :] == b"))\n"


def test_body_starts_below_the_docstring() -> None:
    ((start, end),) = syntax.spans("python", PYTHON, "body")
    assert PYTHON[:start].endswith(b'"""Read a file."""')
    assert PYTHON[:end].endswith(b"text.strip()")
    ((start, end),) = syntax.spans("rust", RUST, "body")
    assert RUST[start - 1 : start] + RUST[end : end + 1] == b"{}"


def test_arguments_leave_their_parentheses() -> None:
    found = {PYTHON[a:b] for a, b in syntax.spans("python", PYTHON, "arguments")}
    assert b'"a.txt", mode="rb"' in found
    assert b'path, mode="r"' in found


def test_no_split_cuts_a_character() -> None:
    text = "x = 'ääääääääääääääää'\n".encode() * 3
    for seed in range(60):
        for kind in ("line_end", "characters"):
            span = splits.span("python", kind, text, random.Random(seed))
            if span:
                text[span[0] : span[1]].decode()


def test_damage_changes_one_place() -> None:
    line = "value = compute(first, second)"
    for seed in range(40):
        broken = splits.damage(line, random.Random(seed))
        assert broken is None or broken != line


@pytest.mark.parametrize(("text", "expected"), [(b"def f(:\n    pass\n", True), (PYTHON, False)])
def test_faults(text: bytes, expected: bool) -> None:
    assert (syntax.faults("python", text) > 0) == expected
