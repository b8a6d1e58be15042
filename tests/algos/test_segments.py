"""Sums by key: the one place where groups and rows are added up."""

import torch

from homeschool.algos.segments import segment_min, segment_sums


def test_sums_and_counts_stand_at_every_entry() -> None:
    sums, counts = segment_sums(torch.tensor([5.0, 1.0, 2.0, 4.0]), torch.tensor([0, 3, 3, 0]))
    assert sums.tolist() == [9, 3, 3, 9]
    assert counts.tolist() == [2, 2, 2, 2]


def test_what_is_not_a_number_stays_with_its_key() -> None:
    sums, counts = segment_sums(torch.tensor([1.0, torch.nan, 2.0]), torch.tensor([0, 1, 0]))
    assert sums[0] == 3 and sums[2] == 3 and sums[1].isnan()
    assert counts.tolist() == [2, 1, 2]


def test_the_smallest_stands_at_every_entry() -> None:
    assert segment_min(torch.tensor([5.0, 1.0, -2.0, 4.0]), torch.tensor([0, 3, 3, 0])).tolist() == [4, -2, -2, 4]
    assert segment_min(torch.tensor([5.0, 7.0]), torch.tensor([1, 1])).tolist() == [5, 5]
    assert segment_min(torch.zeros(0), torch.zeros(0, dtype=torch.long)).tolist() == []


def test_nothing_sums_to_nothing() -> None:
    sums, counts = segment_sums(torch.zeros(0), torch.zeros(0, dtype=torch.long))
    assert sums.tolist() == [] and counts.tolist() == []


def test_the_gradient_reaches_each_entry_once_per_reader() -> None:
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    segment_sums(values, torch.tensor([0, 0, 1]))[0].sum().backward()
    assert values.grad is not None and values.grad.tolist() == [2, 2, 1]
