"""Exports a checkpoint as f16 and Q8_0 GGUF, and checks that llama.cpp continues as PyTorch does (stage `export`)."""

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from treefill_train import checkpoint as checkpoints
from treefill_train import gguf_file, tokenizer
from treefill_train.config import Config
from treefill_train.model import Decoder, greedy
from treefill_train.progress import say
from treefill_train.samples.stream import LANGUAGES, drawer

PROMPTS = 20
CONTINUED = 24
"""Prompts compared, and tokens generated for each."""
TIE = 0.02
"""Nats: where the two best logits are this close, f16 and fp32 may rightly differ."""


def prompts(config: Config, work: Path) -> list[list[int]]:
    """FIM prompts from validation packages."""
    source = drawer(config, work, validation=True)
    rng = random.Random(20)
    limit = min(300, config.model.context - CONTINUED)
    made = [source.draw(limit, rng, LANGUAGES[i % 2], "line_end", "spm2") for i in range(PROMPTS)]
    return [s.ids[: s.middle] for s in made]


def llama_cpp(path: Path) -> Callable[[list[int]], list[int]] | None:
    """Greedy continuation by llama.cpp through llama-cpp-python; None where that is not installed."""
    try:
        from llama_cpp import Llama
    except ImportError:
        return None
    model = Llama(str(path), n_ctx=1024, n_threads=2, verbose=False, logits_all=False)

    def continued(prompt: list[int]) -> list[int]:
        model.reset()
        out: list[int] = []
        for token in model.generate(prompt, temp=0.0, top_k=1, repeat_penalty=1.0):
            if token == tokenizer.END or len(out) == CONTINUED:
                break
            out.append(token)
        return out

    return continued


def program(greedy_program: Path, path: Path) -> Callable[[list[int]], list[int]]:
    """Greedy continuation by llama.cpp through `llama_greedy` (llama_greedy.cpp beside this package)."""

    def continued(prompt: list[int]) -> list[int]:
        command = [str(greedy_program), str(path), str(CONTINUED), str(tokenizer.END)]
        line = " ".join(map(str, prompt)) + "\n"
        done = subprocess.run(command, input=line, capture_output=True, text=True, check=True)
        return [int(word) for word in done.stdout.split()]

    return continued


@torch.no_grad()
def tied(model: Decoder, prompt: list[int], mine: list[int], theirs: list[int]) -> bool:
    """Do the two part at a token where PyTorch's two choices are all but equally likely?"""
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs)))
    logits = F.linear(model.hidden(torch.tensor([prompt + mine[:at]]))[0, -1], model.token_embd.weight)
    pair = [ids[at] if at < len(ids) else tokenizer.END for ids in (mine, theirs)]
    return abs(float(logits[pair[0]] - logits[pair[1]])) < TIE


def compare(model: Decoder, other: Callable[[list[int]], list[int]], cases: list[list[int]], name: str) -> bool:
    """Report how many prompts continue alike; True if every difference is a tie."""
    same = ties = 0
    for prompt in cases:
        mine, theirs = greedy(model, prompt, CONTINUED, {tokenizer.END}), other(prompt)
        same += mine == theirs
        ties += mine != theirs and tied(model, prompt, mine, theirs)
    say(
        f"export: {name}: {same} of {len(cases)} prompts continue alike, {ties} differ at a tie, "
        f"{len(cases) - same - ties} differ"
    )
    return same + ties == len(cases)


def run(
    config: Config, work: Path, checkpoint: Path | None = None, average: bool = False, llama_greedy: Path | None = None
) -> None:
    """Write `NAME-f16.gguf` and `NAME-q8_0.gguf`; ends with an error if the f16 file does not continue alike."""
    model, state = checkpoints.model(config, work, checkpoint, average)
    vocabulary = tokenizer.vocabulary(work / "tokenizer.json")
    paths = {}
    for quant in gguf_file.QUANTS:
        paths[quant] = path = work / f"treefill-{config.name}-{quant}.gguf"
        name = f"treefill-{config.name}"
        gguf_file.write(path, model, vocabulary, name, quant, state["tokens"], sorted(config.samples.languages))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        say(f"export: {path}, {path.stat().st_size / 1e6:.1f} MB, {state['tokens'] / 1e6:.1f} M tokens, sha256 {digest}")
    cases = prompts(config, work)
    back, _, ids = gguf_file.read(paths["f16"])
    right = compare(model, lambda p: greedy(back, p, CONTINUED, {ids["end"]}), cases, "f16 file read back into PyTorch")
    if other := program(llama_greedy, paths["f16"]) if llama_greedy else llama_cpp(paths["f16"]):
        right &= compare(model, other, cases, "f16 file in llama.cpp")
    else:
        say("export: llama.cpp was NOT compared: pip install llama-cpp-python, or give --llama-greedy (see the README)")
    if not right:
        raise SystemExit("export: the f16 file does not continue as the checkpoint does")
