"""Tests the compiled step against PyTorch's own operators."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from treefill_train import kernels
from treefill_train.config import ROOT, load
from treefill_train.model import Decoder

SHAPE = replace(load(ROOT / "configs/small.toml", smoke=True).model, layers=2, context=2 * kernels.CHUNK)


def _gradients(model: Decoder, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    loss.backward()
    found = {n: p.grad.float() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def _far(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize(("kv_heads", "time"), [(1, 512), (2, 512), (4, 256), (2, 64)])
def test_a_step_is_as_near_to_fp32_as_pytorchs_own(kv_heads: int, time: int) -> None:
    torch.manual_seed(3)
    model = Decoder(replace(SHAPE, kv_heads=kv_heads), 600)
    for name, parameter in model.named_parameters():
        if "norm" in name:  # all ones would hide a weight that is left out
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    model.to(torch.bfloat16)
    step = kernels.native(model)
    if step is None:
        pytest.fail("no C compiler: the kernels cannot be checked")
    tokens, targets = torch.randint(0, 600, (2, 3, time))
    targets[0, :9] = -100
    scale = 1 / float((targets != -100).sum())
    mine = step.loss(tokens, targets, scale)
    ours = _gradients(model, mine)
    plain = _gradients(model, model.losses(tokens, targets).float().sum() * scale)
    model.float()
    exact_loss = model.losses(tokens, targets).sum() * scale
    exact = _gradients(model, exact_loss)
    assert abs(float(mine.detach() - exact_loss.detach())) < 0.01
    assert ours.keys() == exact.keys()
    for name, gradient in exact.items():
        assert _far(ours[name], gradient) < 1.5 * _far(plain[name], gradient) + 0.005, name


def test_rows_whose_targets_do_not_count_get_no_gradient() -> None:
    model = Decoder(SHAPE, 300).to(torch.bfloat16)
    step = kernels.native(model)
    assert step is not None
    loss = step.loss(torch.zeros((1, 64), dtype=torch.long), torch.full((1, 64), -100), 1.0)
    assert float(loss.detach()) == 0
    assert all(float(g.abs().sum()) == 0 for g in _gradients(model, loss).values())


def test_a_machine_without_a_compiler_trains_on_pytorchs_operators(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernels.library.cache_clear()
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert kernels.native(Decoder(SHAPE, 300)) is None
    assert "no C compiler" in capsys.readouterr().out
    kernels.library.cache_clear()
