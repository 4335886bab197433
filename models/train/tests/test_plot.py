"""Tests curves out of a training log."""

from treefill_train.plot import curves


def test_a_part_trained_twice_counts_once() -> None:
    rows = [
        {"tokens": 1e6, "loss": 3.0},
        {"tokens": 2e6, "loss": 2.5},
        {"tokens": 2e6, "validation": {"rust line": 2.0}},
        {"tokens": 2e6, "loss": 2.4},
    ]
    assert curves(rows) == {"training": [(1.0, 3.0), (2.0, 2.4)], "rust line": [(2.0, 2.0)]}
