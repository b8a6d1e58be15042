"""Reward models: what we save transformers opens with the same scores, and the wrong folder is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from homeschool.errors import ModelError
from homeschool.models.decoder import DecoderConfig
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy, decoder_config, export_model, load_policy, new_decoder
from homeschool.models.reward_model import (
    RewardDecoder,
    RewardModel,
    build_reward_model,
    load_reward_model,
    require_same_tokenizer,
)
from homeschool.text import ByteTokenizer, CharTokenizer, Tokenizer

VOCAB = ByteTokenizer().vocab_size
TINY = DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64)
TOKENS = torch.tensor([4, 17, 90, 3, 33, 7, 255])


def tiny_policy(config: DecoderConfig = TINY, tokenizer: Tokenizer | None = None) -> Policy:
    return Policy(new_decoder(config, 0), tokenizer or ByteTokenizer(), "test")


def tiny_reward(config: DecoderConfig = TINY, tokenizer: Tokenizer | None = None) -> RewardModel:
    """A reward model whose head is not zero any more."""
    reward = build_reward_model(tiny_policy(config, tokenizer))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in reward.model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return reward


def hidden_of(model: Any, tokens: Tensor = TOKENS) -> Tensor:
    layout = Layout((len(tokens),))
    with torch.no_grad():
        hidden: Tensor = model(tokens, layout.positions(), PackedAttention(layout, torch.device("cpu")))
    return hidden


def score_of(reward: RewardModel, tokens: Tensor = TOKENS) -> float:
    with torch.no_grad():
        return float(reward.model.scores(hidden_of(reward.model, tokens)[-1]))


def test_the_head_is_drawn_by_its_seed_and_the_policy_is_left_alone() -> None:
    policy = tiny_policy(DecoderConfig(VOCAB, 1024, 1, 4, 2, 8, 48, 64))
    head = build_reward_model(policy).model.score.weight.detach()
    assert head.std().item() == pytest.approx(1025**-0.5, rel=0.1)
    assert head.equal(build_reward_model(policy, seed=0).model.score.weight)
    assert not head.equal(build_reward_model(policy, seed=1).model.score.weight)
    policy = tiny_policy()
    reward = build_reward_model(policy)
    assert torch.equal(hidden_of(reward.model), hidden_of(policy.model))
    with torch.no_grad():
        reward.model.model.norm.weight.add_(1.0)
    assert policy.model.get_parameter("model.norm.weight").detach()[0].item() == 1.0
    assert policy.model.get_parameter("lm_head.weight").shape == (VOCAB, 32)
    assert all(parameter.device.type == "cpu" for parameter in reward.model.parameters())


def test_parameter_names_are_those_of_the_hub() -> None:
    names = [name for name, _ in tiny_reward().model.named_parameters()]
    assert names[0] == "model.embed_tokens.weight"
    assert names[-1] == "score.weight"
    assert not any("lm_head" in name for name in names)


def test_what_we_save_transformers_opens_with_the_same_scores(family: str, make_hub_model: Any, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = decoder_config(make_hub_model(family, vocab_size=VOCAB).config.to_dict())
    assert config is not None
    reward = tiny_reward(config)
    reward.save(tmp_path)
    hub, found = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(found.values())  # nothing missing, nothing unexpected
    assert (type(hub).__name__, hub.config.num_labels) == (
        {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}[config.family]
        + "ForSequenceClassification",
        1,
    )
    short = TOKENS[:4]
    batch = torch.stack([TOKENS, torch.cat([short, torch.zeros(3, dtype=torch.long)])])  # padded on the right
    with torch.no_grad():
        theirs = hub(input_ids=batch, attention_mask=(batch != 0).long()).logits[:, 0]
    ours = torch.tensor([score_of(reward), score_of(reward, short)])
    assert ours.abs().min() > 0.01
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)
    again = load_reward_model(tmp_path)
    assert (score_of(again), score_of(again, short)) == (float(ours[0]), float(ours[1]))


def test_what_transformers_saves_opens_here(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    settings = transformers.AutoConfig.for_model(
        "llama", vocab_size=VOCAB, hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=4
    )
    settings.num_labels = 1
    hub = transformers.AutoModelForSequenceClassification.from_config(settings).eval()
    hub.save_pretrained(tmp_path)
    ByteTokenizer().save(tmp_path)
    with torch.no_grad():
        theirs = float(hub(input_ids=TOKENS[None]).logits[0, 0])
    assert score_of(load_reward_model(tmp_path)) == pytest.approx(theirs, abs=1e-5)


def test_two_labels_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tiny_reward().save(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    save_file(tensors | {"score.weight": torch.zeros(2, 32)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match=r"score.weight has shape \[2, 32\], config.json promises \[1, 32\]"):
        load_reward_model(tmp_path)


@pytest.mark.parametrize("tied", [True, False])
def test_body_and_head_for_a_critic_share_the_weights(tied: bool) -> None:
    reward = tiny_reward(DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64, tied=tied))
    body = reward.model.body
    assert torch.equal(hidden_of(body), hidden_of(reward.model))
    assert body.model is reward.model.model
    assert [name for name, _ in body.named_parameters() if not name.startswith("model.")] == []
    assert reward.model.score.weight.shape == (1, 32)


def test_the_head_stays_fp32_in_a_bf16_model(tmp_path: Path) -> None:
    policy = tiny_policy()
    policy.model.to(torch.bfloat16)
    reward = build_reward_model(policy)
    with torch.no_grad():
        reward.model.score.weight.fill_(1.0009765625)  # 1 + 2^-10, which bf16 cannot hold
    reward.save(tmp_path)
    again = load_reward_model(tmp_path, "bf16")
    assert again.model.dtype == torch.bfloat16
    assert again.model.score.weight.dtype == torch.float32
    assert again.model.score.weight.detach()[0, 0].item() == 1.0009765625
    assert json.loads((tmp_path / "config.json").read_text())["torch_dtype"] == "bfloat16"


def test_padding_stays_unnamed_where_it_is_the_stop_token(tmp_path: Path) -> None:
    class Ends(ByteTokenizer):
        pad_id = 4

    tiny_reward(tokenizer=Ends()).save(tmp_path / "one")
    tiny_reward().save(tmp_path / "two")
    named = [json.loads((tmp_path / name / "config.json").read_text()).get("pad_token_id") for name in ("one", "two")]
    assert named == [None, 0]


def test_a_reward_model_is_no_policy_and_a_policy_no_reward_model(tmp_path: Path) -> None:
    tiny_reward().save(tmp_path / "reward")
    tiny_policy().save(tmp_path / "policy")
    with pytest.raises(ModelError, match="scores answers and writes none"):
        load_policy(tmp_path / "reward")
    with pytest.raises(ModelError, match="not a reward model; train one"):
        load_reward_model(tmp_path / "policy")


def test_export_copies_it(tmp_path: Path) -> None:
    reward = tiny_reward()
    reward.save(tmp_path / "reward")
    export_model(str(tmp_path / "reward"), tmp_path / "copy")
    assert score_of(load_reward_model(tmp_path / "copy")) == score_of(reward)
    card = (tmp_path / "copy" / "README.md").read_text()
    assert "reward model of 23,904 parameters" in card  # the policy's 23,872 and 32 of the head


def test_other_architectures_are_refused() -> None:
    class Other:
        config = type("C", (), {"family": "gpt2"})

    policy: Any = Policy(Other(), ByteTokenizer(), "gpt2-folder")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match='"gpt2-folder" is of type gpt2, and reward models are made of llama'):
        build_reward_model(policy)


@pytest.mark.parametrize(
    ("mine", "other", "message"),
    [
        (CharTokenizer("abc"), CharTokenizer("abcd"), "8 ids and 9"),
        (CharTokenizer("abc"), CharTokenizer("abd"), "id 7 is 'c' and 'd'"),
    ],
)
def test_tokenizers_that_disagree_are_refused(mine: Tokenizer, other: Tokenizer, message: str) -> None:
    shape = DecoderConfig(16, 32, 1, 2, 2, 16, 48, 64)
    with pytest.raises(ModelError, match=f"different tokenizers: {message}"):
        require_same_tokenizer(tiny_reward(shape, mine), tiny_policy(shape, other))
    require_same_tokenizer(tiny_reward(shape, mine), tiny_policy(shape, mine))


def test_a_reward_decoder_is_built_without_a_vocabulary_head() -> None:
    assert not hasattr(RewardDecoder(TINY).lm_head, "weight")
