"""Tests the decoder, its GGUF form, the tokenizer and the schedule."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, trainers

from treefill_train import gguf_file, tokenizer
from treefill_train.config import ROOT, ModelConfig, load
from treefill_train.model import Decoder, greedy, parameters
from treefill_train.optim import Optimizer, orthogonal
from treefill_train.tokenizer import CONTROL, END, MIDDLE
from treefill_train.train import Run, Schedule

SHAPE = ModelConfig(layers=2, width=256, heads=4, kv_heads=2, ffn=256, context=64, rope_base=10000.0, norm_eps=1e-5)


@pytest.fixture(scope="module")
def vocabulary() -> tuple[list[str], list[tuple[str, str]]]:
    built = tokenizer._pipeline(Tokenizer(models.BPE()))
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(CONTROL),
        show_progress=False,
        initial_alphabet=tokenizer.pre_tokenizers.ByteLevel.alphabet(),
    )
    built.train_from_iterator(["def f(x):\n    return x\n" * 50, "let value = vec![1, 2];\n" * 50], trainer)
    tokens = sorted(built.get_vocab(), key=built.get_vocab().__getitem__)
    import json

    return tokens, [
        tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in json.loads(built.to_str())["model"]["merges"]
    ]


def test_control_text_stays_text(vocabulary: tuple[list[str], list[tuple[str, str]]]) -> None:
    plain = tokenizer.from_vocabulary(*vocabulary)
    text = "a = '<|fim_middle|>' # ü\n\n  <|endoftext|>"
    ids = plain.encode(text).ids
    assert min(ids) >= len(CONTROL)
    assert plain.decode(ids) == text


@pytest.mark.parametrize("quant", ["f16", "q8_0"])
def test_gguf_round_trip(tmp_path: Path, vocabulary: tuple[list[str], list[tuple[str, str]]], quant: str) -> None:
    torch.manual_seed(0)
    model = Decoder(SHAPE, len(vocabulary[0]))
    gguf_file.write(tmp_path / "m.gguf", model, vocabulary, "m", quant)
    back, encoder, ids = gguf_file.read(tmp_path / "m.gguf")
    assert ids["mid"] == MIDDLE
    assert ids["end"] == END
    assert encoder.encode("def f").ids == tokenizer.from_vocabulary(*vocabulary).encode("def f").ids
    assert replace(back.config, norm_eps=SHAPE.norm_eps) == SHAPE  # GGUF holds it as fp32
    for name, value in model.state_dict().items():
        error = float((back.state_dict()[name] - value).abs().max())
        assert error <= float(value.abs().max()) * (0.001 if quant == "f16" else 0.005)


def test_every_fim_key_and_the_languages_are_written(tmp_path: Path, vocabulary: tuple[list[str], list[tuple[str, str]]]) -> None:
    model = Decoder(SHAPE, len(vocabulary[0]))
    gguf_file.write(tmp_path / "m.gguf", model, vocabulary, "m", "f16", languages=["python", "rust"])
    fields = gguf_file.GGUFReader(tmp_path / "m.gguf").fields
    assert fields[gguf_file.LANGUAGES].contents() == ["python", "rust"]
    for key, word in {
        "pre": "fim_prefix",
        "suf": "fim_suffix",
        "mid": "fim_middle",
        "pad": "fim_pad",
        "rep": "repo_name",
        "sep": "file_sep",
    }.items():
        assert vocabulary[0][fields[f"tokenizer.ggml.fim_{key}_token_id"].contents()] == f"<|{word}|>"


def test_cached_decoding_equals_the_full_pass() -> None:
    torch.manual_seed(0)
    model = Decoder(SHAPE, 300)
    prompt = [5, 6, 7, 8, 9]
    out = greedy(model, prompt, 8, set())
    for _ in range(8):
        prompt = [*prompt, int(model(torch.tensor([prompt]))[0, -1].argmax())]
    assert out == prompt[5:]


def test_parameter_count() -> None:
    model = Decoder(SHAPE, 300)
    assert parameters(SHAPE, 300)[0] == sum(p.numel() for p in model.parameters())


def test_muon_update_is_nearly_orthogonal() -> None:
    singular = torch.linalg.svdvals(orthogonal(torch.randn(64, 128)).float())
    assert 0.5 < float(singular.min()) <= float(singular.max()) < 1.5


def test_optimizer_resumes_exactly() -> None:
    def step(model: Decoder, optimizer: Optimizer, seed: int) -> None:
        tokens = torch.randint(0, 300, (2, 16), generator=torch.Generator().manual_seed(seed))
        model.losses(tokens[:, :-1], tokens[:, 1:]).mean().backward()
        optimizer.step(0.01, 0.001, 1.0)

    torch.manual_seed(0)
    one = Decoder(SHAPE, 300)
    first = Optimizer(one, 0.01, 2)
    step(one, first, 1)
    two = Decoder(SHAPE, 300)
    second = Optimizer(two, 0.01, 2)
    second.load({k: ({n: t.clone() for n, t in v.items()} if isinstance(v, dict) else v) for k, v in first.state().items()})
    step(one, first, 2)
    step(two, second, 2)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert all(torch.equal(first.average[n], second.average[n]) for n in first.average)


def test_average() -> None:
    torch.manual_seed(0)
    model = Decoder(SHAPE, 300)
    optimizer = Optimizer(model, 0.0, 100)
    name, seen = next(iter(optimizer.master)), []
    for _ in range(3):
        for parameter in model.parameters():
            parameter.grad = torch.randn_like(parameter)
        optimizer.step(0.01, 0.001, 1.0)
        seen.append(optimizer.master[name].clone())
    assert torch.allclose(optimizer.average[name], torch.stack(seen).mean(0))
    old = {kind: value for kind, value in optimizer.state().items() if not kind.startswith("average")}
    optimizer.load(old)
    assert optimizer.averaged == 0 and torch.equal(optimizer.average[name], seen[-1])
    optimizer.show(optimizer.average)


def test_schedule() -> None:
    schedule = Schedule(10, 80, 100)
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(50) == 1.0
    assert 0 < schedule.factor(95) < schedule.factor(85) < 1
    assert schedule.factor(100) == 0.0
    assert schedule.finish(40, 20).end == 60


def test_a_run_that_starts_from_a_model_warms_up_where_it_starts() -> None:
    schedule = Schedule(10, 80, 100, begin=40)
    assert schedule.factor(40) == pytest.approx(0.1)
    assert schedule.factor(50) == 1.0
    assert schedule.finish(60, 10).factor(45) == pytest.approx(0.6)


def test_training_goes_on_from_a_gguf(tmp_path: Path, vocabulary: tuple[list[str], list[tuple[str, str]]]) -> None:
    config = load(ROOT / "configs/small.toml", smoke=True)
    per_step = config.train.rows * config.model.context
    torch.manual_seed(0)
    model = Decoder(config.model, len(vocabulary[0]))
    gguf_file.write(tmp_path / "m.gguf", model, vocabulary, "m", "f16", 7 * per_step)
    tokenizer.run(config, tmp_path, tmp_path / "m.gguf")
    assert tokenizer.vocabulary(tmp_path / "tokenizer.json") == vocabulary
    run = Run(config, tmp_path, None, False, tmp_path / "m.gguf")
    assert run.step == run.schedule.begin == 7
    for name, value in model.state_dict().items():
        assert torch.allclose(run.optimizer.master[name], value, atol=2e-3), name
    run.save()
    again = Run(config, tmp_path, None, False, tmp_path / "m.gguf")  # the checkpoint is nearer than the file
    assert (again.step, again.schedule.begin) == (7, 7)
    with pytest.raises(SystemExit, match="shape"):
        Run(replace(config, name="other", model=replace(config.model, layers=3)), tmp_path, None, False, tmp_path / "m.gguf")
    tokens, merges = vocabulary
    other = [*tokens[:-2], tokens[-1], tokens[-2]]
    gguf_file.write(tmp_path / "o.gguf", model, (other, merges), "o", "f16")
    with pytest.raises(SystemExit, match="tokenizer --start"):
        Run(replace(config, name="other"), tmp_path, None, False, tmp_path / "o.gguf")


@pytest.mark.parametrize("name", ["small", "base"])
def test_configurations(name: str) -> None:
    config = load(ROOT / f"configs/{name}.toml", smoke=False)
    total, body = parameters(config.model, config.tokenizer.vocab_size)
    assert (8e6 <= total <= 15.5e6) if name == "small" else (40e6 <= body <= 60e6)
    assert load(ROOT / f"configs/{name}.toml", smoke=True).model.layers == 2
