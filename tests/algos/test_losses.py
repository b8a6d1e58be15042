"""The one rule that adds losses up: weights worked out by hand."""

import pytest
import torch

from homeschool.algos import losses
from homeschool.algos.columns import Aggregation

ROWS = torch.tensor([0, 0, 0, 2])


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
    found = losses.token_weights(ROWS, num_rows=3, aggregation=aggregation, max_length=10)
    assert found.tolist() == pytest.approx(weights)


@pytest.mark.parametrize("aggregation", list(losses.AGGREGATIONS))
def test_no_trained_token_gives_no_weights(aggregation: Aggregation) -> None:
    assert losses.token_weights(torch.zeros(0, dtype=torch.long), 2, aggregation, 5).tolist() == []


def test_likelihood_weights_are_a_mean_over_the_tokens_of_right_answers() -> None:
    rows = torch.tensor([0, 0, 1, 2, 2, 2])
    found = losses.likelihood_weights(rows, torch.tensor([True, False, True]))
    assert found.tolist() == pytest.approx([0.2, 0.2, 0, 0.2, 0.2, 0.2])
    assert losses.likelihood_weights(rows, torch.tensor([False, True, False])).tolist() == [0, 0, 1, 0, 0, 0]


def test_no_right_answer_gives_nothing_to_imitate() -> None:
    assert losses.likelihood_weights(ROWS, torch.tensor([False] * 3)).tolist() == [0, 0, 0, 0]
    assert losses.likelihood_weights(ROWS[:0], torch.tensor([True])).tolist() == []
