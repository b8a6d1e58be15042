"""What is maximised, and how far one batch may move the policy: the surrogates.

``f(tokens, limits) -> Surrogate``, elementwise over trained tokens [T]. Any row of the table of algorithms is a
``Limits``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Tokens:
    """What is known of the trained tokens of a micro-batch, fp32 [T] each."""

    logprobs: Tensor
    """Under the policy now, with gradient."""
    old_logprobs: Tensor
    """Under the policy that sampled them, without gradient."""
    ratio: Tensor
    """policy / old policy, of the token or of its answer, with gradient."""
    advantages: Tensor


class Limits(Protocol):
    """The columns of an algorithm that say how far is too far."""

    @property
    def clip_low(self) -> float: ...
    @property
    def clip_high(self) -> float: ...
    @property
    def dual_clip(self) -> float: ...
    @property
    def gate_positive(self) -> float: ...
    @property
    def gate_negative(self) -> float: ...
    @property
    def divergence(self) -> float: ...


class Surrogate(NamedTuple):
    """Loss of each token, and the share of its gradient that the limit took away, in [0, 1]."""

    loss: Tensor
    limited: Tensor


def clip(tokens: Tokens, limits: Limits) -> Surrogate:
    """-min(ratio * A, clip(ratio, 1 - clip_low, 1 + clip_high) * A), and with dual_clip c at most c * |A| where A < 0.

    What is clipped is the change of probability, not the reward: once a good token is 1 + clip_high times as likely as
    when it was sampled, there is no more to gain from it. A bad token that has become likelier is pushed down with all
    of its ratio, without bound; ``dual_clip`` (0 is off, else above 1) lets go of it above c. Sources:
    arXiv:1707.06347, equation 7; clip_high > clip_low, DAPO, arXiv:2503.14476; dual clip, arXiv:1912.09729.
    """
    ratio, advantages = tokens.ratio, tokens.advantages
    plain = -ratio * advantages
    loss = torch.maximum(plain, -ratio.clamp(1 - limits.clip_low, 1 + limits.clip_high) * advantages)
    above = (ratio > 1 + limits.clip_high) & (advantages > 0)
    below = (ratio < 1 - limits.clip_low) & (advantages < 0)
    limited = above | below
    if limits.dual_clip:
        far = (ratio > limits.dual_clip) & (advantages < 0)
        loss = torch.where(far, -limits.dual_clip * advantages, loss)
        limited = limited | far
    return Surrogate(loss, limited.float())


def stop_gradient(tokens: Tokens, limits: Limits) -> Surrogate:
    """-sg(min(ratio, 1 + clip_high)) * A * logprob: the ratio is a weight, capped, and every token keeps a gradient.

    Source: CISPO, arXiv:2506.13585.
    """
    ratio = tokens.ratio.detach()
    weight = ratio.clamp(max=1 + limits.clip_high)
    limited = (1 - (1 + limits.clip_high) / ratio).clamp(min=0.0)
    return Surrogate(-weight * tokens.advantages * tokens.logprobs, limited)


def soft_gate(tokens: Tokens, limits: Limits) -> Surrogate:
    """-(4 / tau) * sigmoid(tau * (ratio - 1)) * A, with tau = gate_positive where A > 0, else gate_negative.

    The slope in the ratio is 4 p (1 - p) with p the sigmoid: 1 on policy, fading on both sides, never cut. The higher
    tau, the sooner. Source: SAPO, arXiv:2511.20347.
    """
    advantages = tokens.advantages
    tau = torch.where(advantages > 0, limits.gate_positive, limits.gate_negative)
    gate = torch.sigmoid(tau * (tokens.ratio - 1))
    slope = 4 * gate.detach() * (1 - gate.detach())
    return Surrogate(-4 / tau * gate * advantages, 1 - slope)


def divergence_mask(tokens: Tokens, limits: Limits) -> Surrogate:
    """-ratio * A, or 0 where |p - p_old| > divergence and the step would lead further away (A > 0 and p > p_old, or
    A < 0 and p < p_old).

    |p - p_old| is the total variation between the two policies seen as "this token or another". A rare token may double
    its probability, a likely one may not halve it: the reverse of what a clip of the ratio allows. Source: DPPO with
    the binary total variation, arXiv:2602.04879.
    """
    moved = tokens.logprobs.detach().exp() - tokens.old_logprobs.exp()
    limited = (moved.abs() > limits.divergence) & (moved * tokens.advantages > 0)
    return Surrogate(torch.where(limited, 0.0, -tokens.ratio * tokens.advantages), limited.float())


def logprob(tokens: Tokens, limits: Limits) -> Surrogate:
    """-log-probability * A: the REINFORCE gradient, exact for one update on the policy's own samples. No limit.

    Source: Williams 1992.
    """
    del limits
    return Surrogate(-tokens.logprobs * tokens.advantages, torch.zeros_like(tokens.advantages))


SURROGATES: dict[str, Callable[[Tokens, Limits], Surrogate]] = {
    "clip": clip,
    "stop_gradient": stop_gradient,
    "soft_gate": soft_gate,
    "divergence_mask": divergence_mask,
    "logprob": logprob,
}
