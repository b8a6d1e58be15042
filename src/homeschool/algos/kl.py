"""Estimators of KL(policy, reference) from tokens that the policy sampled. Each is elementwise on log-probabilities.

With r = reference / policy at the sampled token and x ~ policy:

    k1 = -log r               unbiased, can be negative, high variance
    k2 = (log r)^2 / 2        biased, its gradient is that of the exact KL on-policy
    k3 = r - 1 - log r        unbiased, never negative

Source: J. Schulman, "Approximating KL divergence", 2020.
"""

from collections.abc import Callable

from torch import Tensor

Estimator = Callable[[Tensor, Tensor], Tensor]
"""estimator(logprobs, ref_logprobs), elementwise."""


def k1(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """log(policy / reference). Zero where both agree."""
    return logprobs - ref_logprobs


def k2(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """Half the squared log-ratio."""
    return 0.5 * (logprobs - ref_logprobs) ** 2


def k3(logprobs: Tensor, ref_logprobs: Tensor) -> Tensor:
    """reference / policy - 1 - log(reference / policy).

    As a *loss* its gradient is not that of the KL (it weighs the ratio the other way round); it is the setting of the
    GRPO paper. The exponent is capped at 20 so that one impossible token cannot turn the sum into infinity.
    """
    log_ratio = ref_logprobs - logprobs
    ratio: Tensor = log_ratio.clamp(max=20.0).exp()
    return ratio - 1 - log_ratio


ESTIMATORS: dict[str, Estimator] = {"k1": k1, "k2": k2, "k3": k3}
