"""Defines a plain `llama` decoder: RMSNorm, SwiGLU, rotary positions, grouped-query attention, tied embeddings.

Tensor names and the interleaved rotation follow llama.cpp's `llama` architecture, so that export is a renaming.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from treefill_train.config import ModelConfig


def rotation(positions: Tensor, head: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each (positions, head / 2), of the rotary angles (Su et al. 2021), in fp32."""
    frequencies = base ** (-torch.arange(0, head, 2, device=positions.device, dtype=torch.float32) / head)
    angles = positions.float()[:, None] * frequencies
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate pairs (2i, 2i + 1) of the last axis; `x` is (batch, time, heads, head). GGML's NORM order."""
    cos, sin = cos[None, :, None, :].to(x.dtype), sin[None, :, None, :].to(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    """One layer: attention, then the gated feed-forward, each on a normalised copy of the stream."""

    def __init__(self, c: ModelConfig) -> None:
        super().__init__()
        self.head, self.heads, self.kv_heads, self.eps = c.width // c.heads, c.heads, c.kv_heads, c.norm_eps
        kv = self.head * c.kv_heads
        self.attn_norm = nn.Parameter(torch.ones(c.width))
        self.ffn_norm = nn.Parameter(torch.ones(c.width))
        self.attn_q = nn.Linear(c.width, c.width, bias=False)
        self.attn_k = nn.Linear(c.width, kv, bias=False)
        self.attn_v = nn.Linear(c.width, kv, bias=False)
        self.attn_output = nn.Linear(c.width, c.width, bias=False)
        self.ffn_gate = nn.Linear(c.width, c.ffn, bias=False)
        self.ffn_up = nn.Linear(c.width, c.ffn, bias=False)
        self.ffn_down = nn.Linear(c.ffn, c.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: list[Tensor] | None) -> Tensor:
        """`x` (batch, time, width); `cache` holds [keys, values] (batch, kv heads, time, head) and grows in place."""
        batch, time, width = x.shape
        h = F.rms_norm(x, (width,), self.attn_norm, self.eps)
        q = rotate(self.attn_q(h).view(batch, time, self.heads, self.head), cos, sin).transpose(1, 2)
        k = rotate(self.attn_k(h).view(batch, time, self.kv_heads, self.head), cos, sin).transpose(1, 2)
        v = self.attn_v(h).view(batch, time, self.kv_heads, self.head).transpose(1, 2)
        causal = time > 1
        if cache is not None:
            if cache:
                k, v = torch.cat((cache[0], k), 2), torch.cat((cache[1], v), 2)
            cache[:] = [k, v]
        group = self.heads // self.kv_heads
        if group > 1:
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        x = x + self.attn_output(y.transpose(1, 2).reshape(batch, time, width))
        h = F.rms_norm(x, (width,), self.ffn_norm, self.eps)
        out: Tensor = x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))
        return out


class Decoder(nn.Module):
    """Tokens to next-token logits."""

    def __init__(self, c: ModelConfig, vocab: int) -> None:
        super().__init__()
        self.config, self.vocab = c, vocab
        self.token_embd = nn.Embedding(vocab, c.width)
        self.blk = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.output_norm = nn.Parameter(torch.ones(c.width))
        self.reset()

    def reset(self) -> None:
        """Normal weights; the projections back into the stream shrink with depth (GPT-2)."""
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                deviation = 0.02 if name.startswith("token_embd") else parameter.shape[1] ** -0.5
                if name.endswith(("attn_output.weight", "ffn_down.weight")):
                    deviation /= (2 * self.config.layers) ** 0.5
                nn.init.normal_(parameter, std=deviation)

    def hidden(self, tokens: Tensor, caches: list[list[Tensor]] | None = None, past: int = 0) -> Tensor:
        """Normalised last hidden state (batch, time, width) of `tokens` (batch, time)."""
        positions = torch.arange(past, past + tokens.shape[1], device=tokens.device)
        cos, sin = rotation(positions, self.config.width // self.config.heads, self.config.rope_base)
        x = self.token_embd(tokens)
        for index, block in enumerate(self.blk):
            x = block(x, cos, sin, caches[index] if caches is not None else None)
        return F.rms_norm(x, (x.shape[-1],), self.output_norm, self.config.norm_eps)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, time, vocab) in the weights' type."""
        return F.linear(self.hidden(tokens), self.token_embd.weight)

    def losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy per position in nats (batch · time), 0 where the target is -100."""
        logits = self(tokens)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none")


@torch.no_grad()
def greedy(model: Decoder, prompt: list[int], limit: int, stop: set[int]) -> list[int]:
    """The most likely continuation of `prompt`, up to `limit` tokens or a token of `stop` (left out)."""
    caches: list[list[Tensor]] = [[] for _ in model.blk]
    device = model.token_embd.weight.device
    fed, past = prompt, 0
    out: list[int] = []
    while len(out) < limit:
        hidden = model.hidden(torch.tensor([fed], device=device), caches, past)[:, -1]
        token = int(F.linear(hidden, model.token_embd.weight).argmax())
        if token in stop:
            break
        past += len(fed)
        out.append(token)
        fed = [token]
    return out


def parameters(c: ModelConfig, vocab: int) -> tuple[int, int]:
    """(all, non-embedding) parameter counts of a shape."""
    kv = c.width // c.heads * c.kv_heads
    layer = 2 * c.width * c.width + 2 * c.width * kv + 3 * c.width * c.ffn + 2 * c.width
    body = c.layers * layer + c.width
    return body + vocab * c.width, body
