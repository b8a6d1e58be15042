"""Drawing tokens: the right ones are kept, as often as they should be, from a number that is given."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from homeschool.rollout.sampling import BLOCK, cut_tail, draw, invert
from homeschool.types import Sampling

# Shares 0.4, 0.3, 0.2 and 0.1, out of order.
SHARES = torch.tensor([[0.2, 0.4, 0.1, 0.3]])


def kept(weights: Tensor, **rules: float) -> list[int]:
    """Indices that survive the cut, with their weights unchanged."""
    after = cut_tail(weights, Sampling(**rules))  # type: ignore[arg-type]
    places = after[0].nonzero().flatten().tolist()
    assert torch.equal(after[0, places], weights[0, places])
    return places


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"top_k": 1}, [1]),
        ({"top_k": 2}, [1, 3]),
        ({"top_k": 3}, [0, 1, 3]),
        ({"top_k": 4}, [0, 1, 2, 3]),
        ({"top_k": 99}, [0, 1, 2, 3]),
        ({"top_p": 0.01}, [1]),
        ({"top_p": 0.39}, [1]),
        ({"top_p": 0.41}, [1, 3]),
        ({"top_p": 0.69}, [1, 3]),
        ({"top_p": 0.71}, [0, 1, 3]),
        ({"top_p": 0.91}, [0, 1, 2, 3]),
        ({"min_p": 0.24}, [0, 1, 2, 3]),
        ({"min_p": 0.26}, [0, 1, 3]),
        ({"min_p": 0.51}, [1, 3]),
        ({"min_p": 0.76}, [1]),
        ({"min_p": 1.0}, [1]),
        # Of the three that top-k keeps (0.9 in all), 0.7 / 0.9 = 0.78 are two.
        ({"top_k": 3, "top_p": 0.77}, [1, 3]),
        ({"top_k": 3, "top_p": 0.79}, [0, 1, 3]),
        ({"min_p": 0.51, "top_p": 0.58}, [1, 3]),
        ({"min_p": 0.51, "top_p": 0.56}, [1]),
    ],
)
def test_cuts_keep_exactly_the_right_tokens(rules: dict[str, float], expected: list[int]) -> None:
    assert kept(SHARES, **rules) == expected
    assert kept(SHARES * 37.0, **rules) == expected  # weights need not add up to one


def test_cuts_work_row_by_row() -> None:
    weights = torch.cat([SHARES, SHARES.flip(-1)])
    after = cut_tail(weights, Sampling(top_p=0.6))
    assert after.gt(0).tolist() == [[False, True, False, True], [True, False, True, False]]


def test_a_number_picks_the_token_on_whose_share_it_falls() -> None:
    uniforms = torch.tensor([0.0, 0.19, 0.21, 0.59, 0.61, 0.69, 0.71, 0.999])
    tokens, _ = draw(SHARES.log().expand(8, -1), uniforms, Sampling())
    assert tokens.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_log_probabilities_are_of_the_policy_before_any_cut() -> None:
    tokens, logprobs = draw(SHARES.log(), torch.tensor([0.5]), Sampling(top_k=1))
    assert tokens.tolist() == [1]
    assert logprobs.item() == pytest.approx(math.log(0.4))


def test_log_probabilities_are_at_the_sampling_temperature() -> None:
    # squares of the shares: 0.04, 0.16, 0.01, 0.09, together 0.3
    tokens, logprobs = draw(SHARES.log(), torch.tensor([0.3]), Sampling(temperature=0.5))
    assert tokens.tolist() == [1]
    assert logprobs.item() == pytest.approx(math.log(0.16 / 0.3))


def test_temperature_zero_takes_the_best_and_reports_it_at_temperature_one() -> None:
    for uniform in (0.0, 0.5, 0.999):
        tokens, logprobs = draw(SHARES.log(), torch.tensor([uniform]), Sampling(temperature=0.0))
        assert tokens.tolist() == [1]
        assert logprobs.item() == pytest.approx(math.log(0.4))


def test_large_logits_do_not_overflow() -> None:
    tokens, logprobs = draw(torch.tensor([[3e4, 3e4 + 1.0, -3e4]]), torch.tensor([0.9]), Sampling())
    assert tokens.tolist() == [1]
    assert logprobs.item() == pytest.approx(-math.log(1 + math.exp(-1)), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_logits_that_are_not_numbers_give_no_token(temperature: float) -> None:
    logits = torch.zeros(4, 600)
    logits[1, 3], logits[2, 7], logits[3] = float("nan"), float("inf"), float("-inf")
    tokens, _ = draw(logits, torch.full((4,), 0.5), Sampling(temperature=temperature, top_k=300, top_p=0.9))
    assert tokens[0] >= 0
    assert tokens[1:].tolist() == [-1, -1, -1]


def test_forbidden_tokens_are_never_drawn() -> None:
    logits = torch.tensor([[float("-inf"), 0.0, float("-inf"), 0.0]])
    uniforms = torch.linspace(0, 1, 9)[:-1]
    tokens, logprobs = draw(logits.expand(8, -1), uniforms, Sampling())
    assert tokens.tolist() == [1, 1, 1, 1, 3, 3, 3, 3]
    assert logprobs.tolist() == pytest.approx([math.log(0.5)] * 8)


@pytest.mark.parametrize("size", [4, BLOCK, BLOCK + 1, 2 * BLOCK, 32 * BLOCK])
def test_frequencies_match_probabilities(size: int) -> None:
    """Pearson's statistic over 20,000 draws, eight bins of equal mass; 99.99 % of true samplers stay below 29.9."""
    weights = torch.rand(size, generator=torch.Generator().manual_seed(3)) ** 4
    uniforms = torch.from_numpy(np.random.Generator(np.random.Philox(7)).random(20_000, dtype="float32"))
    shares = weights / weights.sum()
    bins = (shares.cumsum(-1) * 8).clamp(max=7.999).long()
    expected = torch.zeros(8).index_add_(0, bins, shares) * 20_000
    tokens = torch.cat([invert(weights.expand(len(part), -1), part) for part in uniforms.split(2000)])
    counts = torch.bincount(bins[tokens], minlength=8)
    used = expected > 0
    assert float(((counts - expected)[used] ** 2 / expected[used]).sum()) < 29.9
    if size == 4:
        torch.testing.assert_close(torch.bincount(tokens) / 20_000, shares, rtol=0, atol=0.01)


@pytest.mark.parametrize("size", [BLOCK, 2 * BLOCK, 192 * BLOCK])
def test_two_levels_find_what_one_pass_finds(size: int) -> None:
    """In fp64 one cumulative sum over the whole vocabulary is exact enough to be the oracle."""
    generator = torch.Generator().manual_seed(5)
    weights = torch.rand(16, size, generator=generator).double()
    weights[torch.rand(16, size, generator=generator) < 0.5] = 0.0
    uniforms = torch.rand(16, generator=generator).double()
    goals = uniforms * weights.sum(-1)
    naive = (weights.cumsum(-1) > goals[:, None]).int().argmax(-1)
    assert torch.equal(invert(weights, uniforms), naive)


def test_a_number_on_the_border_of_two_blocks_never_finds_a_token_that_was_cut() -> None:
    """Rounding decides on which side it lies, and on either side only what is left of the distribution may be found."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(500, 8 * BLOCK, generator=generator)
    weights[:, torch.arange(8 * BLOCK) % BLOCK < 200] = 0.0
    sums = weights.unflatten(-1, (-1, BLOCK)).sum(-1)
    borders = sums.cumsum(-1) / sums.sum(-1, keepdim=True)
    for border in range(7):
        found = invert(weights, borders[:, border])
        assert (weights.gather(-1, found[:, None]) > 0).all()


@pytest.mark.parametrize("size", [5, 2 * BLOCK])
def test_the_ends_of_the_unit_interval(size: int) -> None:
    weights = torch.zeros(1, size)
    weights[0, 2], weights[0, size - 2] = 1.0, 1.0
    largest = torch.tensor([1 - 2**-24])
    assert invert(weights, torch.zeros(1)).tolist() == [2]
    assert invert(weights, largest).tolist() == [size - 2]
