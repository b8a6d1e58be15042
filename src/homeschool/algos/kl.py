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


def exact(logits: Tensor, ref_logits: Tensor) -> Tensor:
    """sum over the vocabulary of policy * log(policy / reference) at each token: [T, V] and [T, V] to [T].

    Logits or log-probabilities, at the temperature that was sampled with. No sampling noise, and the right gradient on
    and off the policy's own samples; it costs the reference's logits. What the policy cannot say (logit -inf)
    contributes 0; what only the reference cannot say, its probability times 10,000 rather than infinity.
    """
    logprobs = logits.log_softmax(-1).clamp(min=FLOOR)
    ref_logprobs = ref_logits.log_softmax(-1).clamp(min=FLOOR)
    return (logprobs.exp() * (logprobs - ref_logprobs)).sum(-1)


FLOOR = -1e4
"""The smallest log-probability: its exponential is 0, and 0 times it is 0, where 0 times -inf is not a number."""


def importance_corrected(divergence: Tensor, ratio: Tensor) -> Tensor:
    """ratio * k, with the gradient through both: the KL estimate of samples that an older policy drew.

    E_old[ratio * k3] is the exact KL of the policy now, whatever it has become, and its gradient is that of the KL, as
    k3's alone is not. At the first update the value is k3's and only the gradient differs. Source: DeepSeek-V3.2,
    arXiv:2512.02556.
    """
    return ratio * divergence
