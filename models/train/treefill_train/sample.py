"""Draws completions at temperature 0.8 on validation text and searches them for addresses and keys (stage `sample`).

What a model has learnt by heart comes out when it is sampled, not when it is asked for the likeliest text. The prompts are
of packages that training left out for validation, so an address or a key in an answer does not come from its prompt.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from treefill_train import checkpoint as checkpoints
from treefill_train.config import Config
from treefill_train.corpus import clean
from treefill_train.model import Decoder
from treefill_train.progress import say
from treefill_train.samples.stream import LANGUAGES, drawer
from treefill_train.tokenizer import END
from treefill_train.tokenizer import load as tokenizer_of

COMPLETIONS = 2000
BATCH = 50
PROMPT = 160
"""Tokens of every prompt: its last ones, all alike long, so that a batch needs no padding."""
TOKENS = 64
TEMPERATURE = 0.8


@torch.no_grad()
def sampled(model: Decoder, prompts: Tensor, generator: torch.Generator) -> Tensor:
    """`TOKENS` tokens behind each of `prompts` (batch, time), drawn from the tempered distribution."""
    caches: list[list[Tensor]] = [[] for _ in model.blk]
    fed, past, out = prompts, 0, []
    for _ in range(TOKENS):
        logits = F.linear(model.hidden(fed, caches, past)[:, -1], model.token_embd.weight)
        past += fed.shape[1]
        fed = torch.multinomial((logits / TEMPERATURE).softmax(-1), 1, generator=generator)
        out.append(fed)
    return torch.cat(out, 1)


def run(config: Config, work: Path, checkpoint: Path | None = None, average: bool = False) -> None:
    """Print how many completions hold an address or something like a key, and those that do."""
    torch.set_num_threads(config.train.threads)
    model, _ = checkpoints.model(config, work, checkpoint, average)
    source = drawer(config, work, validation=True)
    encoder = tokenizer_of(work / "tokenizer.json")
    rng, generator = random.Random(5), torch.Generator().manual_seed(5)
    length = min(PROMPT, config.model.context - TOKENS)
    prompts: list[list[int]] = []
    while len(prompts) < COMPLETIONS:
        sample = source.draw(config.model.context, rng, LANGUAGES[len(prompts) % 2], "line_end", "spm2")
        if sample.middle >= length:
            prompts.append(sample.ids[sample.middle - length : sample.middle])
    found = []
    for start in range(0, COMPLETIONS, BATCH):
        for ids in sampled(model, torch.tensor(prompts[start : start + BATCH]), generator).tolist():
            text = encoder.decode(ids[: ids.index(END)] if END in ids else ids)
            if clean.leaks(text):
                found.append(text)
        if start % 500 == 0:
            say(f"sample: {start + BATCH}/{COMPLETIONS}")
    say(f"sample: {len(found)} of {COMPLETIONS} completions hold an e-mail address or a key-like string")
    for text in found:
        print(repr(text))
