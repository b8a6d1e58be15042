"""The one rule that adds up losses: a weight for each token.

``token_weights`` turns the chosen aggregation into one weight per trained token, computed over the whole batch before
the first backward; the loss of a batch is the weighted sum. So any split into micro-batches gives the same gradient.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from homeschool.algos.columns import Aggregation

Weights = Callable[[Tensor, int, int], Tensor]
"""weights(rows, num_rows, max_length) -> fp32 [T], see ``token_weights``."""


def token_weights(rows: Tensor, num_rows: int, aggregation: Aggregation, max_length: int) -> Tensor:
    """The weight of each trained token in the loss of the whole batch, fp32 [T]; no trained token, no weights.

    ``rows`` int64 [T]: the sequence each trained token belongs to; ``num_rows``: sequences in the batch, those
    without a trained token included; ``max_length``: the constant of ``constant_length``.
    """
    return AGGREGATIONS[aggregation](rows, num_rows, max_length)


def token_mean(rows: Tensor, num_rows: int, max_length: int) -> Tensor:
    """1 / T: every token counts the same, so a long answer counts more than a short one."""
    del num_rows, max_length
    return torch.full((len(rows),), 1.0 / max(len(rows), 1), device=rows.device)


def sequence_mean(rows: Tensor, num_rows: int, max_length: int) -> Tensor:
    """1 / (num_rows * tokens of its row): every answer counts the same, so a token of a long answer counts less."""
    del max_length
    counts = torch.bincount(rows, minlength=num_rows).clamp(min=1)
    return 1.0 / (num_rows * counts[rows].float())


def sequence_sum(rows: Tensor, num_rows: int, max_length: int) -> Tensor:
    """1 / num_rows: the plain policy gradient, that of the log-probability of an answer."""
    del max_length
    return torch.full((len(rows),), 1.0 / max(num_rows, 1), device=rows.device)


def constant_length(rows: Tensor, num_rows: int, max_length: int) -> Tensor:
    """1 / (num_rows * max_length): sequence_sum up to a constant, on the scale of a mean over tokens. Length is neither
    paid nor punished. Source: Dr. GRPO, arXiv:2503.20783."""
    return sequence_sum(rows, num_rows, max_length) / max_length


AGGREGATIONS: dict[Aggregation, Weights] = {
    "token_mean": token_mean,
    "sequence_mean": sequence_mean,
    "sequence_sum": sequence_sum,
    "constant_length": constant_length,
}


def likelihood_weights(rows: Tensor, right: Tensor) -> Tensor:
    """1 / (trained tokens of right answers) at those tokens, 0 at the others: the weights of -logprob in the
    likelihood term.

    rows int64 [T]: the sequence of each trained token of the whole batch; right bool [num_rows]. No right answer gives
    zeros. Source: the positive-example language-model loss of VAPO, arXiv:2504.05118.
    """
    chosen = right[rows].float()
    return chosen / chosen.sum().clamp(min=1)
