"""Reads and writes the model as GGUF: keys and tensor names of llama.cpp's `llama` architecture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, TokenType
from gguf.quants import dequantize, quantize
from numpy.typing import NDArray
from tokenizers import Tokenizer

from treefill_train import tokenizer
from treefill_train.config import ModelConfig
from treefill_train.model import Decoder
from treefill_train.tokenizer import CONTROL, END, FILE, MIDDLE, PAD, PREFIX, REPOSITORY, SUFFIX

QUANTS = {
    "f16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
}
"""What gguf's own quantizer writes here; K-quants need llama.cpp's llama-quantize on the f16 file."""


def tensor_name(parameter: str) -> str:
    """The GGUF name of a parameter: `blk.0.attn_norm` and `output_norm` lack the `.weight` that llama.cpp expects."""
    return parameter if parameter.endswith(".weight") else parameter + ".weight"


def _header(writer: GGUFWriter, c: ModelConfig, name: str, quant: str) -> None:
    writer.add_name(name)
    writer.add_context_length(c.context)
    writer.add_embedding_length(c.width)
    writer.add_block_count(c.layers)
    writer.add_feed_forward_length(c.ffn)
    writer.add_head_count(c.heads)
    writer.add_head_count_kv(c.kv_heads)
    writer.add_rope_dimension_count(c.width // c.heads)
    writer.add_rope_freq_base(c.rope_base)
    writer.add_layer_norm_rms_eps(c.norm_eps)
    writer.add_file_type(QUANTS[quant][1])
    writer.add_quantization_version(2)


def _vocabulary(writer: GGUFWriter, tokens: list[str], merges: list[tuple[str, str]]) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if t in CONTROL else TokenType.NORMAL for t in tokens])
    writer.add_token_merges([f"{a} {b}" for a, b in merges])
    writer.add_bos_token_id(END)
    writer.add_eos_token_id(END)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(False)
    for key, value in {"pre": PREFIX, "suf": SUFFIX, "mid": MIDDLE, "pad": PAD, "rep": REPOSITORY, "sep": FILE}.items():
        writer.add_uint32(f"tokenizer.ggml.fim_{key}_token_id", value)


TOKENS_SEEN = "treefill.training_tokens"
LANGUAGES = "treefill.languages"
"""The languages that the model was trained on: treefill is silent in others."""


def write(
    path: Path,
    model: Decoder,
    vocabulary: tuple[list[str], list[tuple[str, str]]],
    name: str,
    quant: str,
    tokens: int = 0,
    languages: Sequence[str] = (),
) -> None:
    """Write fp32 weights as `quant` ("f16" or "q8_0"); vectors stay fp32. `tokens` is how many training has seen, of `languages`."""
    part = path.with_suffix(".part")
    writer = GGUFWriter(part, "llama")
    _header(writer, model.config, name, quant)
    _vocabulary(writer, *vocabulary)
    writer.add_uint64(TOKENS_SEEN, tokens)
    if languages:
        writer.add_array(LANGUAGES, list(languages))
    for parameter, value in model.state_dict().items():
        array: NDArray[Any] = value.float().numpy()
        if value.ndim == 1:
            writer.add_tensor(tensor_name(parameter), array)
        elif quant == "f16":
            writer.add_tensor(tensor_name(parameter), array.astype(np.float16))
        else:
            writer.add_tensor(tensor_name(parameter), quantize(array, QUANTS[quant][0]), raw_dtype=QUANTS[quant][0])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.rename(path)


def _value(reader: GGUFReader, key: str, default: Any = None) -> Any:  # noqa: ANN401 - the type is the key's
    field = reader.get_field(key)
    if field is None:
        if default is None:
            raise SystemExit(f"{key} is missing: not a `llama` GGUF this recipe can read")
        return default
    return field.contents()


def read(path: Path) -> tuple[Decoder, Tokenizer, dict[str, int]]:
    """The model in fp32 (dequantised), its tokenizer and the ids of `pre`, `suf`, `mid` and `end`.

    So a GGUF is measured by the same code as a checkpoint, without llama.cpp.
    """
    reader = GGUFReader(path)
    if _value(reader, "general.architecture") != "llama":
        raise SystemExit(f"{path}: only the llama architecture is read here")
    shape = ModelConfig(
        layers=_value(reader, "llama.block_count"),
        width=_value(reader, "llama.embedding_length"),
        heads=_value(reader, "llama.attention.head_count"),
        kv_heads=_value(reader, "llama.attention.head_count_kv"),
        ffn=_value(reader, "llama.feed_forward_length"),
        context=_value(reader, "llama.context_length"),
        rope_base=_value(reader, "llama.rope.freq_base", 10000.0),
        norm_eps=_value(reader, "llama.attention.layer_norm_rms_epsilon"),
    )
    tokens = _value(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in _value(reader, "tokenizer.ggml.merges")]
    model = Decoder(shape, len(tokens))
    tensors = {t.name: torch.from_numpy(dequantize(t.data, t.tensor_type).astype(np.float32)) for t in reader.tensors}
    model.load_state_dict({name: tensors[tensor_name(name)] for name in model.state_dict()})
    ids = {key: tokens.index(f"<|fim_{word}|>") for key, word in (("pre", "prefix"), ("suf", "suffix"), ("mid", "middle"))}
    return model.eval(), tokenizer.from_vocabulary(tokens, merges), ids | {"end": _value(reader, "tokenizer.ggml.eos_token_id")}


def training_tokens(path: Path) -> int:
    """How many tokens the training of this file has seen; 0 where it does not say."""
    return int(_value(GGUFReader(path), TOKENS_SEEN, 0))
