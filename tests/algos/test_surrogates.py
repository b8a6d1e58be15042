"""Surrogates: values and gradients worked out by hand, and what holds for all of them."""

import math
from dataclasses import dataclass
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from homeschool.algos.columns import Aggregation
from homeschool.algos.losses import token_weights
from homeschool.algos.ratios import RATIOS, token_ratio
from homeschool.algos.surrogates import (
    SURROGATES,
    Surrogate,
    Tokens,
    clip,
    divergence_mask,
    logprob,
    soft_gate,
    stop_gradient,
)


@dataclass(frozen=True)
class Limits:
    clip_low: float = 0.2
    clip_high: float = 0.3
    dual_clip: float = 0.0
    gate_positive: float = 2.0
    gate_negative: float = 4.0
    divergence: float = 0.15


LIMITS = Limits()


def tokens_at(ratios: list[float], advantages: list[float], old: float = -3.0) -> tuple[Tokens, Tensor]:
    """Tokens that have become ``ratios`` times as likely, and their log-probabilities as the leaf of the gradient."""
    old_logprobs = torch.full((len(ratios),), old, dtype=torch.float64)
    logprobs = (old_logprobs + torch.tensor(ratios, dtype=torch.float64).log()).requires_grad_()
    ratio = token_ratio(logprobs, old_logprobs, torch.zeros(len(ratios), dtype=torch.long))
    return Tokens(logprobs, old_logprobs, ratio, torch.tensor(advantages, dtype=torch.float64)), logprobs


def gradient(found: Surrogate, logprobs: Tensor) -> list[float]:
    (grad,) = torch.autograd.grad(found.loss.sum(), logprobs)
    return list(grad.tolist())


def test_the_clip_stops_the_gain_on_the_side_of_the_advantage_only() -> None:
    tokens, logprobs = tokens_at([1.5, 0.5, 1.5, 0.5, 1.1], [1, 1, -1, -1, 2])
    found = clip(tokens, LIMITS)
    assert found.loss.tolist() == pytest.approx([-1.3, -0.5, 1.5, 0.8, -2.2])
    assert found.limited.tolist() == [1, 0, 0, 1, 0]
    # Where it acts there is no gradient; elsewhere it is -ratio * A.
    assert gradient(found, logprobs) == pytest.approx([0, -0.5, 1.5, 0, -2.2])


def test_dual_clip_lets_go_of_a_bad_token_that_has_become_far_likelier() -> None:
    tokens, logprobs = tokens_at([5, 2, 5, 0.5], [-2, -2, 1, -1])
    found = clip(tokens, Limits(dual_clip=3.0))
    assert found.loss.tolist() == pytest.approx([6, 4, -1.3, 0.8])
    assert found.limited.tolist() == [1, 0, 1, 1]
    assert gradient(found, logprobs) == pytest.approx([0, 4, 0, 0])
    assert clip(tokens, LIMITS).loss.tolist() == pytest.approx([10, 4, -1.3, 0.8])


def test_stop_gradient_caps_the_weight_and_keeps_every_token() -> None:
    tokens, logprobs = tokens_at([2.6, 0.5, 2.6], [2, -1, -1], old=-3)
    found = stop_gradient(tokens, LIMITS)
    # Weights 1.3, 0.5, 1.3; the gradient is -weight * A alone: the ratio is a constant.
    assert gradient(found, logprobs) == pytest.approx([-2.6, 0.5, 1.3])
    log = math.log
    assert found.loss.tolist() == pytest.approx([-2.6 * (log(2.6) - 3), 0.5 * (log(0.5) - 3), 1.3 * (log(2.6) - 3)])
    assert found.limited.tolist() == pytest.approx([0.5, 0, 0.5])


def test_stop_gradient_of_a_token_that_has_become_impossible_is_a_number() -> None:
    nothing = torch.zeros(1)
    found = stop_gradient(Tokens(torch.tensor([-1e4]), nothing, nothing, torch.ones(1)), LIMITS)
    assert found.loss.tolist() == [0] and found.limited.tolist() == [0]


def test_soft_gate_by_hand() -> None:
    # sigmoid(2 * 0.5) = 0.7310586 for the good token, sigmoid(4 * -0.5) = 0.1192029 for the bad one.
    tokens, logprobs = tokens_at([1.5, 0.5], [3, -1])
    found = soft_gate(tokens, LIMITS)
    assert found.loss.tolist() == pytest.approx([-2 * 0.7310586 * 3, 0.1192029])
    # Slopes 4 p (1 - p): 0.7864477 and 0.4199744; times ratio and -A.
    assert gradient(found, logprobs) == pytest.approx([-1.5 * 0.7864477 * 3, 0.5 * 0.4199744], rel=1e-6)
    assert found.limited.tolist() == pytest.approx([1 - 0.7864477, 1 - 0.4199744], rel=1e-6)


def test_soft_gate_counts_a_zero_advantage_among_the_bad_and_gives_it_nothing() -> None:
    tokens, logprobs = tokens_at([1.5], [0])
    found = soft_gate(tokens, LIMITS)
    assert found.loss.tolist() == [0] and gradient(found, logprobs) == [0]
    # sigmoid(4 * 0.5) = 0.8807971
    assert found.limited.tolist() == pytest.approx([1 - 4 * 0.8807971 * 0.1192029], rel=1e-6)


def test_divergence_mask_takes_tokens_that_moved_far_and_would_move_further() -> None:
    # From a probability of 0.5: to 0.7 and 0.3, with both signs; 0.6 has not moved far.
    tokens, logprobs = tokens_at([1.4, 1.4, 0.6, 0.6, 1.2], [1, -1, 1, -1, 1], old=math.log(0.5))
    found = divergence_mask(tokens, LIMITS)
    assert found.limited.tolist() == [1, 0, 0, 1, 0]
    assert found.loss.tolist() == pytest.approx([0, 1.4, -0.6, 0, -1.2])
    assert gradient(found, logprobs) == pytest.approx([0, 1.4, -0.6, 0, -1.2])


def test_divergence_mask_lets_a_rare_token_grow_that_a_clip_would_stop() -> None:
    tokens, _ = tokens_at([5], [1], old=math.log(0.01))
    assert divergence_mask(tokens, LIMITS).loss.tolist() == pytest.approx([-5])
    assert clip(tokens, LIMITS).limited.tolist() == [1]


def test_divergence_mask_of_an_infinite_loss_is_zero() -> None:
    sure, impossible = torch.zeros(1), torch.tensor([-1e4])
    found = divergence_mask(Tokens(sure, impossible, torch.tensor([torch.inf]), torch.ones(1)), LIMITS)
    assert found.loss.tolist() == [0]


def test_logprob_raises_good_tokens_without_limit() -> None:
    tokens, logprobs = tokens_at([1, 9], [3, -1], old=-1)
    found = logprob(tokens, LIMITS)
    assert found.loss.tolist() == pytest.approx([3, math.log(9) - 1])
    assert gradient(found, logprobs) == pytest.approx([-3, 1])
    assert found.limited.tolist() == [0, 0]


@pytest.mark.parametrize("ratio", ["token", "sequence"])
@pytest.mark.parametrize("name", list(SURROGATES))
def test_on_policy_every_surrogate_is_the_policy_gradient(name: str, ratio: str) -> None:
    rows = torch.tensor([0, 0, 1])
    logprobs = torch.tensor([-1.0, -2.0, -0.5], requires_grad=True)
    advantages = torch.tensor([2.0, 2.0, -1.0])
    tokens = Tokens(logprobs, logprobs.detach(), RATIOS[ratio](logprobs, logprobs.detach(), rows), advantages)
    found = SURROGATES[name](tokens, LIMITS)
    assert gradient(found, logprobs) == pytest.approx([-2, -2, 1])
    assert found.limited.tolist() == [0, 0, 0]


numbers = st.floats(-3, 3)


@given(
    name=st.sampled_from(list(SURROGATES)),
    moves=st.lists(numbers, min_size=4, max_size=4),
    advantages=st.lists(numbers, min_size=4, max_size=4),
    dual_clip=st.sampled_from([0.0, 2.0]),
)
def test_limited_is_the_share_of_the_gradient_that_the_limit_took(
    name: str, moves: list[float], advantages: list[float], dual_clip: float
) -> None:
    """For every surrogate of the ratio: gradient = (1 - limited) * -ratio * A, with limited in [0, 1]."""
    tokens, logprobs = tokens_at([math.exp(move) for move in moves], advantages, old=-4.0)
    found = SURROGATES[name](tokens, Limits(dual_clip=dual_clip))
    assert ((found.limited >= 0) & (found.limited <= 1)).all()
    plain = -tokens.advantages if name == "logprob" else -tokens.advantages * tokens.ratio.detach()
    wanted = (1 - found.limited.double()) * plain
    assert gradient(found, logprobs) == pytest.approx(wanted.tolist(), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", list(SURROGATES))
@pytest.mark.parametrize("ratio", list(RATIOS))
@pytest.mark.parametrize("aggregation", get_args(Aggregation))
def test_any_split_by_rows_gives_the_same_gradient(name: str, ratio: str, aggregation: Aggregation) -> None:
    rows = torch.tensor([0, 0, 0, 1, 2, 2])
    generator = torch.Generator().manual_seed(3)
    now, old, advantages = torch.randn(3, 6, dtype=torch.float64, generator=generator)
    weights = token_weights(rows, num_rows=4, aggregation=aggregation, max_length=5)

    def gradient_of(parts: list[list[int]]) -> Tensor:
        logprobs = (now - 3).requires_grad_()
        for chosen in parts:
            part = torch.tensor([row in chosen for row in rows.tolist()])
            local = torch.unique(rows[part], return_inverse=True)[1]
            mine, before = logprobs[part], (old - 3)[part]
            tokens = Tokens(mine, before, RATIOS[ratio](mine, before, local), advantages[part])
            loss = (SURROGATES[name](tokens, LIMITS).loss * weights[part]).sum()
            if loss.requires_grad:
                loss.backward()
        return torch.zeros(6).double() if logprobs.grad is None else logprobs.grad

    whole = gradient_of([[0, 1, 2]])
    for split in ([[0], [1], [2]], [[2, 0], [1]]):
        torch.testing.assert_close(gradient_of(split), whole, rtol=1e-12, atol=0)


def test_nothing_costs_nothing() -> None:
    none = torch.zeros(0)
    for surrogate in SURROGATES.values():
        found = surrogate(Tokens(none, none, none, none), LIMITS)
        assert found.loss.tolist() == [] and found.limited.tolist() == []
