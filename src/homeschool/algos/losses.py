"""Losses as elementwise functions of tokens, and the one rule that adds them up.

Every function takes fp32 tensors over the trained tokens of a batch, [T], and returns a loss per token.
``token_weights`` turns the chosen aggregation into one weight per token, computed over the whole batch before the
first backward; the loss is the weighted sum. So any split into micro-batches gives the same gradient.
"""

import torch
from torch import Tensor

from homeschool.algos.table import Aggregation


def token_weights(rows: Tensor, num_rows: int, aggregation: Aggregation, max_length: int) -> Tensor:
    """The weight of each trained token in the loss of the whole batch.

    ``rows`` int64 [T]: the sequence each trained token belongs to; ``num_rows``: sequences in the batch, those
    without a trained token included; ``max_length``: the constant of ``constant_length``.

        token_mean       1 / T                              every token counts the same
        sequence_mean    1 / (num_rows * tokens of its row) every answer counts the same, long or short
        sequence_sum     1 / num_rows                       the plain policy gradient: the log-probability of an answer
        constant_length  1 / (num_rows * max_length)        the same up to a constant; length is neither paid nor
        punished
    """
    total = max(len(rows), 1)
    if aggregation == "token_mean":
        return torch.full((len(rows),), 1.0 / total, device=rows.device)
    if aggregation == "sequence_mean":
        counts = torch.bincount(rows, minlength=num_rows).clamp(min=1)
        return 1.0 / (num_rows * counts[rows].float())
    length = 1 if aggregation == "sequence_sum" else max_length
    return torch.full((len(rows),), 1.0 / (num_rows * length), device=rows.device)


def token_ratio(logprobs: Tensor, old_logprobs: Tensor) -> Tensor:
    """policy / old policy at each token; the exponent is capped at 20, where any clip has long since acted."""
    return (logprobs - old_logprobs).clamp(max=20.0).exp()


def clipped_surrogate(ratio: Tensor, advantages: Tensor, clip_low: float, clip_high: float) -> Tensor:
    """-min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A).

    What is clipped is the change of probability, not the reward: once a good token is 1 + clip_high times as likely as
    when it was sampled, there is no more to gain from it. Source: arXiv:1707.06347, equation 7.
    """
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
    return -torch.minimum(ratio * advantages, clipped * advantages)


def logprob_surrogate(logprobs: Tensor, advantages: Tensor) -> Tensor:
    """-log-probability * A: the REINFORCE gradient, exact for one update on the policy's own samples."""
    return -logprobs * advantages


def clipped_share(ratio: Tensor, advantages: Tensor, clip_low: float, clip_high: float) -> Tensor:
    """1 where the clip takes the gradient away, else 0."""
    above = (ratio > 1 + clip_high) & (advantages > 0)
    below = (ratio < 1 - clip_low) & (advantages < 0)
    return (above | below).float()


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, clip: float) -> Tensor:
    """max((V - R)^2, (V_old + clip(V - V_old, -clip, clip) - R)^2) / 2; clip 0 is the plain squared error.

    Source: the PPO reference implementation. The larger of the two, so a value that ran past the clip away from its
    return still feels the pull back.
    """
    plain = (values - returns) ** 2
    if clip == 0:
        return 0.5 * plain
    near = old_values + (values - old_values).clamp(-clip, clip)
    return 0.5 * torch.maximum(plain, (near - returns) ** 2)
