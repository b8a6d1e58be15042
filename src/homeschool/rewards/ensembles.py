"""Several reward models, one score: how their opinions of an answer become a number. Standard library only.

Each function takes the scores that the members gave one answer. One score that is not a number makes the result no
number either: an answer that a member cannot judge has no mark. The members' scores must have a common level (the
centring term of ``homeschool reward-model``), or minimum and variance compare nothing.
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean

Scores = Sequence[float]


def mean(scores: Scores) -> float:
    """What the members say on average: errors that they do not share shrink. One member gives its own score."""
    return fmean(scores) if all(map(math.isfinite, scores)) else math.nan


def minimum(scores: Scores) -> float:
    """What the strictest member says: an answer has to convince all of them. Worst-case optimisation,
    arXiv:2310.02743."""
    return min(scores) if all(map(math.isfinite, scores)) else math.nan


def mean_minus_variance(scores: Scores, weight: float) -> float:
    """The mean, less where members disagree::

        mean - weight * sum((s - mean)^2) / k

    for k members, divided by k and not k - 1. One member, or weight 0, gives the mean. Uncertainty-weighted
    optimisation, arXiv:2310.02743.
    """
    middle = mean(scores)
    return middle - weight * fmean((score - middle) ** 2 for score in scores)


def ensemble(name: str, variance_weight: float) -> Callable[[Scores], float]:
    """The function of that name."""
    if name == "mean_minus_variance":
        return lambda scores: mean_minus_variance(scores, variance_weight)
    return {"mean": mean, "minimum": minimum}[name]
