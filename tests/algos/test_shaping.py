"""Rewards for length, by hand."""

import pytest
import torch

from homeschool.algos.shaping import soft_overlong_penalty


def test_the_penalty_falls_in_a_straight_line() -> None:
    found = soft_overlong_penalty(torch.tensor([0, 79, 80, 85, 90, 100, 130]), max_tokens=100, zone=0.2)
    assert found.tolist() == pytest.approx([0, 0, 0, -0.25, -0.5, -1, -1], abs=1e-6)


def test_a_zone_of_everything_and_of_nothing() -> None:
    lengths = torch.tensor([0, 25, 100])
    assert soft_overlong_penalty(lengths, max_tokens=100, zone=1.0).tolist() == [0, -0.25, -1]
    assert soft_overlong_penalty(lengths, max_tokens=100, zone=0.0).tolist() == [0, 0, 0]


def test_no_answers_no_penalty() -> None:
    assert soft_overlong_penalty(torch.zeros(0, dtype=torch.long), 10, 0.5).tolist() == []
