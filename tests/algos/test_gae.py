"""Generalised advantage estimation: by hand, against the plain loop, and where rows end."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from homeschool.algos.gae import gae, length_adaptive_lambda


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def loop(
    rewards: Tensor, values: Tensor, finals: Tensor, lengths: Tensor, gamma: float, lambdas: Tensor
) -> tuple[Tensor, Tensor]:
    """The oracle: the recursion of the paper, one row and one token at a time."""
    advantages, returns = torch.zeros_like(rewards), torch.zeros_like(rewards)
    for row in range(len(rewards)):
        ahead, next_value = 0.0, float(finals[row])
        for t in reversed(range(int(lengths[row]))):
            delta = float(rewards[row, t]) + gamma * next_value - float(values[row, t])
            ahead = delta + gamma * float(lambdas[row]) * ahead
            advantages[row, t], next_value = ahead, float(values[row, t])
            returns[row, t] = ahead + next_value
    return advantages, returns


def test_by_hand() -> None:
    # gamma 0.5, lambda 0.5, rewards 0 0 4, values 1 2 3, the episode ends:
    # delta = 0 + 1 - 1 = 0; 0 + 1.5 - 2 = -0.5; 4 - 3 = 1; A2 = 1, A1 = -0.5 + 0.25 = -0.25, A0 = 0 - 0.0625.
    found, returns = gae(tensor(0, 0, 4)[None], tensor(1, 2, 3)[None], tensor(0), torch.tensor([3]), 0.5, 0.5)
    assert found.tolist() == [[-0.0625, -0.25, 1]]
    assert returns.tolist() == [[0.9375, 1.75, 4]]


def test_lambda_one_is_reward_to_go_minus_value() -> None:
    rewards, values = tensor(1, 2, 3)[None], tensor(0.5, 0.25, 8)[None]
    found, returns = gae(rewards, values, tensor(0), torch.tensor([3]), 1.0, 1.0)
    assert returns.tolist() == [[6, 5, 3]]
    assert found.tolist() == [[5.5, 4.75, -5]]


def test_lambda_zero_looks_one_token_ahead() -> None:
    # r + 0.5 * next value - value: 1 + 1 - 4, 2 + 3 - 2, 3 + 0.5 * 10 - 6.
    found, _ = gae(tensor(1, 2, 3)[None], tensor(4, 2, 6)[None], tensor(10), torch.tensor([3]), 0.5, 0.0)
    assert found.tolist() == [[-2, 3, 2]]


def test_a_truncated_row_bootstraps_and_a_finished_one_does_not() -> None:
    nothing = torch.zeros(2, 2, dtype=torch.float64)
    found, returns = gae(nothing, nothing, tensor(0, 10), torch.tensor([2, 2]), 0.5, 1.0)
    assert found.tolist() == [[0, 0], [2.5, 5]]
    assert returns.tolist() == [[0, 0], [2.5, 5]]


def test_a_lambda_for_each_row_is_that_lambda_in_each_row() -> None:
    # The same row three times, all deltas 1: with lambda 0, 0.5 and 1 the first token sees 1, 1.75 and 3 of them.
    rewards, values = torch.ones(3, 3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)
    found, _ = gae(rewards, values, tensor(0, 0, 0), torch.tensor([3, 3, 3]), 1.0, tensor(0, 0.5, 1))
    assert found.tolist() == [[1, 1, 1], [1.75, 1.5, 1], [3, 2, 1]]


def test_decoupled_lambdas_share_deltas_and_differ_in_reach() -> None:
    """Policy with lambda 0, critic with lambda 1: the critic's target does not read the critic."""
    rewards, values = tensor(0, 0, 6)[None], tensor(9, 7, 5)[None]
    ends = tensor(0), torch.tensor([3])
    policy, _ = gae(rewards, values, *ends, 1.0, 0.0)
    _, target = gae(rewards, values, *ends, 1.0, 1.0)
    assert policy.tolist() == [[-2, -2, 1]]
    assert target.tolist() == [[6, 6, 6]]


def test_padding_is_not_read_even_when_it_is_not_a_number() -> None:
    nan = torch.nan
    rewards, values = tensor(1, 2, nan, nan)[None], tensor(3, 4, nan, nan)[None]
    padded, returns = gae(rewards, values, tensor(5), torch.tensor([2]), 0.5, 0.5)
    # delta = 1 + 2 - 3 = 0; 2 + 2.5 - 4 = 0.5.
    assert padded.tolist() == [[0.125, 0.5, 0, 0]]
    assert returns.tolist() == [[3.125, 4.5, 0, 0]]


def test_a_row_without_tokens_has_no_advantage() -> None:
    found, returns = gae(torch.ones(2, 2), torch.ones(2, 2), torch.ones(2), torch.tensor([0, 2]), 1.0, 1.0)
    assert found.tolist() == [[0, 0], [2, 1]] and returns.tolist() == [[0, 0], [3, 2]]


@given(
    lengths=st.lists(st.integers(0, 19), min_size=1, max_size=4),
    gamma=st.floats(0, 1),
    lambdas=st.lists(st.floats(0, 1), min_size=4, max_size=4),
    seed=st.integers(0, 9),
)
def test_doubling_agrees_with_the_loop(lengths: list[int], gamma: float, lambdas: list[float], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(*lengths, 1))
    rewards, values = torch.randn(2, *shape, dtype=torch.float64, generator=generator)
    finals = torch.randn(len(lengths), dtype=torch.float64, generator=generator)
    per_row = tensor(*lambdas[: len(lengths)])
    found = gae(rewards, values, finals, torch.tensor(lengths), gamma, per_row)
    wanted = loop(rewards, values, finals, torch.tensor(lengths), gamma, per_row)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_length_adaptive_lambda() -> None:
    # alpha 0.05: 20 tokens are the shortest that look ahead at all; 100 tokens give 1 - 1/5.
    found = length_adaptive_lambda(torch.tensor([100, 1000, 20, 5, 0]), alpha=0.05)
    assert found.tolist() == pytest.approx([0.8, 0.98, 0, 0, 0], abs=1e-6)


def test_length_adaptive_lambda_reaches_alpha_times_the_length() -> None:
    """The weights of the deltas, 1 + lambda + lambda^2 + ..., sum to alpha * length."""
    lambda_ = length_adaptive_lambda(torch.tensor([400]), alpha=0.05).double()
    assert float((lambda_ ** torch.arange(5000)).sum()) == pytest.approx(20, rel=1e-3)
