"""Importance ratios of tokens and answers, by hand."""

import math

import pytest
import torch

from homeschool.algos import ratios

ROWS = torch.tensor([0, 0, 0, 1])


def test_token_ratio() -> None:
    found = ratios.token_ratio(torch.tensor([-1.0, 0.0]), torch.tensor([-1.0, -0.6931472]), torch.tensor([0, 0]))
    assert found.tolist() == pytest.approx([1.0, 2.0])


def test_sequence_ratio_is_the_geometric_mean_at_each_token() -> None:
    # Token ratios 2, 4 and 1 of the first answer: (2 * 4 * 1)^(1/3) = 2. The second answer has one token, ratio 1/2.
    logprobs = torch.tensor([-1.0, -1.0, -1.0, -3.0])
    old = logprobs - torch.tensor([math.log(2), math.log(4), 0.0, -math.log(2)])
    assert ratios.sequence_ratio(logprobs, old, ROWS).tolist() == pytest.approx([2, 2, 2, 0.5])


def test_the_gradient_of_a_sequence_ratio_is_shared_by_its_tokens() -> None:
    logprobs = torch.zeros(4, requires_grad=True)
    old = torch.tensor([-math.log(8), 0.0, 0.0, 0.0])  # the first answer's ratio is 2
    found = ratios.sequence_ratio(logprobs, old, ROWS)
    found[0].backward()
    assert logprobs.grad is not None and logprobs.grad.tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 0])


def test_no_ratio_is_one_and_has_no_gradient() -> None:
    found = ratios.no_ratio(torch.zeros(4, requires_grad=True), torch.ones(4), ROWS)
    assert found.tolist() == [1, 1, 1, 1] and not found.requires_grad


@pytest.mark.parametrize("name", list(ratios.RATIOS))
def test_every_ratio_is_one_on_policy_and_finite_for_an_impossible_token(name: str) -> None:
    logprobs = torch.tensor([-0.5, -2.0, 0.0, -1.0])
    assert ratios.RATIOS[name](logprobs, logprobs, ROWS).tolist() == [1, 1, 1, 1]
    assert torch.isfinite(ratios.RATIOS[name](logprobs, logprobs - 1e4, ROWS)).all()


def test_no_tokens_have_no_ratio() -> None:
    none = torch.zeros(0)
    for ratio in ratios.RATIOS.values():
        assert ratio(none, none, none.long()).tolist() == []
