"""Tests the encodings and the packing of rows."""

import random

import numpy as np
import pytest

from treefill_train.config import ROOT, load
from treefill_train.samples.fim import Hole, Sample, prompt, sample
from treefill_train.samples.stream import IGNORE, arrays, lengths, pack
from treefill_train.tokenizer import END, FILE, MIDDLE, PAD, PREFIX, REPOSITORY, SUFFIX


def encode(text: str) -> list[int]:
    return [100 + ord(c) for c in text]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("psm", [PREFIX, 9, 1, 2, SUFFIX, 5, MIDDLE]),
        ("spm", [SUFFIX, 5, PREFIX, 9, 1, 2, MIDDLE]),
        ("spm2", [PREFIX, 9, SUFFIX, 5, MIDDLE, 1, 2]),
    ],
)
def test_orders(encoding: str, expected: list[int]) -> None:
    assert prompt(encoding, [9], [1, 2], [5]) == expected


def test_unknown_order() -> None:
    with pytest.raises(ValueError, match="unknown encoding"):
        prompt("mps", [], [], [])


def test_middle_ends_with_the_end_token() -> None:
    made = sample(encode, Hole("ab", "cd", "ef"), "spm2", 64)
    assert made is not None
    assert made.ids[made.middle :] == [*encode("cd"), END]
    assert made.ids[: made.middle] == [PREFIX, SUFFIX, *encode("ef"), MIDDLE, *encode("ab")]


def test_long_surroundings_are_cut_far_from_the_hole() -> None:
    made = sample(encode, Hole("x" * 99 + "A", "m", "B" + "y" * 99), "psm", 64)
    assert made is not None
    assert len(made.ids) == 64
    text = made.ids
    assert text[text.index(SUFFIX) - 1] == encode("A")[0]
    assert text[text.index(SUFFIX) + 1] == encode("B")[0]


def test_a_middle_without_room_is_refused() -> None:
    assert sample(encode, Hole("a", "m" * 60, "b"), "psm", 64) is None


def test_repository_context_names_both_files() -> None:
    made = sample(encode, Hole("p", "m", "s", other=("a.py", "text"), path="b.py", repository="pkg"), "psm", 128)
    assert made is not None
    expected = [REPOSITORY, *encode("pkg\n"), FILE, *encode("a.py\n"), *encode("text"), FILE, *encode("b.py\n"), PREFIX]
    assert made.ids[: len(expected)] == expected


def test_packing_keeps_every_token_and_masks_the_seams() -> None:
    samples = [Sample([7] * 6, 4), Sample([8] * 3, 1), Sample([9] * 20, 10)]
    packed, left = pack(samples, 1, 10)
    assert left == [samples[2]]
    inputs, targets, middle = arrays(packed, 10)
    assert inputs.tolist() == [[7] * 6 + [8] * 3 + [PAD]]
    assert targets.tolist() == [[7] * 5 + [IGNORE] + [8] * 2 + [IGNORE] * 2]
    assert np.flatnonzero(middle[0]).tolist() == [3, 4, 6, 7]


def test_lengths_fill_the_budget() -> None:
    chosen = lengths(8192, load(ROOT / "configs/small.toml", smoke=False).samples, 1024, random.Random(1))
    assert sum(chosen) >= 8192
    assert all(96 <= c <= 1025 for c in chosen)


def test_a_smaller_share_of_full_rows_gives_more_samples() -> None:
    config = load(ROOT / "configs/small.toml", smoke=False)
    assert config.annealing.full_rate < config.samples.full_rate
    count = [len(lengths(200_000, c, 1024, random.Random(1))) for c in (config.samples, config.annealing)]
    assert count[1] > 1.1 * count[0]


def test_the_annealing_mixture_is_the_main_one_with_some_values_changed() -> None:
    config = load(ROOT / "configs/small.toml", smoke=False)
    assert config.annealing.min_tokens == config.samples.min_tokens
    assert config.annealing.splits["line_end"] > config.samples.splits["line_end"]
    for mixture in (config.samples, config.annealing):
        for shares in (mixture.languages, mixture.splits, mixture.encodings):
            assert sum(shares.values()) == pytest.approx(1)
    assert load(ROOT / "configs/small.toml", smoke=True).annealing.min_tokens == 48
