"""The decoder against transformers, family by family, and its own promises: packing and sharing change nothing."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from homeschool.models.decoder import (
    Decoder,
    DecoderConfig,
    RMSNorm,
    kv_bytes_per_token,
    parameter_groups,
    rope_frequencies,
    rotate,
    rotation_table,
    swiglu,
)
from homeschool.models.heads import build_critic
from homeschool.models.layout import Layout, PackedAttention
from homeschool.models.load import decoder_config, load_weights, new_decoder

CPU = torch.device("cpu")
TOLERANCE = 1e-4
VOCAB = 97
TINY = DecoderConfig(VOCAB, 32, 2, 4, 2, 8, 48, 64)

LAYOUTS = {
    "uneven trunks and branches": Layout((5, 1, 3), (2, 4, 1, 1, 3), (0, 0, 1, 2, 2)),
    "even": Layout((4, 4), (3, 3, 3, 3), (0, 0, 1, 1)),
    "groups of one": Layout((4, 2), (3, 2), (0, 1)),
    "a trunk without branches": Layout((2, 6, 3), (4, 2, 3), (0, 2, 2)),
}


def from_hub(hub: Any) -> Decoder:
    """Our decoder with the weights of a model of transformers."""
    config = decoder_config(hub.config.to_dict())
    assert config is not None
    model = Decoder(config)
    load_weights(model, ((name, tensor.detach().clone()) for name, tensor in hub.named_parameters()), "test")  # type: ignore[arg-type]
    return model


def random_decoder(config: DecoderConfig = TINY) -> Decoder:
    model = new_decoder(config, 0)
    generator = torch.Generator().manual_seed(1)
    for parameter in model.parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data += 0.3 * noise if parameter.dim() == 1 else noise * parameter.shape[-1] ** -0.5
    return model


def random_tokens(count: int) -> Tensor:
    return torch.randint(VOCAB, (count,), generator=torch.Generator().manual_seed(2))


def hidden_of(model: Decoder, layout: Layout, tokens: Tensor) -> Tensor:
    hidden: Tensor = model(tokens, layout.positions(), PackedAttention(layout, CPU))
    return hidden


def sequences_of(layout: Layout) -> list[list[int]]:
    """Packed indices of every trunk, and of every branch behind its trunk."""
    trunks = [list(range(start, start + n)) for start, n in zip(layout.trunk_starts, layout.trunks, strict=True)]
    branches = zip(layout.branch_starts, layout.branches, layout.parents, strict=True)
    return trunks + [trunks[parent] + list(range(start, start + n)) for start, n, parent in branches]


def alone(model: Decoder, tokens: Tensor) -> Tensor:
    """Hidden states of one sequence by itself."""
    return hidden_of(model, Layout((len(tokens),)), tokens)


def largest_gap(found: Iterable[Tensor], expected: Iterable[Tensor]) -> float:
    """Largest difference over all tensors, relative to the norm of the expected one."""
    pairs = list(zip(found, expected, strict=True))
    return max(float((a - b).norm() / b.norm().clamp(min=1e-12)) for a, b in pairs)


# --- transformers as the oracle ---


def test_logits_agree_with_transformers(family: str, make_hub_model: Callable[..., Any]) -> None:
    hub = make_hub_model(family)
    model = from_hub(hub)
    layout = Layout((40, 7), (9, 4, 24), (0, 0, 1))
    tokens = random_tokens(layout.total_tokens)
    with torch.no_grad():
        logits = model.logits(hidden_of(model, layout, tokens))
        gaps, sizes = [], []
        for places in sequences_of(layout):
            expected = hub(input_ids=tokens[places][None]).logits[0]
            gaps.append(float((logits[places] - expected).abs().max()))
            sizes.append(float(expected.abs().max()))
    assert max(sizes) > 1  # else small gaps would say little
    assert max(gaps) < TOLERANCE


def test_gradient_of_a_shared_prompt_batch_is_the_padded_gradient_of_transformers(
    family: str, make_hub_model: Callable[..., Any]
) -> None:
    """Two prompts, five answers, each answer token with a weight of its own: the loss of reinforcement learning."""
    hub = make_hub_model(family)
    model = from_hub(hub)
    layout = Layout((6, 3), (4, 2, 5, 3, 1), (0, 0, 0, 1, 1))
    tokens, weights = random_tokens(layout.total_tokens), torch.randn(sum(layout.branches))
    hidden = hidden_of(model, layout, tokens)
    logprobs = model.logits(hidden[layout.branch_predictors()]).log_softmax(-1)
    targets = tokens[layout.trunk_tokens :]
    (logprobs.gather(-1, targets[:, None]).squeeze(-1) * weights).sum().backward()

    rows = sequences_of(layout)[2:]
    padded = nn.utils.rnn.pad_sequence([tokens[row] for row in rows], batch_first=True)
    hub_logprobs = hub(input_ids=padded).logits.log_softmax(-1)
    loss = torch.zeros(())
    for number, row in enumerate(rows):
        prompt = layout.trunks[layout.parents[number]]
        answer = padded[number, prompt : len(row)]
        picked = hub_logprobs[number, prompt - 1 : len(row) - 1].gather(-1, answer[:, None]).squeeze(-1)
        start = sum(layout.branches[:number])
        loss = loss + (picked * weights[start : start + len(answer)]).sum()
    loss.backward()
    expected = dict(hub.named_parameters())
    ours = dict(model.named_parameters())
    assert ours.keys() == expected.keys()
    assert largest_gap((p.grad for p in ours.values()), (expected[name].grad for name in ours)) < TOLERANCE


def test_parameter_count_is_the_real_one(family: str, make_hub_model: Callable[..., Any]) -> None:
    hub = make_hub_model(family)
    config = decoder_config(hub.config.to_dict())
    assert config is not None
    assert config.num_parameters == hub.num_parameters()
    assert config.num_parameters == sum(parameter.numel() for parameter in Decoder(config).parameters())


def test_parameter_count_of_a_known_model() -> None:
    smollm2 = DecoderConfig(49152, 576, 30, 9, 3, 64, 1536, 8192, rope_theta=100_000.0)
    assert smollm2.num_parameters == 134_515_008


# --- packing and sharing ---


@pytest.mark.parametrize("name", LAYOUTS)
def test_shared_prompts_equal_repeated_prompts(name: str) -> None:
    """Forward and gradient; the repeated form computes every prompt again for each of its answers."""
    layout, model = LAYOUTS[name], random_decoder()
    tokens = random_tokens(layout.total_tokens)
    weights = torch.randn(layout.total_tokens, TINY.hidden_size)
    shared = hidden_of(model, layout, tokens)
    (shared * weights).sum().backward()
    shared_grads = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    model.zero_grad()
    loss = torch.zeros(())
    for number, places in enumerate(sequences_of(layout)):
        repeated = alone(model, tokens[places])
        torch.testing.assert_close(shared[places], repeated, rtol=1e-4, atol=1e-5)
        own = 0 if number < len(layout.trunks) else layout.trunks[layout.parents[number - len(layout.trunks)]]
        loss = loss + (repeated[own:] * weights[places[own:]]).sum()
    loss.backward()
    repeated_grads = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert largest_gap(shared_grads, repeated_grads) < 1e-5


def test_packed_sequences_equal_separate_sequences() -> None:
    layout, model = Layout((5, 1, 9, 3)), random_decoder()
    tokens = random_tokens(18)
    with torch.no_grad():
        packed = hidden_of(model, layout, tokens)
        for places in sequences_of(layout):
            torch.testing.assert_close(packed[places], alone(model, tokens[places]), rtol=1e-4, atol=1e-5)


def test_a_token_changes_only_what_follows_it_in_its_own_sequence() -> None:
    layout, model = Layout((4, 3), (3, 3, 2), (0, 0, 1)), random_decoder()
    tokens = random_tokens(layout.total_tokens)
    changed = tokens.clone()
    changed[8] = (changed[8] + 1) % VOCAB  # second token of the first branch of the first trunk
    with torch.no_grad():
        moved = (hidden_of(model, layout, tokens) != hidden_of(model, layout, changed)).any(-1)
    assert moved.nonzero().flatten().tolist() == [8, 9]


def test_checkpointing_changes_memory_and_nothing_else() -> None:
    layout, model = LAYOUTS["uneven trunks and branches"], random_decoder()
    tokens = random_tokens(layout.total_tokens)
    grads = []
    for checkpointing in (False, True):
        model.checkpointing = checkpointing
        model.zero_grad()
        hidden_of(model, layout, tokens).square().sum().backward()
        grads.append([parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None])
    assert all(torch.equal(plain, again) for plain, again in zip(*grads, strict=True))


def test_bf16_stays_near_fp32() -> None:
    layout, model = LAYOUTS["uneven trunks and branches"], random_decoder()
    tokens = random_tokens(layout.total_tokens)
    full = model.logits(hidden_of(model, layout, tokens)).detach()
    model.to(torch.bfloat16)
    assert model.dtype == torch.bfloat16
    half = model.logits(hidden_of(model, layout, tokens))
    assert half.dtype == torch.bfloat16
    assert largest_gap([half.detach().float()], [full]) < 0.02
    half.float().logsumexp(-1).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters() if parameter.grad is not None)


# --- parts ---


def test_plain_rotation_frequencies() -> None:
    config = replace(TINY, head_dim=8, rope_theta=10_000.0)
    torch.testing.assert_close(rope_frequencies(config), torch.tensor([1.0, 0.1, 0.01, 0.001]))


def test_llama3_scaling_stretches_only_the_slow_frequencies() -> None:
    """Turns within 8192 positions: 1304, 130, 13 and 1.3038; the last is between 1 and 4: a share of 0.10127 stays."""
    scaling = (("factor", 8.0), ("low_freq_factor", 1.0), ("high_freq_factor", 4.0))
    scaling += (("original_max_position_embeddings", 8192.0),)
    config = replace(TINY, head_dim=8, rope_theta=10_000.0, rope_scaling=scaling)
    torch.testing.assert_close(rope_frequencies(config), torch.tensor([1.0, 0.1, 0.01, 2.13611e-4]))
    slow = replace(
        config, rope_theta=1e12
    )  # frequencies 1, 1e-3, 1e-6, 1e-9: the last three turn less than once, or twice
    torch.testing.assert_close(rope_frequencies(slow)[2:], torch.tensor([1.25e-7, 1.25e-10]))


def test_rotation_keeps_lengths_and_only_distance_matters() -> None:
    config = replace(TINY, head_dim=8)
    query, key = torch.randn(2, 8)

    def score(first: int, second: int) -> float:
        cos, sin = rotation_table(config, torch.tensor([first, second]), torch.float32)
        turned = rotate(torch.stack([query, key])[:, None], cos, sin)
        torch.testing.assert_close(turned.norm(dim=-1).flatten(), torch.stack([query, key]).norm(dim=-1))
        return float(turned[0, 0] @ turned[1, 0])

    assert score(3, 1) == pytest.approx(score(50, 48), abs=1e-4)
    assert score(3, 1) != pytest.approx(score(3, 2), abs=1e-4)
    assert score(7, 7) == pytest.approx(float(query @ key), abs=1e-5)


def test_hand_written_gradients_are_right() -> None:
    gate, up = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(swiglu, (gate, up))
    heads = torch.randn(4, 2, 6, dtype=torch.float64, requires_grad=True)
    angles = torch.randn(4, 1, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: rotate(x, angles.cos(), angles.sin()), (heads,))


def test_swiglu_and_rotation_are_the_same_without_gradient() -> None:
    gate, up = torch.randn(2, 5, 3)
    heads, angles = torch.randn(4, 2, 6), torch.randn(4, 1, 3)
    with_gradient = swiglu(gate, up), rotate(heads, angles.cos(), angles.sin())
    with torch.no_grad():
        without = swiglu(gate, up), rotate(heads, angles.cos(), angles.sin())
    assert all(torch.equal(a, b) for a, b in zip(with_gradient, without, strict=True))


def test_swiglu_of_known_numbers() -> None:
    # silu(1) = 0.731059, silu(0) = 0
    assert swiglu(torch.tensor([1.0, 0.0]), torch.tensor([2.0, 5.0])).tolist() == pytest.approx([1.462117, 0.0])


def test_norm_of_known_numbers() -> None:
    # mean square of (3, 4) is 12.5, its root 3.535534
    assert RMSNorm(2, 0.0)(torch.tensor([3.0, 4.0])).tolist() == pytest.approx([0.848528, 1.131371])


def test_same_seed_same_weights() -> None:
    first, second, other = new_decoder(TINY, 3), new_decoder(TINY, 3), new_decoder(TINY, 4)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.model.embed_tokens.weight, other.model.embed_tokens.weight)


def test_fresh_weights_have_the_promised_spread() -> None:
    model = new_decoder(replace(TINY, hidden_size=128, mlp_size=256, qkv_bias=True), 0)
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    assert float(parameters["model.layers.0.mlp.up_proj.weight"].std()) == pytest.approx(0.02, rel=0.03)
    # two layers write to the residual stream four times: 0.02 / sqrt(4)
    assert float(parameters["model.layers.1.mlp.down_proj.weight"].std()) == pytest.approx(0.01, rel=0.03)
    assert not parameters["model.layers.0.self_attn.q_proj.bias"].any()
    assert torch.equal(parameters["model.norm.weight"], torch.ones(128))


def test_a_tied_head_is_the_embedding() -> None:
    model = random_decoder()
    assert model.lm_head.weight is model.model.embed_tokens.weight
    untied = random_decoder(replace(TINY, tied=False))
    assert untied.config.num_parameters - model.config.num_parameters == 97 * 32


def test_cache_bytes_of_a_token() -> None:
    # keys and values of 2 layers, 2 key heads, 8 numbers each
    assert kv_bytes_per_token(TINY, torch.float32) == 256
    assert kv_bytes_per_token(TINY, torch.bfloat16) == 128


def test_only_matrices_decay() -> None:
    decayed, kept = parameter_groups(Decoder(replace(TINY, qkv_bias=True)), 0.1)
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)
    assert {parameter.dim() for parameter in decayed["params"]} == {2}
    assert {parameter.dim() for parameter in kept["params"]} == {1}


def test_a_critic_starts_worthless_and_shares_nothing() -> None:
    model = random_decoder()
    critic = build_critic(model)
    layout = Layout((3,))
    hidden = critic(random_tokens(3), layout.positions(), PackedAttention(layout, CPU))
    assert critic.values(hidden).tolist() == [0, 0, 0]
    owned = {parameter.data_ptr() for parameter in model.parameters()}
    assert not owned & {parameter.data_ptr() for parameter in critic.parameters()}
    assert "body.lm_head.weight" not in dict(critic.named_parameters())


def test_the_norms_gradient_is_that_of_the_plain_composition() -> None:
    """Over the last dimension, whatever stands before it (the heads of Qwen3 have three dimensions)."""
    generator = torch.Generator().manual_seed(3)
    norm = RMSNorm(8, 1e-5)
    norm.weight.data = torch.randn(8, generator=generator)
    hidden = torch.randn(5, 3, 8, generator=generator, requires_grad=True)
    wanted = torch.randn(5, 3, 8, generator=generator)
    found = torch.autograd.grad((norm(hidden) * wanted).sum(), (hidden, norm.weight))
    plain = torch.nn.functional.rms_norm(hidden, (8,), norm.weight, 1e-5)
    expected = torch.autograd.grad((plain * wanted).sum(), (hidden, norm.weight))
    torch.testing.assert_close(norm(hidden), plain)
    torch.testing.assert_close(found, expected)


def test_the_norm_keeps_one_number_per_token_besides_its_input() -> None:
    norm = RMSNorm(64, 1e-5).bfloat16()
    hidden = torch.randn(10, 64).bfloat16().requires_grad_()
    kept: list[int] = []

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in (hidden.data_ptr(), norm.weight.data_ptr()):
            kept.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        norm(hidden)
    assert kept == [10]
