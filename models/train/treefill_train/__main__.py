"""Runs `python -m treefill_train STAGE --config configs/small.toml [--smoke] [--work DIR]`."""

from __future__ import annotations

import argparse
import importlib
import os
from pathlib import Path

from treefill_train.config import ROOT, load

STAGES = {
    "corpus": "treefill_train.corpus.build",
    "tokenizer": "treefill_train.tokenizer",
    "train": "treefill_train.train",
    "export": "treefill_train.export",
    "evaluate": "treefill_train.evaluate",
    "sample": "treefill_train.sample",
    "plot": "treefill_train.plot",
    "bench": "treefill_train.bench",
    "adapt": "treefill_train.adapt",
}

ALL = ("corpus", "tokenizer", "train", "export", "evaluate")
"""What `all` runs; a plot needs another package and is asked for by name."""


def main() -> None:
    """Run one stage, or all of them in order."""
    parser = argparse.ArgumentParser(prog="treefill_train", description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "all"])
    parser.add_argument("--config", type=Path, default=ROOT / "configs/small.toml")
    parser.add_argument("--smoke", action="store_true", help="tiny lists, model and counts: minutes on two cores")
    parser.add_argument("--work", type=Path, help="where everything is kept (default: work/, or work-smoke/ below it)")
    parser.add_argument("--finish-tokens", type=int, help="train: start the learning-rate decay now, over so many tokens")
    parser.add_argument("--flat", action="store_true", help="train: back to the full learning rate, also after a finished run")
    parser.add_argument("--start", type=Path, help="tokenizer, train: a GGUF to begin with where nothing else is there yet")
    parser.add_argument("--stop-after", type=int, help="train: leave a checkpoint and stop after so many steps of this run")
    parser.add_argument("--gguf", type=Path, action="append", help="evaluate: a GGUF to measure (may be repeated)")
    parser.add_argument("--llama-greedy", type=Path, help="export: the program built from llama_greedy.cpp")
    parser.add_argument("--checkpoint", type=Path, help="export, evaluate, sample: another checkpoint than the newest")
    parser.add_argument("--average", action="store_true", help="export, evaluate, sample: the averaged weights")
    parser.add_argument("--from", dest="folder", type=Path, help="adapt: the folder whose source files the adapter learns")
    parser.add_argument("--base", type=Path, help="adapt: the GGUF that the adapter is for")
    parser.add_argument("--out", type=Path, help="adapt: where to (default: NAME-lora.gguf below --work)")
    parser.add_argument("--rank", type=int, default=16, help="adapt: rank of the change of each matrix")
    parser.add_argument("--steps", type=int, help="adapt: steps of training (default: by the size of the folder)")
    parser.add_argument("--treefill", type=Path, help="adapt: the program, to measure the memory of the workspace beside it")
    arguments = parser.parse_args()
    # Threads that wait for each other by spinning burn the time of a machine that has other work to do.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    config = load(arguments.config, arguments.smoke)
    work = arguments.work or ROOT / "work" / ("smoke" if arguments.smoke else "")
    work.mkdir(parents=True, exist_ok=True)
    options = {
        "tokenizer": ("start",),
        "train": ("finish_tokens", "stop_after", "flat", "start"),
        "export": ("checkpoint", "average", "llama_greedy"),
        "evaluate": ("gguf", "checkpoint", "average"),
        "sample": ("checkpoint", "average"),
        "adapt": ("folder", "base", "out", "rank", "steps", "treefill"),
    }
    for stage in ALL if arguments.stage == "all" else [arguments.stage]:
        extra = {name: getattr(arguments, name) for name in options.get(stage, ())}
        importlib.import_module(STAGES[stage]).run(config, work, **extra)


if __name__ == "__main__":
    main()
