"""Pair losses: numbers worked out by hand, and what happens far out."""

import math

import pytest
import torch
from torch import Tensor

from homeschool.algos.preference import bradley_terry, centring


def t(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


@pytest.mark.parametrize(
    ("chosen", "rejected", "margin", "loss", "slope"),
    [
        (0.0, 0.0, 0.0, 0.6931472, -0.5),  # log 2; sigma(0) = 1/2
        (2.0, 1.0, 0.0, 0.3132617, -0.2689414),  # log(1 + 1/e); sigma(-1) = 1/(1 + e)
        (1.0, 2.0, 0.0, 1.3132617, -0.7310586),
        (2.0, 1.0, 1.0, 0.6931472, -0.5),  # the lead equals the margin
        (0.5, -0.5, 3.0, 2.1269280, -0.8807971),  # 2 short of it: 2 + log(1 + 1/e^2)
        (math.log(3), 0.0, 0.0, 0.2876821, -0.25),  # odds of 3 to 1: -log 3/4
    ],
)
def test_loss_and_gradient(chosen: float, rejected: float, margin: float, loss: float, slope: float) -> None:
    winner, loser = t(chosen).requires_grad_(), t(rejected).requires_grad_()
    found = bradley_terry(winner, loser, t(margin))
    assert found.item() == pytest.approx(loss, abs=1e-6)
    found.backward()
    assert winner.grad is not None and loser.grad is not None
    assert winner.grad.item() == pytest.approx(slope, abs=1e-6)
    assert loser.grad.item() == pytest.approx(-slope, abs=1e-6)


def test_far_out_it_is_a_straight_line_and_never_infinite() -> None:
    lead = t(-1000.0, -50.0, 1000.0).requires_grad_()
    loss = bradley_terry(lead, torch.zeros(3), torch.zeros(3))
    assert loss.tolist() == [1000.0, 50.0, 0.0]
    loss.sum().backward()
    assert lead.grad is not None
    assert lead.grad.tolist() == [-1.0, -1.0, 0.0]


def test_swapping_the_sides_without_a_margin_costs_exactly_the_lead() -> None:
    """log sigma(d) - log sigma(-d) = d."""
    chosen, rejected, none = t(0.3, 4.0), t(-0.7, 5.5), torch.zeros(2)
    gap = bradley_terry(rejected, chosen, none) - bradley_terry(chosen, rejected, none)
    assert gap.tolist() == pytest.approx([1.0, -1.5], abs=1e-6)


def test_centring_is_the_square_of_the_sum_and_pulls_both_the_same_way() -> None:
    chosen, rejected = t(1.0, 2.0).requires_grad_(), t(2.0, -2.0).requires_grad_()
    found = centring(chosen, rejected)
    assert found.tolist() == [9.0, 0.0]
    found.sum().backward()
    assert chosen.grad is not None and rejected.grad is not None
    assert chosen.grad.tolist() == rejected.grad.tolist() == [6.0, 0.0]
