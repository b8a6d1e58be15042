"""How much more likely the policy makes what it once sampled: the importance ratio, at the level of tokens or answers.

``f(logprobs, old_logprobs, rows) -> ratio``, all [T] over trained tokens. ``rows`` int64 [T] is the answer of each
token, numbered within what is passed in: an answer comes whole or not at all.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from homeschool.algos.segments import segment_sums

CAP = 20.0
"""The largest exponent, e^20 = 485 million: every limit has long since acted, and an infinity would become NaN."""

Ratio = Callable[[Tensor, Tensor, Tensor], Tensor]


def token_ratio(logprobs: Tensor, old_logprobs: Tensor, rows: Tensor) -> Tensor:
    """policy / old policy at each token. Source: arXiv:1707.06347."""
    del rows
    return (logprobs - old_logprobs).clamp(max=CAP).exp()


def sequence_ratio(logprobs: Tensor, old_logprobs: Tensor, rows: Tensor) -> Tensor:
    """The geometric mean of an answer's token ratios, at each of its tokens.

        s = exp(mean over the answer of (logprobs - old_logprobs))

    The reward belongs to the whole answer, and so does the ratio: all tokens of an answer are limited together. The
    gradient of s reaches each token with weight s / length. Source: GSPO, arXiv:2507.18071.
    """
    sums, counts = segment_sums(logprobs - old_logprobs, rows)
    return (sums / counts).clamp(max=CAP).exp()


def no_ratio(logprobs: Tensor, old_logprobs: Tensor, rows: Tensor) -> Tensor:
    """1 everywhere, without gradient: for one update on the policy's own samples, where the ratio is 1."""
    del old_logprobs, rows
    return torch.ones_like(logprobs)


RATIOS: dict[str, Ratio] = {"token": token_ratio, "sequence": sequence_ratio, "none": no_ratio}
