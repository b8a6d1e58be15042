"""Losses: numbers worked out by hand."""

import pytest
import torch

from homeschool.algos import losses
from homeschool.algos.table import Aggregation


def test_the_clip_stops_the_gain_on_the_side_of_the_advantage_only() -> None:
    ratio = torch.tensor([1.5, 0.5, 1.5, 0.5])
    advantages = torch.tensor([1.0, 1.0, -1.0, -1.0])
    found = losses.clipped_surrogate(ratio, advantages, clip_low=0.2, clip_high=0.3)
    assert found.tolist() == pytest.approx([-1.3, -0.5, 1.5, 0.8])
    assert losses.clipped_share(ratio, advantages, 0.2, 0.3).tolist() == [1, 0, 0, 1]


def test_the_clip_takes_the_gradient_away_where_it_acts() -> None:
    ratio = torch.tensor([1.5, 1.1, 0.7], requires_grad=True)
    losses.clipped_surrogate(ratio, torch.tensor([2.0, 2.0, 2.0]), 0.2, 0.2).sum().backward()
    assert ratio.grad is not None and ratio.grad.tolist() == [0, -2, -2]


def test_token_ratio() -> None:
    found = losses.token_ratio(torch.tensor([-1.0, 0.0]), torch.tensor([-1.0, -0.6931472]))
    assert found.tolist() == pytest.approx([1.0, 2.0])
    assert torch.isfinite(losses.token_ratio(torch.tensor([0.0]), torch.tensor([-1e4]))).all()


def test_logprob_surrogate_raises_good_tokens() -> None:
    logprobs = torch.tensor([-1.0, -2.0], requires_grad=True)
    losses.logprob_surrogate(logprobs, torch.tensor([3.0, -1.0])).sum().backward()
    assert logprobs.grad is not None and logprobs.grad.tolist() == [-3, 1]


def test_value_loss_takes_the_larger_of_clipped_and_plain() -> None:
    values, old, returns = torch.tensor([2.0, 0.1]), torch.tensor([0.0, 0.0]), torch.tensor([2.0, 1.0])
    # First: plain error 0, clipped value 0.2 is 1.8 away: 1.62. Second: inside the clip, 0.9^2 / 2.
    assert losses.value_loss(values, old, returns, clip=0.2).tolist() == pytest.approx([1.62, 0.405])
    assert losses.value_loss(values, old, returns, clip=0).tolist() == pytest.approx([0, 0.405])


@pytest.mark.parametrize(
    ("aggregation", "weights"),
    [
        ("token_mean", [1 / 4] * 4),
        ("sequence_mean", [1 / 9, 1 / 9, 1 / 9, 1 / 3]),
        ("sequence_sum", [1 / 3] * 4),
        ("constant_length", [1 / 30] * 4),
    ],
)
def test_aggregation_weights_of_rows_with_three_one_and_no_trained_tokens(
    aggregation: Aggregation, weights: list[float]
) -> None:
    found = losses.token_weights(torch.tensor([0, 0, 0, 2]), num_rows=3, aggregation=aggregation, max_length=10)
    assert found.tolist() == pytest.approx(weights)


def test_no_trained_token_gives_no_weights() -> None:
    none = torch.zeros(0, dtype=torch.long)
    assert losses.token_weights(none, 2, "token_mean", 5).tolist() == []
    assert losses.token_weights(none, 2, "sequence_mean", 5).tolist() == []
