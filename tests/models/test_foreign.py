"""Architectures that run through transformers: the same numbers, packed and saved as if they were ours."""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from homeschool.algos.table import algorithm
from homeschool.config import OptimConfig
from homeschool.errors import ModelError
from homeschool.models.foreign import ForeignModel, check_forward, load_foreign, unfold
from homeschool.models.heads import SharedCritic, build_critic
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import Policy, load_policy
from homeschool.text import ByteTokenizer
from homeschool.train.batch import TrainBatch
from homeschool.train.critics import add_values
from homeschool.train.forward import batch_logprobs, batch_values
from homeschool.train.learner import build_learner
from homeschool.train.update import update, update_on_text

pytest.importorskip("transformers")

CPU = torch.device("cpu")
VOCAB = ByteTokenizer().vocab_size
OTHERS: dict[str, dict[str, Any]] = {
    "gpt_neox": {},
    "gpt2": {"tie_word_embeddings": True},
    "phi": {},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 16},
    "bloom": {},
    "gemma2": {"head_dim": 8, "sliding_window": 4, "final_logit_softcapping": 0.5, "hidden_activation": "gelu"},
    "cohere": {"logit_scale": 0.25},
    "granite": {"logits_scaling": 3.0, "embedding_multiplier": 2.0},
    "mistral": {"head_dim": 8, "sliding_window": 4},
    "qwen2_moe": {"num_experts": 4, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16},
}
LAYOUT = Layout((6, 3, 2), (4, 2, 5, 3, 1), (0, 0, 0, 1, 1))


@pytest.fixture
def make_model(make_hub_model: Callable[..., Any]) -> Callable[..., ForeignModel]:
    def make(name: str = "gpt_neox", **settings: Any) -> ForeignModel:
        return ForeignModel(make_hub_model(name, **{"vocab_size": VOCAB} | OTHERS.get(name, {}) | settings))

    return make


def random_tokens(count: int) -> Tensor:
    return torch.randint(VOCAB, (count,), generator=torch.Generator().manual_seed(2))


def sequences_of(layout: Layout) -> list[list[int]]:
    """Packed indices of every trunk, and of every branch behind its trunk."""
    trunks = [list(range(start, start + n)) for start, n in zip(layout.trunk_starts, layout.trunks, strict=True)]
    branches = zip(layout.branch_starts, layout.branches, layout.parents, strict=True)
    return trunks + [trunks[parent] + list(range(start, start + n)) for start, n, parent in branches]


def test_unfolding_of_a_small_batch() -> None:
    """Trunks of 2 and 1; two branches on the first, of 2 and 1, and none on the second."""
    source, slots = unfold(Layout((2, 1), (2, 1), (0, 0)))
    assert source.tolist() == [[2, 0, 0, 0], [0, 1, 3, 4], [0, 1, 5, 0]]
    assert slots.tolist() == [4, 5, 0, 6, 7, 10]


@pytest.mark.parametrize("name", OTHERS)
def test_packed_logits_are_those_of_the_model_itself(name: str, make_model: Callable[..., ForeignModel]) -> None:
    model = make_model(name)
    tokens = random_tokens(LAYOUT.total_tokens)
    with torch.no_grad():
        logits = model.logits(model(tokens, LAYOUT.positions(), PackedAttention(LAYOUT, CPU)))
        for places in sequences_of(LAYOUT):
            expected = model.causal(input_ids=tokens[places][None]).logits[0]
            torch.testing.assert_close(logits[places], expected, rtol=0, atol=1e-5)
    assert logits.abs().max() > 0.1
    check_forward(model, name)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", ["gpt_neox", "gpt2", "gemma2"])
def test_training_gradient_is_that_of_plain_transformers(
    name: str, checkpointing: bool, make_model: Callable[..., ForeignModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mean cross-entropy of five answers to three prompts, in two micro-batches, against a padded batch with labels."""
    model = make_model(name)
    rows, prompts = [[5, 6, 7], [8, 9], [10], [11, 12, 13, 14], [15, 16]], [[20, 21, 22], [23], [24, 25]]
    groups = [0, 0, 0, 1, 2]
    batch = TrainBatch(
        prefixes=tuple(map(tuple, prompts)),
        groups=torch.tensor(groups),
        lengths=torch.tensor([len(row) for row in rows]),
        tokens=torch.tensor([token for row in rows for token in row]),
        loss_mask=torch.tensor([token != 12 for row in rows for token in row]),
    )
    policy = Policy(model, ByteTokenizer(), "test")
    learner = build_learner(policy, OptimConfig(micro_tokens=9, checkpointing=checkpointing))
    grads: dict[str, Tensor] = {}

    def record(rate: float) -> float:
        grads.update({key: parameter.grad.clone() for key, parameter in model.named_parameters()})  # type: ignore[union-attr]
        return 0.0

    monkeypatch.setattr(learner.optimizer, "step", record)
    update_on_text(learner, batch, 0, 1)

    hub = copy.deepcopy(model.causal)
    hub.zero_grad()
    whole = [torch.tensor(prompts[group] + row) for group, row in zip(groups, rows, strict=True)]
    labels = [torch.tensor([-100] * len(prompts[group]) + row) for group, row in zip(groups, rows, strict=True)]
    padded = nn.utils.rnn.pad_sequence(whole, batch_first=True)
    targets = nn.utils.rnn.pad_sequence(labels, batch_first=True, padding_value=-100)
    targets[targets == 12] = -100
    hub(input_ids=padded, labels=targets).loss.backward()
    assert grads.keys() == dict(hub.named_parameters()).keys()
    for key, parameter in hub.named_parameters():
        assert (grads[key] - parameter.grad).norm() <= 1e-4 * parameter.grad.norm() + 1e-7, key


def test_parameters_have_their_hugging_face_names(make_model: Callable[..., ForeignModel], tmp_path: Path) -> None:
    model = make_model("gpt_neox")
    names = [name for name, _ in model.named_parameters()]
    assert names == [name for name, _ in model.causal.named_parameters()]
    assert "gpt_neox.layers.1.attention.query_key_value.weight" in names
    assert model.config.num_parameters == sum(parameter.numel() for parameter in model.parameters())
    assert (model.config.vocab_size, model.config.hidden_size, model.config.max_positions) == (VOCAB, 32, 64)
    assert (model.config.num_layers, model.config.family) == (2, "gpt_neox")


def test_a_context_that_is_not_stated(make_model: Callable[..., ForeignModel]) -> None:
    assert make_model("bloom", max_position_embeddings=None).config.max_positions == 2048


@pytest.mark.parametrize("name", ["gpt_neox", "gpt2", "gemma2", "qwen2_moe"])
def test_folders_to_and_fro(name: str, make_model: Callable[..., ForeignModel], tmp_path: Path) -> None:
    first = Policy(make_model(name), ByteTokenizer(), "test")
    first.save(tmp_path / "one")
    second = load_policy(tmp_path / "one")
    assert isinstance(second.model, ForeignModel)
    for parameter in second.model.parameters():
        parameter.data.mul_(1.5)
    second.save(tmp_path / "two")
    third = load_policy(tmp_path / "two")
    for (key, a), (other, b) in zip(second.model.named_parameters(), third.model.named_parameters(), strict=True):
        assert key == other
        assert torch.equal(a, b)
    assert third.model.config == first.model.config
    assert (
        f"A {name}-type language model of {first.model.config.num_parameters:,} parameters"
        in (tmp_path / "two" / "README.md").read_text()
    )


def test_saving_does_not_invent_stop_tokens(make_model: Callable[..., ForeignModel], tmp_path: Path) -> None:
    """A generation_config.json of the library's own would name one, and the next run would stop at it."""
    model = make_model("gpt_neox")
    assert model.causal.generation_config.eos_token_id == 2
    model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_bf16(make_model: Callable[..., ForeignModel], tmp_path: Path) -> None:
    Policy(make_model("gpt_neox"), ByteTokenizer(), "test").save(tmp_path)
    model = load_policy(tmp_path, "bf16").model
    assert (model.dtype, model.device.type) == (torch.bfloat16, "cpu")
    layout = Layout((5,))
    assert model(random_tokens(5), layout.positions(), PackedAttention(layout, CPU)).dtype == torch.bfloat16


def test_copies_are_independent_and_critics_work(make_model: Callable[..., ForeignModel]) -> None:
    """What PPO needs: a frozen reference and a critic of its own."""
    policy = Policy(make_model("gpt_neox"), ByteTokenizer(), "test")
    learner = build_learner(policy, OptimConfig(), critic_optim=OptimConfig(), with_reference=True)
    assert learner.reference is not None
    assert learner.critic is not None
    batch = TrainBatch(
        prefixes=((3, 4),),
        groups=torch.tensor([0, 0]),
        lengths=torch.tensor([2, 3]),
        tokens=torch.tensor([5, 6, 7, 8, 9]),
        loss_mask=torch.ones(5, dtype=torch.bool),
    )
    before = batch_logprobs(learner.reference, batch, 100, 1.0)
    assert torch.equal(batch_logprobs(policy.model, batch, 100, 1.0), before)
    update_on_text(learner, batch, 0, 1)
    assert torch.equal(batch_logprobs(learner.reference, batch, 100, 1.0), before)
    assert not torch.equal(batch_logprobs(policy.model, batch, 100, 1.0), before)
    values, final_values = batch_values(learner.critic, batch, 100)
    assert values.tolist() == [0.0] * 5
    assert final_values.tolist() == [0.0] * 2
    assert not any("embed_out" in name or "lm_head" in name for name, _ in learner.critic.named_parameters())


def test_a_value_head_sits_on_a_foreign_policy_too(make_model: Callable[..., ForeignModel]) -> None:
    """One step of PPO with a shared trunk: the head learns, and its loss reaches the model."""
    policy = Policy(make_model("gpt_neox"), ByteTokenizer(), "test")
    algo = algorithm("ppo", {"critic": "shared", "epochs": 1, "kl_in": "none", "kl_coef": 0.0})
    learner = build_learner(policy, OptimConfig(grad_clip=0.0), critic_optim=OptimConfig(), critic="shared")
    batch = TrainBatch(
        prefixes=((3, 4),),
        groups=torch.tensor([0, 0]),
        lengths=torch.tensor([2, 3]),
        tokens=torch.tensor([5, 6, 7, 8, 9]),
        loss_mask=torch.ones(5, dtype=torch.bool),
        finished=torch.tensor([True, True]),
        advantages=torch.zeros(5),
        returns=torch.ones(5),
    )
    assert isinstance(learner.critic, SharedCritic)
    learner.critic.value_head.weight.data.fill_(0.1)
    batch = add_values(learner, batch, algo, 1.0)
    before = [parameter.clone() for parameter in (*policy.model.parameters(), *learner.critic.parameters())]
    update(learner, batch, algo, step=0, total_steps=1, seed=0, max_length=3, temperature=1.0)
    after = [*policy.model.parameters(), *learner.critic.parameters()]
    # No advantage is anything but 0, so whatever moved was moved by the critic.
    assert sum(not torch.equal(old, new) for old, new in zip(before, after, strict=True)) > len(before) / 2


@pytest.mark.parametrize("name", OTHERS)
def test_a_critic_of_any_architecture_has_the_body_and_not_the_head(
    name: str, make_model: Callable[..., ForeignModel]
) -> None:
    model = make_model(name)
    critic = build_critic(model)
    layout, tokens = Layout((5,)), random_tokens(5)
    read = [part(tokens, layout.positions(), PackedAttention(layout, CPU)) for part in (critic, model)]
    assert torch.equal(*read)
    head = model.causal.get_output_embeddings()
    tied = head.weight is model.causal.get_input_embeddings().weight
    own = 0 if tied else sum(parameter.numel() for parameter in head.parameters())
    theirs = sum(parameter.numel() for parameter in model.parameters())
    assert sum(parameter.numel() for parameter in critic.body.parameters()) == theirs - own


def test_a_part_of_a_foreign_model_is_refused_as_critic(make_model: Callable[..., ForeignModel]) -> None:
    policy = Policy(make_model("gpt_neox"), ByteTokenizer(), "test")
    with pytest.raises(ModelError, match=r"critic_layers is 1, but gpt_neox models .* set rl.critic_layers 0"):
        build_learner(policy, OptimConfig(), critic_optim=OptimConfig(), critic_layers=1)


def test_dropout_stays_off(make_model: Callable[..., ForeignModel]) -> None:
    model = make_model("gpt2", resid_pdrop=0.5, attn_pdrop=0.5, embd_pdrop=0.5)
    model.checkpointing = True
    tokens = random_tokens(LAYOUT.total_tokens)
    first, second = (model(tokens, LAYOUT.positions(), PackedAttention(LAYOUT, CPU)) for _ in range(2))
    assert torch.equal(first, second)


# --- refusals ---


@pytest.fixture
def folder(make_model: Callable[..., ForeignModel], tmp_path: Path) -> Path:
    Policy(make_model("gpt_neox"), ByteTokenizer(), "test").save(tmp_path)
    return tmp_path


def edit_config(folder: Path, **settings: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def test_without_the_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r"runs through transformers, .* pip install 'homeschool\[hf\]'"):
        load_policy(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_type": "nobody_knows"}, "cannot be opened by transformers: .*nobody_knows"),
        ({"num_hidden_layers": 3}, r"weights are missing, the first is gpt_neox\.layers\.2\."),
        ({"hidden_size": 40}, "cannot be opened by transformers"),
        ({"is_encoder_decoder": True}, "an encoder-decoder"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "quantised weights, which cannot be trained"),
    ],
)
def test_folders_that_cannot_be_used(folder: Path, settings: dict[str, Any], message: str) -> None:
    edit_config(folder, **settings)
    with pytest.raises(ModelError, match=message):
        load_policy(folder)


def test_damaged_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match="damaged or cut short"):
        load_policy(folder)


def test_code_in_a_folder_is_never_run(folder: Path, tmp_path: Path) -> None:
    edit_config(
        folder, model_type="own_code", auto_map={"AutoModelForCausalLM": "own.Model", "AutoConfig": "own.Config"}
    )
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(ModelError, match="cannot be opened by transformers"):
        load_foreign(folder, torch.float32, "cpu")
    assert not (tmp_path / "ran").exists()


def test_a_model_that_looks_ahead_is_refused(make_hub_model: Callable[..., Any]) -> None:
    model = ForeignModel(make_hub_model("bert", is_decoder=False))
    with pytest.raises(ModelError, match=r"test \(bert\) computes other logits from packed sequences than by itself"):
        check_forward(model, "test")


def test_a_head_that_does_something_unknown_is_refused(
    make_model: Callable[..., ForeignModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model("gpt_neox")
    plain = model.causal.forward

    def warmer(**inputs: Any) -> Any:
        out = plain(**inputs)
        out.logits = out.logits * 1.1
        return out

    monkeypatch.setattr(model.causal, "forward", warmer)
    with pytest.raises(ModelError, match=r"relative gap 9\.1e-02, tolerated 1e-03"):
        check_forward(model, "test")


def test_architectures_that_cannot_checkpoint(make_model: Callable[..., ForeignModel]) -> None:
    model = make_model("gpt_neox")
    type(model.causal).supports_gradient_checkpointing, kept = False, type(model.causal).supports_gradient_checkpointing
    try:
        with pytest.raises(ModelError, match=r"gpt_neox: .*does not support.* Set optim\.checkpointing to false"):
            model.checkpointing = True
    finally:
        type(model.causal).supports_gradient_checkpointing = kept
