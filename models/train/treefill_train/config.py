"""Reads one TOML file per model size into typed values; `--smoke` lays a second file over it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The folder with `configs/`, `lists/` and `holdout.txt`."""


@dataclass(frozen=True)
class CorpusConfig:
    """What is fetched and what is kept. Sizes in bytes, shares between 0 and 1."""

    python_list: str
    rust_list: str
    heldout_list: str
    min_file: int
    max_file: int
    max_package: int
    max_language: int
    max_line: int
    max_mean_line: float
    max_non_ascii: float
    keep_tests: float
    fetch_jobs: int
    workers: int


@dataclass(frozen=True)
class TokenizerConfig:
    """Byte-level BPE; `sample_bytes` per language is what the merges are learnt from."""

    vocab_size: int
    sample_bytes: int


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the `llama` decoder; `width` and `ffn` are multiples of 256 (K-quants need it)."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    ffn: int
    context: int
    rope_base: float
    norm_eps: float


@dataclass(frozen=True)
class SampleConfig:
    """Shares of languages, encodings, split kinds and context among training samples.

    `full_rate` of the samples are as long as a row, the others have `min_tokens` or more.
    """

    languages: dict[str, float]
    fim_rate: float
    encodings: dict[str, float]
    splits: dict[str, float]
    outline_rate: float
    repository_rate: float
    min_tokens: int
    full_rate: float


@dataclass(frozen=True)
class TrainConfig:
    """Optimiser, schedule and bookkeeping. Token counts include every token of a row."""

    device: str
    compile: bool
    threads: int
    workers: int
    rows: int
    micro_rows: int
    total_tokens: int
    warmup_steps: int
    decay_share: float
    muon_lr: float
    adam_lr: float
    weight_decay: float
    average_steps: int
    grad_clip: float
    seed: int
    checkpoint_seconds: int
    validate_steps: int
    validate_rows: int


@dataclass(frozen=True)
class EvalConfig:
    """Held-out measurement: hole counts are per language, over all four kinds of hole."""

    holes: int
    bpb_blocks: int
    max_new_tokens: int
    prompt_tokens: int
    seed: int


@dataclass(frozen=True)
class Config:
    """Everything a stage may read."""

    name: str
    corpus: CorpusConfig
    tokenizer: TokenizerConfig
    model: ModelConfig
    samples: SampleConfig
    annealing: SampleConfig
    train: TrainConfig
    evaluate: EvalConfig


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over` laid on top, table by table (share tables are replaced whole)."""
    merged = dict(base)
    for key, value in over.items():
        if isinstance(value, dict) and key not in ("languages", "encodings", "splits"):
            merged[key] = merge(base.get(key, {}), value)
        else:
            merged[key] = value
    return merged


def _section(kind: type, table: dict[str, Any], where: str) -> Any:  # noqa: ANN401 - the caller names the type
    known = {field.name for field in fields(kind)}
    if unknown := set(table) - known:
        raise SystemExit(f"{where}: unknown key {sorted(unknown)[0]!r}; known: {', '.join(sorted(known))}")
    if missing := known - set(table):
        raise SystemExit(f"{where}: missing key {sorted(missing)[0]!r}")
    return kind(**table)


def parse(table: dict[str, Any]) -> Config:
    """Typed configuration from a TOML table; ends with the name of a key that is unknown or missing."""
    config = Config(
        name=table["name"],
        corpus=_section(CorpusConfig, table["corpus"], "[corpus]"),
        tokenizer=_section(TokenizerConfig, table["tokenizer"], "[tokenizer]"),
        model=_section(ModelConfig, table["model"], "[model]"),
        samples=_section(SampleConfig, table["samples"], "[samples]"),
        annealing=_section(SampleConfig, merge(table["samples"], table.get("annealing", {})), "[annealing]"),
        train=_section(TrainConfig, table["train"], "[train]"),
        evaluate=_section(EvalConfig, table["evaluate"], "[evaluate]"),
    )
    if config.model.width % 256 or config.model.ffn % 256:
        raise SystemExit("[model]: width and ffn must be multiples of 256, or K-quants cannot store the rows")
    return config


def load(path: Path, smoke: bool) -> Config:
    """The configuration in `path`, with `smoke.toml` beside it on top if `smoke`."""
    table = tomllib.loads(path.read_text())
    if base := table.pop("extends", None):
        table = merge(tomllib.loads((path.parent / base).read_text()), table)
    if smoke:
        table = merge(table, tomllib.loads((path.parent / "smoke.toml").read_text()))
    return parse(table)
