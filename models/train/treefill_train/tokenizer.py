"""Trains the tokenizer: byte-level BPE with the Qwen2 pattern; control tokens take the first ids (stage `tokenizer`)."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from treefill_train.config import Config
from treefill_train.progress import say

CONTROL = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>")
END, PREFIX, MIDDLE, SUFFIX, PAD, REPOSITORY, FILE = range(len(CONTROL))
"""Control tokens and their ids, in the names llama.cpp looks for."""

QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
"""The pre-tokenizer llama.cpp applies for `tokenizer.ggml.pre = qwen2` (llama-vocab.cpp)."""


def _pipeline(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def from_vocabulary(tokens: list[str], merges: list[tuple[str, str]]) -> Tokenizer:
    """A tokenizer that never yields a control token: they are entries of the vocabulary no merge leads to.

    Text that spells `<|fim_middle|>` therefore stays text, as it does in treefill.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    vocabulary = {token: index for index, token in enumerate(tokens)}
    return _pipeline(Tokenizer(models.BPE(vocab=vocabulary, merges=merges)))


def load(path: Path) -> Tokenizer:
    """The tokenizer a `tokenizer.json` of this stage describes."""
    tokens, merges = vocabulary(path)
    return from_vocabulary(tokens, merges)


def vocabulary(path: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens by id (in the byte-to-unicode alphabet of GPT-2) and merges in order."""
    model = json.loads(path.read_text())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    pairs = (m.split(" ") if isinstance(m, str) else m for m in model["merges"])
    return tokens, [(left, right) for left, right in pairs]


def _sample(folder: Path, sample_bytes: int) -> Iterator[str]:
    """Random files of both languages in equal parts, up to `sample_bytes` of each."""
    for language in ("python", "rust"):
        rows = [json.loads(line) for line in (folder / f"{language}.jsonl").open()]
        random.Random(0).shuffle(rows)
        total = 0
        with (folder / f"{language}.bin").open("rb") as data:
            for row in rows:
                if total >= sample_bytes:
                    break
                data.seek(row["offset"])
                total += row["length"]
                yield data.read(row["length"]).decode()


def run(config: Config, work: Path, start: Path | None = None) -> None:
    """Learn the merges and write `tokenizer.json`; nothing to do if it is there with the right size.

    With `start`, the GGUF that training is to begin with, its tokenizer is taken instead.
    """
    path = work / "tokenizer.json"
    if path.exists() and len(vocabulary(path)[0]) == config.tokenizer.vocab_size:
        say(f"tokenizer: {path} is there")
        return
    if start:
        from treefill_train import gguf_file  # which needs this module

        gguf_file.read(start)[1].save(str(path))
        say(f"tokenizer: {path} is the one of {start}")
        return
    tokenizer = _pipeline(Tokenizer(models.BPE()))
    trainer = trainers.BpeTrainer(
        vocab_size=config.tokenizer.vocab_size,
        special_tokens=list(CONTROL),
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
    )
    tokenizer.train_from_iterator(_sample(work / "corpus", config.tokenizer.sample_bytes), trainer)
    tokenizer.save(str(path))
    tokens, merges = vocabulary(path)
    plain = from_vocabulary(tokens, merges)
    for text in list(_sample(work / "corpus", 200_000))[:40]:
        ids = plain.encode(text).ids
        if plain.decode(ids) != text:
            raise SystemExit("tokenizer: decoding does not give the text back")
    size = sum(len(t.encode()) for t in _sample(work / "corpus", 400_000))
    count = sum(len(plain.encode(t).ids) for t in _sample(work / "corpus", 400_000))
    say(f"tokenizer: {len(tokens)} entries, {size / count:.2f} bytes per token")
