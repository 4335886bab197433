#!/usr/bin/env python3
"""Writes a GGUF of `models/train` in the hub's format (LlamaForCausalLM, float32), for servers that read no GGUF.

    gguf_to_hub.py MODEL.gguf OUT_FOLDER

Needs torch, numpy, gguf, tokenizers and safetensors. The weights are those that the GGUF's quantised ones stand for, so two servers
that compute exactly would say the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models/train"))

from safetensors.torch import save_file  # noqa: E402 - after the path
from torch import Tensor  # noqa: E402
from treefill_train import gguf_file  # noqa: E402
from treefill_train.tokenizer import CONTROL  # noqa: E402

BLOCK = {
    "attn_norm": "input_layernorm.weight",
    "ffn_norm": "post_attention_layernorm.weight",
    "attn_q.weight": "self_attn.q_proj.weight",
    "attn_k.weight": "self_attn.k_proj.weight",
    "attn_v.weight": "self_attn.v_proj.weight",
    "attn_output.weight": "self_attn.o_proj.weight",
    "ffn_gate.weight": "mlp.gate_proj.weight",
    "ffn_up.weight": "mlp.up_proj.weight",
    "ffn_down.weight": "mlp.down_proj.weight",
}
"""Names in a block of the GGUF, and in a layer of the hub's."""


def halves(weight: Tensor, heads: int) -> Tensor:
    """Rows of rotary pairs (2i, 2i + 1), as ggml's NORM has them, in the order of the halves that the hub's Llama rotates."""
    size = weight.shape[0] // heads
    return weight.view(heads, size // 2, 2, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def hub_name(name: str) -> str:
    """The hub's name for a parameter."""
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm":
        return "model.norm.weight"
    _, layer, rest = name.split(".", 2)
    return f"model.layers.{layer}.{BLOCK[rest]}"


def main(source: Path, out: Path) -> None:
    model, tokenizer, ids = gguf_file.read(source)
    c = model.config
    out.mkdir(parents=True, exist_ok=True)
    weights = {}
    for name, value in model.state_dict().items():
        value = value.detach().float()
        if name.endswith("attn_q.weight"):
            value = halves(value, c.heads)
        elif name.endswith("attn_k.weight"):
            value = halves(value, c.kv_heads)
        weights[hub_name(name)] = value.contiguous().clone()
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32", "hidden_act": "silu",
        "hidden_size": c.width, "intermediate_size": c.ffn, "num_hidden_layers": c.layers, "head_dim": c.width // c.heads,
        "num_attention_heads": c.heads, "num_key_value_heads": c.kv_heads, "vocab_size": model.vocab,
        "max_position_embeddings": c.context, "rms_norm_eps": c.norm_eps, "rope_theta": c.rope_base,
        "tie_word_embeddings": True, "bos_token_id": ids["end"], "eos_token_id": ids["end"],
    }
    (out / "config.json").write_text(json.dumps(config, indent=1))
    # The training's tokenizer never yields a control token, whatever a text holds; a server's has to read them.
    tokenizer.add_special_tokens(list(CONTROL))
    tokenizer.save(str(out / "tokenizer.json"))
    end = tokenizer.id_to_token(ids["end"])
    described = {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": c.context, "eos_token": end, "bos_token": end,
    }
    (out / "tokenizer_config.json").write_text(json.dumps(described))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
