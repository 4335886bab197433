"""Tests adapters: what they change, their GGUF form, which files they learn from, and one of the model inside the program."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from gguf import GGUFReader

from treefill_train import adapt, gguf_file
from treefill_train.config import ROOT, ModelConfig, load
from treefill_train.model import Decoder

SHAPE = ModelConfig(layers=2, width=256, heads=4, kv_heads=2, ffn=512, context=64, rope_base=10000.0, norm_eps=1e-5)
EMBEDDED = ROOT.parent / "default/model.gguf"


def project(folder: Path) -> Path:
    """A folder with files in a habit of their own."""
    source = folder / "project"
    (source / ".venv").mkdir(parents=True)
    for number in range(12):
        lines = [f'    widget_{at}.attach(anchor="{number}", spacing=WIDGET_SPACING)\n' for at in range(16)]
        (source / f"layout_{number}.py").write_text(f"def lay_out_{number}(frame):\n" + "".join(lines) + "    return frame\n")
    (source / "short.py").write_text("x = 1\n")
    (source / ".venv/other.py").write_text("x = 1\n" * 200)
    (source / "notes.txt").write_text("text\n" * 200)
    (source / "key.py").write_text('KEY = "AKIA' + "ABCDEFGHIJKLMNOP" + '"\n' + "x = 1\n" * 100)
    return source


def test_an_adapter_begins_as_nothing_and_leaves_the_matrices() -> None:
    torch.manual_seed(0)
    model = Decoder(SHAPE, 300)
    tokens = torch.arange(10, 30)[None]
    with torch.no_grad():
        before = model(tokens)
        adapted = adapt.attach(model, 8, 8.0)
        assert torch.equal(model(tokens), before)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert len(adapted) == 2 * len(adapt.TARGETS)
    assert len(trained) == 2 * len(adapted)
    assert all(name.endswith((".a", ".b")) for name in trained)


def test_what_is_written_is_what_was_trained(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Decoder(SHAPE, 300)
    plain = Decoder(SHAPE, 300)
    plain.load_state_dict(model.state_dict())
    adapted = adapt.attach(model, 8, 16.0)
    with torch.no_grad():
        for change in adapted.values():
            change.b.normal_(std=0.02)
    adapt.write(tmp_path / "a.gguf", adapted, 16.0, "a")
    reader = GGUFReader(tmp_path / "a.gguf")
    texts = {key: reader.fields[key].contents() for key in ("general.type", "general.architecture", "adapter.type")}
    assert texts == {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora"}
    scale = reader.fields["adapter.lora.alpha"].contents() / 8
    tensors = {t.name: torch.from_numpy(t.data.copy()) for t in reader.tensors}
    shapes = {t.name: t.shape.tolist() for t in reader.tensors}
    # In GGML's order: what goes in is the first size.
    assert shapes["blk.1.ffn_down.weight.lora_a"] == [512, 8]
    assert shapes["blk.1.ffn_down.weight.lora_b"] == [8, 256]
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            if f"{name}.lora_a" in tensors:
                parameter += scale * tensors[f"{name}.lora_b"] @ tensors[f"{name}.lora_a"]
        tokens = torch.arange(10, 30)[None]
        assert torch.allclose(plain(tokens), model(tokens), atol=1e-4)


def test_files_are_split_once_and_for_all(tmp_path: Path) -> None:
    config = load(ROOT / "configs/small.toml", smoke=False)
    found = adapt.read_project(project(tmp_path), config)
    training, held_out = ({f.path for f in part["python"]} for part in (found.training, found.held_out))
    assert training and held_out and not training & held_out
    assert training | held_out == {f"layout_{number}.py" for number in range(12)}
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match="too few source files"):
        adapt.read_project(tmp_path / "empty", config)


def test_an_adapter_of_the_model_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = load(ROOT / "configs/small.toml", smoke=False)
    # Threads that wait for each other are slow beside other work, and there is little to do.
    config = replace(config, train=replace(config.train, threads=1))
    source, out = project(tmp_path), tmp_path / "mine.gguf"
    figures = adapt.run(config, tmp_path, source, EMBEDDED, out, rank=8, steps=8, rows=2, tokens=128)
    for name, (before, after) in figures.items():
        assert after < before, (name, before, after)
    names = {t.name for t in GGUFReader(out).tensors}
    layers = gguf_file.read(EMBEDDED)[0].config.layers
    assert len(names) == 2 * layers * len(adapt.TARGETS)
    kept = out.with_suffix(".held-out.txt").read_text().split()
    assert kept and all(adapt.is_held_out(path) for path in kept)
    printed = capsys.readouterr().out
    assert "| held-out files: bits per byte of plain text |" in printed
    assert f"--adapter {out}" in printed
