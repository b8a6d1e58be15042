"""Model folders: what we write transformers opens, what it writes we open, and what is wrong is refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from homeschool.errors import ModelError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import (
    Policy,
    choose_dtype,
    decoder_config,
    export_model,
    find_folder,
    hub_config,
    load_policy,
    new_decoder,
)
from homeschool.text import ByteTokenizer, CharTokenizer

VOCAB = ByteTokenizer().vocab_size
TINY = DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64)
TOKENS = torch.tensor([4, 17, 90, 3, 33, 7, 255])


def tiny_policy(config: DecoderConfig = TINY, seed: int = 0) -> Policy:
    return Policy(new_decoder(config, seed), ByteTokenizer(), "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder as we write it."""
    path = tmp_path / "model"
    tiny_policy().save(path)
    return path


def logits_of(policy: Policy, tokens: Tensor = TOKENS) -> Tensor:
    layout = Layout((len(tokens),))
    with torch.no_grad():
        return policy.model.logits(
            policy.model(tokens, layout.positions(), PackedAttention(layout, torch.device("cpu")))
        )


def hub_logits(hub: Any, tokens: Tensor = TOKENS) -> Tensor:
    with torch.no_grad():
        logits: Tensor = hub(input_ids=tokens[None]).logits[0]
    return logits


def edit_config(folder: Path, **settings: Any) -> None:
    """Change settings of a config.json; None removes one."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | settings
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def same_weights(first: Policy, second: Policy) -> bool:
    pairs = zip(first.model.named_parameters(), second.model.named_parameters(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


# --- to and fro ---


def test_what_transformers_saves_opens_here(family: str, make_hub_model: Callable[..., Any], tmp_path: Path) -> None:
    hub = make_hub_model(family, vocab_size=VOCAB)
    hub.save_pretrained(tmp_path)
    ByteTokenizer().save(tmp_path)
    policy = load_policy(tmp_path)
    assert type(policy.model).__name__ == "Decoder"
    torch.testing.assert_close(logits_of(policy), hub_logits(hub), rtol=0, atol=1e-4)


def test_what_we_save_opens_in_transformers(family: str, make_hub_model: Callable[..., Any], tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    make_hub_model(family, vocab_size=VOCAB).save_pretrained(tmp_path / "theirs")
    ByteTokenizer().save(tmp_path / "theirs")
    policy = load_policy(tmp_path / "theirs")
    policy.save(tmp_path / "ours")
    hub, found = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(found.values())  # nothing missing, nothing unexpected
    torch.testing.assert_close(hub_logits(hub), logits_of(policy), rtol=0, atol=1e-4)
    assert same_weights(load_policy(tmp_path / "ours"), policy)


def test_config_survives_the_round_trip(family: str, make_hub_model: Callable[..., Any]) -> None:
    config = decoder_config(make_hub_model(family).config.to_dict())
    assert config is not None
    assert decoder_config(hub_config(config, torch.float32)) == config


def test_older_folders_keep_the_rotation_at_the_top_level() -> None:
    """Before version 5 of transformers: rope_theta by itself, rope_scaling with "type" or "rope_type", torch_dtype."""
    shape = {"model_type": "llama", "vocab_size": 9, "hidden_size": 32, "num_hidden_layers": 1}
    shape |= {"num_attention_heads": 4, "intermediate_size": 8, "torch_dtype": "bfloat16"}
    scaling = {"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    scaling["original_max_position_embeddings"] = 8192
    for word in ("type", "rope_type"):
        config = decoder_config(shape | {"rope_theta": 5e5, "rope_scaling": scaling | {word: "llama3"}})
        assert config is not None
        assert config.rope_theta == 5e5
        assert dict(config.rope_scaling)["factor"] == 32
    newer = decoder_config(shape | {"rope_parameters": scaling | {"rope_type": "llama3", "rope_theta": 5e5}})
    assert newer == config
    assert (config.num_key_heads, config.head_dim, config.tied, config.norm_eps) == (4, 8, False, 1e-6)


@pytest.mark.parametrize("tied", [False, True])
def test_shards_are_read(make_hub_model: Callable[..., Any], tmp_path: Path, tied: bool) -> None:
    hub = make_hub_model("llama", vocab_size=VOCAB, tie_word_embeddings=tied)
    hub.save_pretrained(tmp_path, max_shard_size="20KB")
    ByteTokenizer().save(tmp_path)
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    policy = load_policy(tmp_path)
    torch.testing.assert_close(logits_of(policy), hub_logits(hub), rtol=0, atol=1e-4)
    policy.model.model.norm.weight.data += 1
    policy.save(tmp_path)  # over the shards, which must not be read again
    assert same_weights(load_policy(tmp_path), policy)


def test_saving_over_the_folder_it_came_from_loses_nothing(folder: Path) -> None:
    policy = load_policy(folder)
    policy.save(folder)
    other = tiny_policy(seed=5)
    other.save(folder)
    assert same_weights(policy, tiny_policy())
    assert same_weights(load_policy(folder), other)


def test_a_tied_head_stays_one_tensor_and_an_untied_head_two(folder: Path, tmp_path: Path) -> None:
    tied = load_policy(folder).model
    assert tied.lm_head.weight is tied.model.embed_tokens.weight
    assert all(parameter.requires_grad for parameter in tied.parameters())
    config = DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64, tied=False)
    tiny_policy(config).save(tmp_path / "untied")
    untied = load_policy(tmp_path / "untied").model
    assert untied.config == config
    assert not torch.equal(untied.lm_head.weight, untied.model.embed_tokens.weight)


def test_a_tied_head_written_out_all_the_same_is_fine(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    tensors = load_file(path)
    extra = {
        "lm_head.weight": tensors["model.embed_tokens.weight"].clone(),
        "model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4),
    }
    save_file(tensors | extra, path)
    assert same_weights(load_policy(folder), tiny_policy())


def test_the_card_says_what_it_is(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    # 261 x 32, two layers of 7744, a last norm of 32
    assert "llama-type language model of 23,872 parameters (2 layers, width 32, vocabulary 261)" in card


def test_bf16_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    policy = tiny_policy()
    policy.model.to(torch.bfloat16)
    policy.save(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["torch_dtype"] == "bfloat16"
    again = load_policy(tmp_path, "bf16")
    assert again.model.dtype == torch.bfloat16
    assert same_weights(again, policy)
    assert load_policy(tmp_path, "fp32").model.dtype == torch.float32


@pytest.mark.parametrize(
    ("saved", "asked", "has_bf16", "expected"),
    [
        ({"dtype": "bfloat16"}, "auto", True, torch.bfloat16),
        ({"torch_dtype": "bfloat16"}, "auto", True, torch.bfloat16),
        ({"torch_dtype": "bfloat16"}, "auto", False, torch.float32),
        ({"torch_dtype": "float32"}, "auto", True, torch.float32),
        ({}, "auto", True, torch.float32),
        ({"torch_dtype": "float32"}, "bf16", False, torch.bfloat16),
        ({"torch_dtype": "bfloat16"}, "fp32", True, torch.float32),
    ],
)
def test_number_format(
    saved: dict[str, str], asked: str, has_bf16: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has_bf16)
    assert choose_dtype(asked, saved, "cpu") == expected


# --- finding it ---


def test_a_run_folder_stands_for_its_last_checkpoint(tmp_path: Path) -> None:
    for step in (2, 10):
        tiny_policy(seed=step).save(tmp_path / "checkpoints" / f"step-{step:06d}")
    (tmp_path / "checkpoints" / "step-000011").mkdir()  # cut off before its config was written
    assert find_folder(tmp_path) == tmp_path / "checkpoints" / "step-000010"
    assert same_weights(load_policy(tmp_path), tiny_policy(seed=10))


def test_export_copies_the_model_and_refuses_a_full_folder(folder: Path, tmp_path: Path) -> None:
    copy = export_model(str(folder), tmp_path / "copy")
    assert same_weights(load_policy(copy), tiny_policy())
    with pytest.raises(ModelError, match="not empty; choose another"):
        export_model(str(folder), tmp_path / "copy")


# --- refusals ---


def test_no_such_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMESCHOOL_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ModelError, match=r'no model ".*nowhere".*homeschool fetch'):
        load_policy(tmp_path / "nowhere")


def test_a_folder_without_config_says_what_it_holds(folder: Path, tmp_path: Path) -> None:
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"no config.json \(found: .*'model.safetensors'"):
        load_policy(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="found: nothing"):
        load_policy(tmp_path / "empty")
    with pytest.raises(ModelError, match="found: a file"):
        load_policy(folder / "model.safetensors")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"model_type":', "cannot read .*config.json"),
        (b"\xff\xfe\x00", "cannot read .*config.json"),
        (b"[1, 2]", "holds a list, expected an object"),
        (b'{"model_type": "llama"}', "says nothing of 'num_attention_heads', which a llama needs"),
        (b'{"model_type": "llama", "num_attention_heads": "many"}', "a setting that cannot be read: .*many"),
        (
            b'{"model_type": "llama", "rope_scaling": {"rope_type": "llama3"}, "num_attention_heads": 1}',
            "'factor'|'voc",
        ),
    ],
)
def test_an_unreadable_config(folder: Path, content: bytes, message: str) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_policy(folder)


@pytest.mark.parametrize("size", [0, 4, 3000])
def test_damaged_weights(folder: Path, size: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match=r"model.safetensors is damaged or cut short.*fetch or copy it again"):
        load_policy(folder)


def test_missing_files(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"has no model\.safetensors; only safetensors"):
        load_policy(folder)
    index = folder / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "model-1-of-2.safetensors"}}')
    with pytest.raises(ModelError, match=r"has no model-1-of-2\.safetensors"):
        load_policy(folder)
    index.write_text("{}")
    with pytest.raises(ModelError, match="has no weight_map"):
        load_policy(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_hidden_layers": 3}, r"9 weights are missing, the first is model\.layers\.2\.input_layernorm\.weight"),
        ({"tie_word_embeddings": False}, r"1 weights are missing, the first is lm_head\.weight"),
        ({"model_type": "qwen2"}, r"6 weights are missing, the first is model\.layers\.0\.self_attn\.k_proj\.bias"),
        ({"num_hidden_layers": 1}, r"config\.json knows no model\.layers\.1\."),
        ({"intermediate_size": 50}, r"mlp\.\w+\.weight has shape \[.*48.*\], config\.json promises \[.*50.*\]"),
        ({"vocab_size": 300}, r"embed_tokens\.weight has shape \[261, 32\], config\.json promises \[300, 32\]"),
    ],
)
def test_weights_that_are_not_what_the_config_promises(folder: Path, settings: dict[str, Any], message: str) -> None:
    edit_config(folder, **settings)
    with pytest.raises(ModelError, match=message):
        load_policy(folder)


def test_biases_that_the_config_does_not_know_are_not_dropped_in_silence(tmp_path: Path) -> None:
    tiny_policy(DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64, qkv_bias=True, family="qwen2")).save(tmp_path)
    edit_config(tmp_path, model_type="llama")
    with pytest.raises(ModelError, match=r"knows no model\.layers\.0\.self_attn\.\w_proj\.bias"):
        load_policy(tmp_path)


def test_tokenizer_and_model_must_agree(folder: Path) -> None:
    CharTokenizer(chr(1000 + number) for number in range(300)).save(folder)
    with pytest.raises(ModelError, match="tokenizer char has 305 ids but the model has vocab_size 261"):
        load_policy(folder)
    CharTokenizer("abc").save(folder)  # fewer ids than embedding rows are fine
    assert load_policy(folder).tokenizer.vocab_size == 8


def test_a_folder_without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        load_policy(folder)


def test_unknown_number_format(folder: Path) -> None:
    with pytest.raises(ModelError, match='dtype is "fp8", expected one of auto, fp32, bf16'):
        load_policy(folder, "fp8")


@pytest.mark.parametrize(
    "settings",
    [
        {"model_type": "gpt2"},
        {"hidden_act": "gelu"},
        {"rope_scaling": {"rope_type": "yarn", "factor": 2.0}},
        {"model_type": "mistral", "sliding_window": 16},
        {"model_type": "mistral", "max_position_embeddings": 8192},  # silent about its window, which is then 4096
        {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 16},
        {"model_type": "qwen3", "layer_types": ["full_attention", "sliding_attention"]},
    ],
)
def test_what_our_decoder_would_compute_differently_is_left_to_transformers(settings: dict[str, Any]) -> None:
    shape = hub_config(TINY, torch.float32)
    assert decoder_config(shape) == TINY
    assert decoder_config(shape | settings) is None
