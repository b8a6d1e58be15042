"""A Llama-type GGUF file as a Hugging Face folder: config, weights and tokenizer."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from homeschool.errors import ModelError
from homeschool.messages.refusals import gguf as say
from homeschool.models.gguf import GGUF, Floats

LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
CONTROL_TOKEN = 3
"""GGUF token type of the special tokens."""


def write_folder(gguf: GGUF, folder: Path) -> None:
    """config.json, generation_config.json, model.safetensors in bf16, tokenizer.json and tokenizer_config.json.

    ModelError for whatever this conversion would lose: another architecture, RoPE scaling, unknown tensors.
    """
    config = hub_config(gguf)
    check_tensors(gguf, config)
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", generation_config(gguf))
    _write_json(folder / "tokenizer.json", tokenizer_json(gguf))
    _write_json(folder / "tokenizer_config.json", tokenizer_config(gguf))
    save_file(hub_weights(gguf, config), folder / "model.safetensors", {"format": "pt"})


def hub_config(gguf: GGUF) -> dict[str, Any]:
    """The config.json. ModelError for what is no plain Llama."""
    if (architecture := _meta(gguf, "general.architecture")) != "llama":
        raise ModelError(say.OTHER_ARCHITECTURE(file=gguf.name, architecture=architecture))
    if (scaling := gguf.metadata.get("llama.rope.scaling.type", "none")) != "none":
        raise ModelError(say.ROPE_SCALING(file=gguf.name, scaling=scaling))
    width, num_heads = _count(gguf, "llama.embedding_length"), _count(gguf, "llama.attention.head_count")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(_meta(gguf, "tokenizer.ggml.tokens")),
        "hidden_size": width,
        "num_hidden_layers": _count(gguf, "llama.block_count", most=len(gguf.entries)),
        "num_attention_heads": num_heads,
        "num_key_value_heads": _count(gguf, "llama.attention.head_count_kv", num_heads),
        "head_dim": _count(gguf, "llama.rope.dimension_count", width // num_heads),
        "intermediate_size": _count(gguf, "llama.feed_forward_length"),
        "max_position_embeddings": _count(gguf, "llama.context_length"),
        # Stored as a 32-bit float: 1e-5 comes back as 9.999999747378752e-06, which is what llama.cpp computes with.
        "rms_norm_eps": float(f"{_meta(gguf, 'llama.attention.layer_norm_rms_epsilon'):.7g}"),
        "rope_theta": float(gguf.metadata.get("llama.rope.freq_base", 10_000.0)),
        "tie_word_embeddings": "output.weight" not in gguf.entries,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "bfloat16",
        **_special_ids(gguf),
    }


def generation_config(gguf: GGUF) -> dict[str, Any]:
    """Which tokens begin, end and pad."""
    return {"_from_model_config": True, **_special_ids(gguf)}


def check_tensors(gguf: GGUF, config: dict[str, Any]) -> None:
    """Exactly the tensors of this Llama, in their shapes: ModelError names the first one missing, odd or extra."""
    width, mlp, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    query, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    layer = {
        "attn_norm": (width,),
        "attn_q": (query, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_output": (width, query),
        "ffn_norm": (width,),
        "ffn_gate": (mlp, width),
        "ffn_up": (mlp, width),
        "ffn_down": (width, mlp),
    }
    expected: dict[str, tuple[int, ...]] = {
        f"blk.{index}.{name}.weight": shape
        for index in range(config["num_hidden_layers"])
        for name, shape in layer.items()
    }
    expected |= {"token_embd.weight": (config["vocab_size"], width), "output_norm.weight": (width,)}
    if not config["tie_word_embeddings"]:
        expected["output.weight"] = (config["vocab_size"], width)
    found = {name: entry.shape for name, entry in gguf.entries.items()}
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise ModelError(say.MISSING_TENSOR(file=gguf.name, name=name, expected=expected[name]))
        if name not in expected:
            raise ModelError(say.EXTRA_TENSOR(file=gguf.name, name=name, found=found[name]))
        if found[name] != expected[name]:
            raise ModelError(say.OTHER_TENSOR(file=gguf.name, name=name, found=found[name], expected=expected[name]))


def hub_weights(gguf: GGUF, config: dict[str, Any]) -> dict[str, Tensor]:
    """All weights under their Hugging Face names, in bf16, one tensor de-quantised at a time.

    Values of Q4_1 need more digits than bf16 has. Measured on SmolLM2-135M: the rounding moves the next-token
    distribution by 6e-5 nats (KL), computing in bf16 by 2e-3, so half the disk costs nothing that shows.
    """
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    weights = {}
    for name in gguf.entries:
        values = gguf.tensor(name)
        part = name.split(".")[-2]
        if part in heads:
            values = unpermute(values, heads[part])
        weights[hub_name(name)] = torch.from_numpy(values).to(torch.bfloat16).contiguous()
    return weights


def unpermute(weight: Floats, num_heads: int) -> Floats:
    """Rows of a query or key projection, float32 [num_heads * head_dim, width], in the order Hugging Face uses.

    RoPE turns pairs of dimensions. GGUF keeps the two of a pair next to each other, (0, 1), (2, 3), ...; Hugging Face
    keeps them half a head apart, (0, d/2), (1, d/2 + 1), ... So row 2i + s of a head moves to row s * d/2 + i.
    """
    pairs = weight.reshape(num_heads, -1, 2, weight.shape[-1])
    return pairs.swapaxes(1, 2).reshape(weight.shape)


def hub_name(name: str) -> str:
    """``blk.3.attn_q.weight`` -> ``model.layers.3.self_attn.q_proj.weight``."""
    if name.startswith("blk."):
        _, index, part, kind = name.split(".")
        return f"model.layers.{index}.{LAYER_NAMES[part]}.{kind}"
    whole = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
    return whole[name.removesuffix(".weight")] + ".weight"


def tokenizer_json(gguf: GGUF) -> dict[str, Any]:
    """Byte-level BPE whose pre-tokenizer sets every digit apart, as the ``smollm`` family has it."""
    model, pre = _meta(gguf, "tokenizer.ggml.model"), _meta(gguf, "tokenizer.ggml.pre")
    if (model, pre) != ("gpt2", "smollm"):
        raise ModelError(say.OTHER_TOKENIZER(file=gguf.name, model=model, pre=pre))
    tokens, types = _meta(gguf, "tokenizer.ggml.tokens"), _meta(gguf, "tokenizer.ggml.token_type")
    distinct = len(set(tokens))
    if not len(types) == len(tokens) == distinct:
        raise ModelError(say.TOKENS_DISAGREE(file=gguf.name, tokens=len(tokens), distinct=distinct, types=len(types)))
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    bytes_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": index, "content": token, **flags}
            for index, (token, kind) in enumerate(zip(tokens, types, strict=True))
            if kind == CONTROL_TOKEN
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, bytes_level]},
        "post_processor": None,
        "decoder": bytes_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: index for index, token in enumerate(tokens)},
            "merges": _meta(gguf, "tokenizer.ggml.merges"),
        },
    }


def tokenizer_config(gguf: GGUF) -> dict[str, Any]:
    """Names of the special tokens, and the chat template."""
    tokens = _meta(gguf, "tokenizer.ggml.tokens")
    ids = _special_ids(gguf)
    return {
        # Not GPT2Tokenizer: recent versions of that class rebuild the pre-tokenizer and join the digits again.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": tokens[ids["bos_token_id"]],
        "eos_token": tokens[ids["eos_token_id"]],
        "pad_token": tokens[ids["pad_token_id"]],
        "unk_token": tokens[_token_id(gguf, "unknown")],
        "add_bos_token": bool(gguf.metadata.get("tokenizer.ggml.add_bos_token", False)),
        "add_prefix_space": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": _count(gguf, "llama.context_length"),
        "chat_template": _meta(gguf, "tokenizer.chat_template"),
    }


def _special_ids(gguf: GGUF) -> dict[str, int]:
    ids = {"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"}
    return {key: _token_id(gguf, name) for key, name in ids.items()}


def _token_id(gguf: GGUF, name: str) -> int:
    index, count = int(_meta(gguf, f"tokenizer.ggml.{name}_token_id")), len(_meta(gguf, "tokenizer.ggml.tokens"))
    if not index < count:
        raise ModelError(say.NO_TOKEN(file=gguf.name, name=name, index=index, count=count))
    return index


def _meta(gguf: GGUF, key: str) -> Any:
    try:
        return gguf.metadata[key]
    except KeyError as error:
        raise ModelError(say.NO_METADATA(file=gguf.name, key=key)) from error


def _count(gguf: GGUF, key: str, default: int | None = None, most: int = 2**24) -> int:
    """A size in the metadata. One that is out of all proportion is damage, and must not be allocated."""
    value = gguf.metadata.get(key, default) if default is not None else _meta(gguf, key)
    if not isinstance(value, int) or not 0 < value <= most:
        raise ModelError(say.NOT_A_SIZE(file=gguf.name, key=key, value=repr(value)))
    return value


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
