"""Plots the curves of a training run as an SVG for the model card (stage `plot`; needs the `card` extra)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from treefill_train.config import Config
from treefill_train.progress import say


def curves(rows: list[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Name → (million tokens, nats per token); rows of a part that was trained twice after a kill count once."""
    named: dict[str, dict[float, float]] = {}
    for row in rows:
        at = row["tokens"] / 1e6
        values = {"training": row["loss"]} if "loss" in row else row["validation"]
        for name, value in values.items():
            named.setdefault(name, {})[at] = value
    return {name: sorted(points.items()) for name, points in named.items()}


def run(config: Config, work: Path) -> None:
    """Write `curves-NAME.svg` from `train-NAME.jsonl`."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise SystemExit("plot: pip install '.[card]' first (matplotlib)") from error
    log = work / f"train-{config.name}.jsonl"
    if not log.exists():
        raise SystemExit(f"plot: no {log}: run the train stage first")
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    for name, points in curves([json.loads(line) for line in log.open()]).items():
        style = {"color": "0.7", "linewidth": 1} if name == "training" else {"linewidth": 1.2}
        axes.plot(*zip(*points, strict=True), label=name, **style)
    axes.set_xlabel("million tokens")
    axes.set_ylabel("nats per token (validation: of the middle)")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small", ncols=2)
    path = work / f"curves-{config.name}.svg"
    figure.savefig(path)
    say(f"plot: {path}")
