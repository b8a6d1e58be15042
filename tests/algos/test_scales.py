"""The size of advantages: by hand, over a mask, and over many batches."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from homeschool.algos.scales import ANSWER_SCALES, SlowScale, batch_scale, whiten


def tensor(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_whitening_by_hand() -> None:
    # Mean 4, variance (9 + 1 + 1 + 9) / 4 = 5.
    assert whiten(tensor(1, 3, 5, 7), epsilon=0.0).tolist() == pytest.approx(
        [-1.3416408, -0.4472136, 0.4472136, 1.3416408]
    )


@given(mask=st.lists(st.booleans(), min_size=12, max_size=12), seed=st.integers(0, 9))
def test_whitening_gives_masked_mean_zero_and_variance_one(mask: list[bool], seed: int) -> None:
    chosen = torch.tensor(mask)
    values = torch.randn(12, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 7 + 3
    found = whiten(values.where(chosen, torch.nan), chosen)
    assert found[~chosen].tolist() == [0] * (12 - sum(mask))
    if sum(mask) >= 2:
        assert float(found[chosen].mean()) == pytest.approx(0, abs=1e-12)
        assert float(found[chosen].var(unbiased=False)) == pytest.approx(1, abs=1e-6)
    else:
        assert found.tolist() == [0] * 12


def test_whitening_nothing_and_a_constant_gives_zero() -> None:
    assert whiten(tensor(5)).tolist() == [0]
    assert whiten(tensor(5, 5, 5)).tolist() == [0, 0, 0]
    assert whiten(tensor()).tolist() == []


@given(value=st.floats(-9, 9, width=32), size=st.integers(1, 70))
def test_a_constant_has_no_scale_however_it_rounds(value: float, size: int) -> None:
    values = torch.full((size,), value)
    assert not whiten(values).any() and not batch_scale(values, values).any()


def test_batch_whitening_reads_advantages_alone() -> None:
    found = ANSWER_SCALES["batch"](tensor(3, 5), tensor(900, 100))
    assert found.tolist() == pytest.approx([-1, 1])


def test_batch_scale_divides_by_the_deviation_of_the_rewards() -> None:
    # Rewards 0 2 10 12: mean 6, squares 36 + 16 + 16 + 36 = 104, over 3; its root is 5.8878406.
    found = batch_scale(tensor(-1, 1, -1, 1), tensor(0, 2, 10, 12), epsilon=0.0)
    assert found.tolist() == pytest.approx([-0.1698416, 0.1698416, -0.1698416, 0.1698416])


def test_batch_scale_of_constant_rewards_or_a_single_answer_is_zero() -> None:
    assert batch_scale(tensor(0, 0), tensor(7, 7)).tolist() == [0, 0]
    assert batch_scale(tensor(3), tensor(7)).tolist() == [0]
    assert batch_scale(tensor(), tensor()).tolist() == []


def test_slow_scale_by_hand() -> None:
    scale = SlowScale(decay=0.5)
    assert scale(tensor(3, -3)).tolist() == [1, -1]  # by its own deviation
    assert scale(tensor(6, -6)).tolist() == [2, -2]  # by the first batch's
    # Squares 9 and 36, weights 0.5 and 1: 40.5 / 1.5 = 27.
    assert scale(tensor(27**0.5)).tolist() == pytest.approx([1])


def test_slow_scale_keeps_the_size_of_a_sudden_correction() -> None:
    scale = SlowScale()
    for _ in range(100):
        scale(tensor(1, -1))
    assert scale(tensor(-19, 0)).tolist() == pytest.approx([-19, 0])


def test_slow_scale_follows_a_lasting_change() -> None:
    scale = SlowScale(decay=0.9)
    for size in [1.0] * 20 + [10.0] * 100:
        last = scale(tensor(size, -size))
    assert last.tolist() == pytest.approx([1, -1], abs=1e-3)


def test_slow_scale_leaves_ties_and_nothing_alone() -> None:
    scale = SlowScale()
    assert scale(tensor(0, 0)).tolist() == [0, 0]
    assert scale(tensor()).tolist() == []
    assert scale.state_dict() == {"total": 0.0, "weight": 1.0}
    assert scale(tensor(4, -4)).tolist() == [1, -1]


def test_slow_scale_goes_on_from_its_state() -> None:
    first, second = SlowScale(), SlowScale()
    first(tensor(2, -2))
    second.load_state_dict(first.state_dict())
    assert second(tensor(6)).tolist() == first(tensor(6)).tolist() == [3]
    assert second.state_dict() == first.state_dict()
