"""Compiles a training step's slow parts on a CPU from `kernels.c` when training starts, as autograd functions.

PyTorch's operators for attention, softmax and norms in bf16 take two thirds of a step on two AVX-512 cores; the matrix
products, which stay PyTorch's, take the rest. Everything here takes and gives bf16; sums are in fp32. The results agree with
the plain operators to bf16's rounding (`tests/test_kernels.py`).
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from treefill_train.model import Block, Decoder, rotation
from treefill_train.progress import say

SOURCE = Path(__file__).with_name("kernels.c")
REORDER = (
    "-fassociative-math",
    "-freciprocal-math",
    "-ffinite-math-only",
    "-fno-signed-zeros",
    "-fno-trapping-math",
    "-fno-math-errno",
)
"""What lets sums become vectors. `-ffast-math` is not given: linked with it, a library changes the process' rounding mode."""
FLAGS = ("-std=gnu11", "-O3", "-march=native", "-mprefer-vector-width=512", *REORDER, "-fopenmp", "-shared", "-fPIC")
CHUNK = 256
"""Queries that share one product with the keys; what lies after their last key is not computed."""


@cache
def library() -> ctypes.CDLL | None:
    """`kernels.c` compiled for this machine (half a second); None, with the reason said, where that fails."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        say("train: no C compiler found; the step runs on PyTorch's own operators, at half the speed")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.so"
        command = [compiler, *FLAGS, "-o", str(path), str(SOURCE), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"train: {compiler} cannot compile {SOURCE.name}, PyTorch's own operators are used: {done.stderr.strip()[:300]}")
            return None
        # PyTorch has loaded its libgomp before: the library finds that one, and both share its threads.
        return ctypes.CDLL(str(path))


class Kernels:
    """Calls into the compiled library; tensors must be contiguous."""

    def __init__(self, native: ctypes.CDLL) -> None:
        self.native = native

    def __call__(self, name: str, *arguments: Tensor | int | float) -> None:
        """Run `name`: tensors as pointers, whole numbers as int64, other numbers as float."""
        given: list[Any] = []
        for argument in arguments:
            if isinstance(argument, Tensor):
                assert argument.is_contiguous(), name
                given.append(ctypes.c_void_p(argument.data_ptr()))
            elif isinstance(argument, int):
                given.append(ctypes.c_int64(argument))
            else:
                given.append(ctypes.c_float(argument))
        getattr(self.native, name)(*given)


class Norm(torch.autograd.Function):
    """RMSNorm (Zhang and Sennrich 2019) of x (rows, width)."""

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, x: Tensor, weight: Tensor, eps: float) -> Tensor:  # noqa: ANN401
        """The normalised rows."""
        y, scale = torch.empty_like(x), torch.empty(x.shape[0])
        kernels("norm_forward", *x.shape, eps, x, weight, y, scale)
        ctx.kernels = kernels
        ctx.save_for_backward(x, weight, scale)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[None, Tensor, Tensor, None]:  # noqa: ANN401
        """Gradients of the rows and the weight."""
        x, weight, scale = ctx.saved_tensors
        dx, dw = torch.empty_like(x), torch.zeros(x.shape[1])
        ctx.kernels("norm_backward", *x.shape, x, weight, scale, dy.contiguous(), dx, dw)
        return None, dx, dw.to(weight.dtype), None


class SwiGlu(torch.autograd.Function):
    """silu(gate) · up (Shazeer 2020), each (rows, width)."""

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, gate: Tensor, up: Tensor) -> Tensor:  # noqa: ANN401
        """The gated rows."""
        out = torch.empty_like(gate)
        kernels("swiglu_forward", *gate.shape, gate, up, out)
        ctx.kernels = kernels
        ctx.save_for_backward(gate, up)
        return out

    @staticmethod
    def backward(ctx: Any, dout: Tensor) -> tuple[None, Tensor, Tensor]:  # noqa: ANN401
        """Gradients of gate and up."""
        gate, up = ctx.saved_tensors
        dgate, dup = torch.empty_like(gate), torch.empty_like(up)
        ctx.kernels("swiglu_backward", *gate.shape, gate, up, dout.contiguous(), dgate, dup)
        return None, dgate, dup


class Attention(torch.autograd.Function):
    """Causal grouped-query attention, rotary positions included, on shape (batch, time, heads, kv heads, head).

    q (batch · time, heads · head), k and v (batch · time, kv heads · head), before the rotation; the result has q's shape.
    Each chunk of `CHUNK` queries, the heads of a group together, is one product with the keys up to the chunk's end; the
    probabilities are kept.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        kernels: Kernels,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        turn: tuple[Tensor, Tensor],
        shape: tuple[int, int, int, int, int],
    ) -> Tensor:
        """The attended values."""
        batch, time, heads, groups, head = shape
        chunk, scale = min(CHUNK, time), head**-0.5
        queries = q.new_empty(time // chunk, batch * groups, heads // groups * chunk, head)
        keys, values = k.new_empty(batch * groups, time, head), v.new_empty(batch * groups, time, head)
        kernels("rotate", batch, time, heads, head, chunk, 1.0, 0, *turn, q, queries)
        kernels("rotate", batch, time, groups, head, time, 1.0, 0, *turn, k, keys)
        kernels("permute", batch, time, groups, head, time, 0, v, values)
        out, chances = torch.empty_like(queries), []
        for index in range(time // chunk):
            seen = (index + 1) * chunk
            p = torch.bmm(queries[index], keys[:, :seen].mT)
            kernels("softmax_forward", p.shape[0] * p.shape[1], seen, chunk, index * chunk, scale, p)
            torch.bmm(p, values[:, :seen], out=out[index])
            chances.append(p)
        y = torch.empty_like(q)
        kernels("permute", batch, time, heads, head, chunk, 1, out, y)
        ctx.kernels, ctx.shape, ctx.chunk, ctx.scale, ctx.turn = kernels, shape, chunk, scale, turn
        ctx.save_for_backward(queries, keys, values, *chances)
        return y

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[None, Tensor, Tensor, Tensor, None, None]:  # noqa: ANN401
        """Gradients of q, k and v."""
        queries, keys, values, *chances = ctx.saved_tensors
        (batch, time, heads, groups, head), chunk, kernels = ctx.shape, ctx.chunk, ctx.kernels
        dout, dqueries = torch.empty_like(queries), torch.empty_like(queries)
        kernels("permute", batch, time, heads, head, chunk, 0, dy.contiguous(), dout)
        dkeys, dvalues = torch.zeros(keys.shape), torch.zeros(values.shape)
        for index, p in enumerate(chances):
            seen = (index + 1) * chunk
            dvalues[:, :seen] += torch.bmm(p.mT, dout[index])
            ds = torch.bmm(dout[index], values[:, :seen].mT)
            kernels("softmax_backward", p.shape[0] * p.shape[1], seen, chunk, index * chunk, ctx.scale, p, ds)
            torch.bmm(ds, keys[:, :seen], out=dqueries[index])
            dkeys[:, :seen] += torch.bmm(ds.mT, queries[index])
        dq, dk = torch.empty_like(dy), dy.new_empty(batch * time, groups * head)
        dv = torch.empty_like(dk)
        kernels("rotate", batch, time, heads, head, chunk, -1.0, 1, *ctx.turn, dqueries, dq)
        kernels("rotate", batch, time, groups, head, time, -1.0, 1, *ctx.turn, dkeys.to(keys.dtype), dk)
        kernels("permute", batch, time, groups, head, time, 1, dvalues.to(keys.dtype), dv)
        return None, dq, dk, dv, None, None


class Loss(torch.autograd.Function):
    """Sum of the cross-entropies, times `scale`, of h (rows, width) against the tied embedding (vocab, width).

    The gradients are made in the forward pass, while the logits are at hand (as in Liger-Kernel, Hsu et al. 2024).
    """

    @staticmethod
    def forward(ctx: Any, kernels: Kernels, h: Tensor, embedding: Tensor, targets: Tensor, scale: float) -> Tensor:  # noqa: ANN401
        """The scaled sum, fp32."""
        logits = F.linear(h, embedding)
        losses = torch.empty(h.shape[0])
        kernels("cross_entropy", *logits.shape, scale, targets, logits, losses)
        ctx.save_for_backward(logits @ embedding, logits.mT @ h)
        return losses.sum() * scale

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[None, Tensor, Tensor, None, None]:  # noqa: ANN401
        """Gradients of h and the embedding; `given` is 1, because the scale is in them already."""
        dh, dembedding = ctx.saved_tensors
        return None, dh, dembedding, None, None


def keep_memory() -> None:
    """Have glibc keep freed memory instead of giving it back and faulting it in again, 46 000 pages a second; 5 % of a step."""
    change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None:
        for option, value in ((-4, 0), (-1, 2**31 - 1), (-2, 2**26)):  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD of malloc.h
            change(option, value)


def native(model: Decoder) -> Native | None:
    """The faster step for `model`; None where the shape or the machine does not allow it."""
    if model.config.context > CHUNK and model.config.context % CHUNK:
        return None
    found = library()
    if found is None:
        return None
    keep_memory()
    return Native(model, found)


class Native:
    """The training step of a `Decoder` in bf16 on a CPU."""

    def __init__(self, model: Decoder, compiled: ctypes.CDLL) -> None:
        self.model, self.kernels = model, Kernels(compiled)
        config = model.config
        self.head = config.width // config.heads
        cos, sin = rotation(torch.arange(config.context), self.head, config.rope_base)
        self.turn = cos.contiguous(), sin.contiguous()

    def _block(self, block: Block, x: Tensor, batch: int) -> Tensor:
        shape = (batch, x.shape[0] // batch, block.heads, block.kv_heads, self.head)
        h = Norm.apply(self.kernels, x, block.attn_norm, block.eps)
        y = Attention.apply(self.kernels, block.attn_q(h), block.attn_k(h), block.attn_v(h), self.turn, shape)
        x = x + block.attn_output(y)
        h = Norm.apply(self.kernels, x, block.ffn_norm, block.eps)
        out: Tensor = x + block.ffn_down(SwiGlu.apply(self.kernels, block.ffn_gate(h), block.ffn_up(h)))
        return out

    def loss(self, tokens: Tensor, targets: Tensor, scale: float) -> Tensor:
        """`scale` times the summed cross-entropy in nats of tokens and targets (batch, time); -100 does not count."""
        x = self.model.token_embd(tokens).flatten(0, 1)
        for block in self.model.blk:
            assert isinstance(block, Block)
            x = self._block(block, x, tokens.shape[0])
        h = Norm.apply(self.kernels, x, self.model.output_norm, self.model.config.norm_eps)
        loss: Tensor = Loss.apply(self.kernels, h, self.model.token_embd.weight, targets.flatten(), scale)
        return loss
