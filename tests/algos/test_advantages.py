"""Advantages: numbers worked out by hand, and properties where exactness is the point."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from homeschool.algos import advantages


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


GROUPS = torch.tensor([0, 0, 0, 0, 1, 1])
REWARDS = tensor(1, 0, 0, 1, 3, 3)

ESTIMATORS = list(advantages.GROUP_ESTIMATORS.values())


def test_reward_has_no_baseline() -> None:
    assert advantages.reward(REWARDS, GROUPS).tolist() == [1, 0, 0, 1, 3, 3]


def test_group_mean_compares_within_the_group() -> None:
    found = advantages.group_mean(tensor(70, 80, 60, 5, 7), torch.tensor([0, 0, 0, 1, 1]))
    assert found.tolist() == [0, 10, -10, -1, 1]


def test_group_standardized_divides_by_the_sample_deviation() -> None:
    # Deviations from the mean 0.5 are 0.5 each; four squares of 0.25 over 3 give a variance of 1/3.
    found = advantages.group_standardized(REWARDS, GROUPS, epsilon=0.0)
    assert found[:4].tolist() == pytest.approx([0.8660254, -0.8660254, -0.8660254, 0.8660254])
    # With the paper's epsilon a group that differs by a hair is not blown up: 5e-6 / (7.1e-6 + 1e-4).
    found = advantages.group_standardized(tensor(0, 1e-5), torch.tensor([0, 0]))
    assert found.tolist() == pytest.approx([-0.0466982, 0.0466982], rel=1e-4)


def test_leave_one_out_is_the_mean_of_the_others() -> None:
    found = advantages.leave_one_out(tensor(1, 2, 6), torch.tensor([0, 0, 0]))
    assert found.tolist() == [-3, -1.5, 4.5]


def test_leave_one_out_is_centred_times_n_over_n_minus_one() -> None:
    rewards = torch.randn(7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    groups = torch.tensor([0, 0, 0, 0, 0, 1, 1])
    scale = torch.tensor([5 / 4] * 5 + [2 / 1] * 2, dtype=torch.float64)
    assert torch.allclose(advantages.leave_one_out(rewards, groups), scale * advantages.group_mean(rewards, groups))


def test_group_mean_normalized_weighs_a_rare_success_by_its_rarity() -> None:
    # One right of four: 0.75 / 0.25 and -0.25 / 0.25. Three right of four: 0.25 / 0.75 and -1.
    found = advantages.group_mean_normalized(tensor(1, 0, 0, 0, 1, 1, 1, 0), torch.tensor([0, 0, 0, 0, 1, 1, 1, 1]))
    assert found.tolist() == pytest.approx([3, -1, -1, -1, 1 / 3, 1 / 3, 1 / 3, -1])


def test_group_mean_normalized_never_turns_right_into_wrong() -> None:
    groups = torch.tensor([0, 0, 1, 1])
    assert advantages.group_mean_normalized(tensor(-1, -3, 1, -1), groups).tolist() == [0, 0, 0, 0]


def test_shrinkage_by_hand() -> None:
    # Means 0.5, 1, 0.5; sample variance over size 0.25, 0, 0.25.
    # First and third group: v = 0.125, s = var(1, 0.5) = 0.0625, w = 2/3, the other groups' mean 0.75.
    #   r = 1: beside it 0, so b = 0.5. r = 0: beside it 1, so b = 1/3 + 0.5.
    # Second group: v = 0.25, s = 0, w = 1, b = 0.5.
    found = advantages.shrinkage(tensor(1, 0, 1, 1, 0, 1), torch.tensor([0, 0, 1, 1, 2, 2]))
    assert found.tolist() == pytest.approx([0.5, -5 / 6, 0.5, 0.5, -5 / 6, 0.5])


def test_shrinkage_with_groups_of_unequal_size() -> None:
    # Sizes 1, 2, 3; means 4, 1, 2; variance over size: none, 2/2 = 1, 3/3 = 1.
    # First: nobody beside it, w = 1, b = 1.5.
    # Second (0 and 2): v = 1 (the group of one has none), s = var(4, 2) = 1, w = 1/2, elsewhere 3.
    #   r = 0: b = 1 + 1.5; r = 2: b = 0 + 1.5.
    # Third (1, 1, 4): v = 1, s = var(4, 1) = 2.25, w = 1 / 3.25, elsewhere 2.5.
    #   r = 1: beside it 2.5, b = 2.5; r = 4: beside it 1, b = 1 + 1.5 / 3.25.
    found = advantages.shrinkage(tensor(4, 0, 2, 1, 1, 4), torch.tensor([0, 1, 1, 2, 2, 2]))
    assert found.tolist() == pytest.approx([2.5, -2.5, 0.5, -1.5, -1.5, 3 - 1.5 / 3.25])


def test_shrinkage_of_one_prompt_is_leave_one_out_and_of_one_answer_nothing() -> None:
    assert advantages.shrinkage(tensor(1, 2, 6), torch.tensor([4, 4, 4])).tolist() == [-3, -1.5, 4.5]
    assert advantages.shrinkage(tensor(5), torch.tensor([0])).tolist() == [0]


def test_shrinkage_where_nothing_differs_gives_nothing() -> None:
    assert advantages.shrinkage(tensor(2, 2, 2, 2), torch.tensor([0, 0, 1, 1])).tolist() == [0, 0, 0, 0]


def test_shrinkage_guesses_better_than_the_mean_of_the_others() -> None:
    """2,000 prompts with pass rates from Beta(2, 2) and 3 answers each: the baseline is what A takes off the reward."""
    generator = torch.Generator().manual_seed(0)
    groups = torch.arange(2000).repeat_interleave(3)
    draws = torch.rand(2, 2000, 3, dtype=torch.float64, generator=generator)
    rates = draws.sort(-1).values[0, :, 1]  # the middle of three uniform numbers is Beta(2, 2)
    rewards = (draws[1] < rates[:, None]).double().flatten()
    error = {
        name: float(((rewards - advantages.GROUP_ESTIMATORS[name](rewards, groups)) - rates[groups]).square().mean())
        for name in ("shrinkage", "leave_one_out")
    }
    assert error["leave_one_out"] == pytest.approx(0.1, abs=0.005)  # E[p (1 - p)] / 2 answers
    assert error["shrinkage"] < 0.5 * error["leave_one_out"]


@pytest.mark.parametrize("name", ["reward", "leave_one_out", "shrinkage"])
def test_an_unbiased_baseline_does_not_read_its_own_reward(name: str) -> None:
    """Where the reward of one answer moves, its advantage moves by as much."""
    estimator = advantages.GROUP_ESTIMATORS[name]
    groups = torch.tensor([0, 1, 1, 1, 2, 2])
    rewards = tensor(1, 0, 2, 5, 3, 4)
    for index in range(len(rewards)):
        moved = rewards.clone()
        moved[index] += 7
        difference = estimator(moved, groups)[index] - estimator(rewards, groups)[index]
        alone = name == "leave_one_out" and index == 0
        assert float(difference) == pytest.approx(0 if alone else 7)


def test_a_constant_group_and_a_group_of_one_earn_nothing() -> None:
    alone = torch.tensor([0])
    for name in ("group_mean", "group_standardized", "leave_one_out", "group_mean_normalized"):
        estimator = advantages.GROUP_ESTIMATORS[name]
        assert estimator(REWARDS, GROUPS)[4:].tolist() == [0, 0]
        assert estimator(tensor(5), alone).tolist() == [0]


@given(reward=st.floats(-9, 9, width=32), size=st.integers(1, 70))
def test_ties_earn_exactly_nothing_however_they_round(reward: float, size: int) -> None:
    """In fp32 the mean of seven times 0.7 is not 0.7; what rounding leaves must not be trained on."""
    rewards, groups = torch.full((size,), reward), torch.zeros(size, dtype=torch.long)
    for name, estimator in advantages.GROUP_ESTIMATORS.items():
        assert name == "reward" or not estimator(rewards, groups).any()
    assert not advantages.shrinkage(rewards, torch.arange(size) // 2).any()


@given(
    rewards=st.lists(st.integers(0, 5), min_size=1, max_size=9),
    members=st.lists(st.integers(0, 3), min_size=9, max_size=9),
    order=st.randoms(use_true_random=False),
)
def test_numbers_and_order_of_groups_mean_nothing(rewards: list[int], members: list[int], order: object) -> None:
    """Groups may be scattered and their numbers may have gaps; an empty group changes nobody."""
    places = list(range(len(rewards)))
    order.shuffle(places)  # type: ignore[attr-defined]
    values, groups = tensor(*rewards), torch.tensor(members[: len(rewards)])
    for estimator in ESTIMATORS:
        found = estimator(values, groups)
        scattered = estimator(values[places], 7 * groups[places] + 3)
        torch.testing.assert_close(scattered, found[places], rtol=1e-9, atol=1e-12)


@given(rewards=st.lists(st.integers(0, 5), min_size=6, max_size=6), shift=st.integers(-3, 3))
def test_centred_estimators_do_not_see_a_bonus_for_all(rewards: list[int], shift: int) -> None:
    for name in ("group_mean", "group_standardized", "leave_one_out", "shrinkage"):
        estimator = advantages.GROUP_ESTIMATORS[name]
        torch.testing.assert_close(estimator(tensor(*rewards) + shift, GROUPS), estimator(tensor(*rewards), GROUPS))


def test_no_rollouts_have_no_advantages() -> None:
    for estimator in ESTIMATORS:
        assert estimator(tensor(), torch.zeros(0, dtype=torch.long)).tolist() == []


def test_standardized_sum_by_hand() -> None:
    # Each column is two of four: 0.8660254 in both (the deviation is (difference / 2) * sqrt(4/3)).
    parts = torch.stack([tensor(1, 0, 0, 1), tensor(10, 10, 0, 0)], dim=1)
    found = advantages.standardized_sum(parts, tensor(1, 2), torch.tensor([0, 0, 0, 0]))
    assert found.tolist() == pytest.approx([2.5980762, 0.8660254, -2.5980762, -0.8660254], rel=1e-3)


def test_standardized_sum_hears_a_small_reward_beside_a_large_one() -> None:
    """What the plain sum loses: 1000 points for one thing, 1 for another."""
    groups = torch.tensor([0, 0, 0, 0])
    parts = torch.stack([tensor(1000, 1000, 0, 0), tensor(1, 0, 1, 0)], dim=1)
    plain = advantages.group_standardized(parts.sum(1), groups)
    assert float(plain[0] - plain[1]) < 0.002
    decoupled = advantages.standardized_sum(parts, tensor(1, 1), groups)
    assert float(decoupled[0] - decoupled[1]) == pytest.approx(2 * 0.8660254, rel=1e-3)


def test_standardized_sum_of_a_tie_leaves_the_other_reward() -> None:
    parts = torch.stack([tensor(5, 5), tensor(1, 0)], dim=1)
    found = advantages.standardized_sum(parts, tensor(1, 1), torch.tensor([0, 0]))
    assert found.tolist() == pytest.approx([0.7071068, -0.7071068], rel=1e-3)
    assert advantages.standardized_sum(torch.zeros(2, 0), torch.zeros(0), torch.tensor([0, 0])).tolist() == [0, 0]
