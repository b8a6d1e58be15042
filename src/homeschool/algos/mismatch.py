"""Weights that make up for a sampler whose probabilities differ a little from the trainer's: truncated or masked.

An inference engine computes in other kernels and formats, so a token sampled with probability mu has probability pi in
the trainer, before any update. The importance weight pi / mu makes the expectation right again; without a limit its
variance grows with every token. Our own engine in fp32 gives weights of 1 within rounding.

``log_weights`` is at the level of ``token`` or ``sequence``, [T] over trained tokens; then ``truncated`` or ``masked``.
The weights multiply the loss and carry no gradient.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from homeschool.algos.ratios import CAP
from homeschool.algos.segments import segment_sums


def token_log_weights(old_logprobs: Tensor, rollout_logprobs: Tensor, rows: Tensor) -> Tensor:
    """log pi - log mu of each token: a little bias, because what came before is weighed as if it were exact."""
    del rows
    return (old_logprobs - rollout_logprobs).detach()


def sequence_log_weights(old_logprobs: Tensor, rollout_logprobs: Tensor, rows: Tensor) -> Tensor:
    """log pi - log mu of the whole answer, the sum over its tokens, at each of them: exact, and far more spread."""
    return segment_sums((old_logprobs - rollout_logprobs).detach(), rows)[0]


def truncated(log_weights: Tensor, cap: float) -> Tensor:
    """min(weight, cap): everything still trains. Source: truncated importance sampling, Ionides 2008; for language
    models Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training"."""
    return log_weights.clamp(max=CAP).exp().clamp(max=cap)


def masked(log_weights: Tensor, cap: float) -> Tensor:
    """The weight where it is at most ``cap``, else 0: what the trainer finds far likelier than the sampler did is not
    trusted. Source: masked importance sampling, Liu et al. 2025, "When speed kills stability"; in the spirit of IcePop,
    arXiv:2510.18855."""
    weights = log_weights.clamp(max=CAP).exp()
    return torch.where(weights <= cap, weights, 0.0)


LOG_WEIGHTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "token": token_log_weights,
    "sequence": sequence_log_weights,
}
MISMATCH: dict[str, Callable[[Tensor, float], Tensor]] = {"truncate": truncated, "mask": masked}
