"""Advantages: numbers worked out by hand, and properties where exactness is the point."""

import pytest
import torch
from torch import Tensor

from homeschool.algos import advantages


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


GROUPS = torch.tensor([0, 0, 0, 0, 1, 1])
REWARDS = tensor(1, 0, 0, 1, 3, 3)


def test_group_mean_compares_within_the_group() -> None:
    found = advantages.group_mean(tensor(70, 80, 60, 5, 7), torch.tensor([0, 0, 0, 1, 1]))
    assert found.tolist() == [0, 10, -10, -1, 1]


def test_group_standardized_divides_by_the_sample_deviation() -> None:
    # Deviations from the mean 0.5 are 0.5 each; four squares of 0.25 over 3 give a variance of 1/3.
    found = advantages.group_standardized(REWARDS, GROUPS, epsilon=0.0)
    assert found[:4].tolist() == pytest.approx([0.8660254, -0.8660254, -0.8660254, 0.8660254])


def test_a_constant_group_and_a_group_of_one_earn_nothing() -> None:
    alone = torch.tensor([0])
    for estimator in advantages.GROUP_ESTIMATORS.values():
        assert estimator(REWARDS, GROUPS)[4:].tolist() == [0, 0]
        assert estimator(tensor(5), alone).tolist() == [0]


def test_leave_one_out_is_the_mean_of_the_others() -> None:
    found = advantages.leave_one_out(tensor(1, 2, 6), torch.tensor([0, 0, 0]))
    assert found.tolist() == [-3, -1.5, 4.5]


def test_leave_one_out_is_centred_times_n_over_n_minus_one() -> None:
    rewards = torch.randn(7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    groups = torch.tensor([0, 0, 0, 0, 0, 1, 1])
    scale = torch.tensor([5 / 4] * 5 + [2 / 1] * 2, dtype=torch.float64)
    assert torch.allclose(advantages.leave_one_out(rewards, groups), scale * advantages.group_mean(rewards, groups))


def test_gae_by_hand() -> None:
    # gamma 0.5, lambda 0.5, rewards 0 0 4, values 1 2 3, the episode ends:
    # delta = 0 + 1 - 1 = 0; 0 + 1.5 - 2 = -0.5; 4 - 3 = 1; A2 = 1, A1 = -0.5 + 0.25 = -0.25, A0 = 0 - 0.0625.
    found, returns = advantages.gae(
        tensor(0, 0, 4)[None], tensor(1, 2, 3)[None], tensor(0), torch.tensor([3]), gamma=0.5, lambda_=0.5
    )
    assert found.tolist() == [[-0.0625, -0.25, 1]]
    assert returns.tolist() == [[0.9375, 1.75, 4]]


def test_gae_lambda_one_is_reward_to_go_minus_value() -> None:
    rewards, values = tensor(1, 2, 3)[None], tensor(0.5, 0.25, 8)[None]
    found, returns = advantages.gae(rewards, values, tensor(0), torch.tensor([3]), gamma=1.0, lambda_=1.0)
    assert returns.tolist() == [[6, 5, 3]]
    assert found.tolist() == [[5.5, 4.75, -5]]


def test_a_truncated_row_bootstraps_and_a_finished_one_does_not() -> None:
    rewards, values = torch.zeros(2, 2, dtype=torch.float64), torch.zeros(2, 2, dtype=torch.float64)
    found, _ = advantages.gae(rewards, values, tensor(0, 10), torch.tensor([2, 2]), gamma=0.5, lambda_=1.0)
    assert found.tolist() == [[0, 0], [2.5, 5]]


def test_gae_of_a_short_row_does_not_depend_on_padding() -> None:
    rewards, values = tensor(1, 2, 777, 777)[None], tensor(3, 4, 777, 777)[None]
    padded, returns = advantages.gae(rewards, values, tensor(5), torch.tensor([2]), gamma=0.9, lambda_=0.8)
    alone, _ = advantages.gae(rewards[:, :2], values[:, :2], tensor(5), torch.tensor([2]), gamma=0.9, lambda_=0.8)
    assert padded[0, :2].tolist() == alone[0].tolist()
    assert padded[0, 2:].tolist() == [0, 0] and returns[0, 2:].tolist() == [0, 0]


def test_whitening_gives_mean_zero_and_variance_one() -> None:
    found = advantages.whiten(
        torch.randn(1000, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 7 + 3
    )
    assert float(found.mean()) == pytest.approx(0, abs=1e-12)
    assert float(found.var(unbiased=False)) == pytest.approx(1, abs=1e-6)


def test_whitening_nothing_and_a_constant_gives_zero() -> None:
    assert advantages.whiten(tensor(5)).tolist() == [0]
    assert advantages.whiten(tensor(5, 5, 5)).tolist() == [0, 0, 0]


def test_explained_variance() -> None:
    returns = tensor(1, 2, 3, 4)
    assert advantages.explained_variance(returns, returns) == 1
    assert advantages.explained_variance(tensor(9, 9, 9, 9), returns) == pytest.approx(0)
    assert advantages.explained_variance(-returns, returns) == pytest.approx(-3)
    assert advantages.explained_variance(returns, tensor(2, 2, 2, 2)) == 0
