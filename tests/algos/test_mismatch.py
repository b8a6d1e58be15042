"""Weights for a sampler that is a little off: by hand."""

import math

import pytest
import torch

from homeschool.algos import mismatch

ROWS = torch.tensor([0, 0, 1])
LOG2 = math.log(2)


def log_weights(level: str) -> torch.Tensor:
    """The trainer finds the first answer's tokens 2 and 4 times as likely as the sampler, the second's half."""
    old = torch.tensor([-1.0, -1.0, -1.0])
    return mismatch.LOG_WEIGHTS[level](old, old - torch.tensor([LOG2, 2 * LOG2, -LOG2]), ROWS)


def test_token_weights_stand_alone_and_sequence_weights_are_products() -> None:
    assert log_weights("token").exp().tolist() == pytest.approx([2, 4, 0.5])
    assert log_weights("sequence").exp().tolist() == pytest.approx([8, 8, 0.5])


def test_truncating_keeps_everything_at_most_at_the_cap() -> None:
    assert mismatch.truncated(log_weights("token"), 3.0).tolist() == pytest.approx([2, 3, 0.5])
    assert mismatch.truncated(log_weights("sequence"), 3.0).tolist() == pytest.approx([3, 3, 0.5])


def test_masking_drops_what_is_above_the_cap() -> None:
    assert mismatch.masked(log_weights("token"), 3.0).tolist() == pytest.approx([2, 0, 0.5])
    assert mismatch.masked(log_weights("sequence"), 3.0).tolist() == pytest.approx([0, 0, 0.5])
    assert mismatch.masked(torch.zeros(1), 1.0).tolist() == [1]  # at the cap is within it


@pytest.mark.parametrize("level", list(mismatch.LOG_WEIGHTS))
@pytest.mark.parametrize("kind", list(mismatch.MISMATCH))
def test_a_sampler_that_agrees_has_weight_one_and_an_impossible_token_a_number(level: str, kind: str) -> None:
    logprobs = torch.tensor([-1.0, -2.0, -3.0], requires_grad=True)
    same = mismatch.MISMATCH[kind](mismatch.LOG_WEIGHTS[level](logprobs, logprobs.detach(), ROWS), 2.0)
    assert same.tolist() == [1, 1, 1] and not same.requires_grad
    far = mismatch.LOG_WEIGHTS[level](logprobs, logprobs.detach() - 1e4, ROWS)
    assert mismatch.MISMATCH[kind](far, 2.0).tolist() == ([2, 2, 2] if kind == "truncate" else [0, 0, 0])


@pytest.mark.parametrize("level", list(mismatch.LOG_WEIGHTS))
def test_without_a_cap_the_weights_make_the_samplers_mean_the_trainers(level: str) -> None:
    """Two tokens of a vocabulary of three, enumerated: E_mu[w * f] = E_pi[f] for the whole answer; for single tokens
    that do not depend on each other it holds token by token."""
    pi = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    mu = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    value = torch.tensor([1.0, 10.0, 100.0], dtype=torch.float64)
    total = 0.0
    for first in range(3):
        for second in range(3):
            pair = torch.tensor([first, second])
            log = mismatch.LOG_WEIGHTS[level](pi[pair].log(), mu[pair].log(), torch.tensor([0, 0]))
            weights = mismatch.truncated(log, 1e9)
            total += float(mu[first] * mu[second] * (weights * value[pair]).sum())
    assert total == pytest.approx(2 * (0.5 + 3 + 20))
