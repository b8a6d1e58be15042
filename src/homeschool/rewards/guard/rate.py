"""How many answers to audit: as many as keep the noise of audits within a multiple of the pay's own, and no more.

Standard library only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any

PRIOR_ERROR, PRIOR_WEIGHT = 0.25, 8.0
"""Before any audit a prediction is taken to miss by a half, with the weight of so many audits."""
MEMORY = 0.99
"""What is kept of old audits for each new one: about the last hundred count."""
SCORE_MEMORY = 0.9
"""The same for the true score, step by step."""
LEAST_VARIANCE = 0.05
"""The pay's own variance is taken to be at least this: near 0 or 1 there is next to none, and no rate would do."""
FRONT = 4.0
"""So many times the even share of what is left may be spent in one step."""
BOOST = 2.0
"""How many times more audits while the ladder asks for more."""
RESERVED = 0.5
"""Share of the answers to come, rewarded and audited at the nominal rate, for which calls are held back."""
UNSEEN = 1.0
"""One miss by full marks that the audits so far may have overlooked: what was never seen may still be there."""


def extra_variance(rate: float, error: float, rewarded: float) -> float:
    """The mean variance that audits add to the pay of an answer: (1 - pi) / pi * E(g - f)^2 * share rewarded.

    ``rate`` 0 adds none, since nothing is corrected: the pay is then the prediction, noiseless and maybe wrong.
    """
    return (1 - rate) / rate * error * rewarded if rate > 0 else 0.0


def needed_rate(error: float, rewarded: float, own: float, multiple: float) -> float:
    """The chance of an audit at which ``extra_variance`` is ``multiple`` times ``own``::

        pi = m * rho / (kappa * v + m * rho)

    m: ``error``, the mean squared miss of the prediction among rewarded answers; rho: the share ``rewarded``; v: the
    variance of the true score. A prediction that never misses needs none.
    """
    spread = error * rewarded
    return spread / (multiple * own + spread) if spread > 0 else 0.0


def own_variance(score: float) -> float:
    """p (1 - p) of a true score between 0 and 1, at least ``LEAST_VARIANCE``."""
    share = min(max(score, 0.0), 1.0)
    return max(share * (1 - share), LEAST_VARIANCE)


def pace(rate: float, error: float, rewarded: float, score: float) -> float:
    """How much smaller the learning rate should be under audited pay than under gold::

        sqrt(v / (v + extra))

    v: the variance of the true score, extra: ``extra_variance``. Adam makes steps about equally long, however noisy:
    noise takes from their useful part, which shrinks by this much. A learning rate that is smaller by as much keeps
    what a step destroys by chance, which grows with its square, at the same share of what it gains. So who survives a
    learning rate when paid by gold survives it when paid by audits, and nothing is biased.
    """
    own = own_variance(score)
    return sqrt(own / (own + extra_variance(rate, error, rewarded)))


@dataclass
class RateControl:
    """The chance of an audit in each step.

    ``variance`` 0: always ``rate``. Else what the target needs, at least ``rate`` and at most ``most``; above ``rate``
    only from what the budget does not hold back for the steps to come, and of that at most four times the even share:
    front-loaded, and never spent before the end. Never below ``rate`` unless the budget demands it: a cheat that is
    looked for once in a hundred answers has taken over before it is seen, and its correction is then 99 large.
    """

    rate: float
    variance: float
    most: float = 1.0
    budget: float = inf
    spent: int = 0
    missed: float = PRIOR_ERROR * PRIOR_WEIGHT
    weight: float = PRIOR_WEIGHT
    score: float | None = None
    """Recent true score, as a share of full marks."""
    boost: float = 1.0
    """Multiplies the rate that is wanted."""

    @property
    def left(self) -> float:
        """Gold calls that may still be made."""
        return max(0.0, self.budget - self.spent)

    @property
    def error(self) -> float:
        """E(g - f)^2 among rewarded answers, from recent audits and one that was overlooked; marks from 0 to 1."""
        return min((self.missed + UNSEEN) / self.weight, 1.0)

    def wanted(self, rewarded: float) -> float:
        """The rate that the target asks for, whatever it costs. ``rewarded``: their share among the answers."""
        if not self.variance:
            return min(self.boost * self.rate, 1.0)
        target = needed_rate(self.error, rewarded, own_variance(self.score or 0.0), self.variance)
        return min(self.boost * max(target, self.rate), self.most)

    def affordable(self, count: int, answers: int, steps_left: int) -> float:
        """The largest rate for ``count`` rewarded answers of ``answers`` that the budget allows in this step.

        With a fixed rate all that is left may go at once, less a margin for the luck of the coins. Else there is a rate
        as long as a call is left, and of the last few a quarter may be expected to go.
        """
        if self.budget == inf or not count:
            return 1.0
        if not self.variance:
            return min(1.0, max(0.0, self.left - 2 * sqrt(self.left)) / count)
        floor = self.rate * count
        over = self.left - floor - RESERVED * self.rate * answers * (steps_left - 1)
        even = self.left / steps_left
        calls = max(even, floor + over * FRONT / (steps_left + FRONT - 1)) if over > 0 else even
        return min(1.0, min(calls, max(self.left / 4, self.left - 2 * sqrt(self.left))) / count)

    def chosen(self, count: int, answers: int, steps_left: int) -> float:
        """The rate of a step in which ``count`` of ``answers`` were rewarded; 0 where a fixed rate cannot be paid."""
        wanted, can = self.wanted(count / max(1, answers)), self.affordable(count, answers, steps_left)
        if not self.variance:
            return wanted if wanted <= can else 0.0
        return min(wanted, can)

    def pace(self, rate: float, rewarded: float) -> float:
        """How fast to learn at this rate, from 0 to 1: see :func:`pace`. What nobody has seen to miss yet does not slow
        it down."""
        if not self.variance or rate <= 0:
            return 1.0
        return pace(rate, min(self.missed / self.weight, 1.0), rewarded, self.score or 0.0)

    def learn(self, misses: Sequence[float], weights: Sequence[float], score: float | None) -> None:
        """The audits of a step: g - f of rewarded answers with 1 / pi, and an estimate of the step's true score."""
        for miss, weight in zip(misses, weights, strict=True):
            self.missed = MEMORY**weight * self.missed + weight * miss * miss
            self.weight = MEMORY**weight * self.weight + weight
        if score is not None:
            self.score = score if self.score is None else SCORE_MEMORY * self.score + (1 - SCORE_MEMORY) * score

    def state_dict(self) -> dict[str, Any]:
        """What steps have changed."""
        return {"spent": self.spent, "missed": self.missed, "weight": self.weight, "score": self.score}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.spent, self.missed, self.weight = state["spent"], state["missed"], state["weight"]
        self.score = state["score"]


@dataclass(frozen=True)
class Plan:
    """What a warm-up says about the audits that a run needs."""

    needed: float
    """Chance of an audit that holds the variance target at the start."""
    calls: float
    """Gold calls of the whole run, if everything stayed as it is."""
    budget: float
    share: float
    """The same calls as a share of all answers: what `guard.rate` would have to be."""
    pace: float
    """Factor of the learning rate at the start, with as many audits as are wanted and an even share of the budget
    allows."""
    wanted: float
    """Chance of an audit at the start: what is needed, and never below `guard.rate`."""
    wanted_calls: float
    """Gold calls of the whole run at that chance."""

    @property
    def affordable(self) -> bool:
        """The budget covers it. Half is enough: the need falls as the learner stops cheating or gets better."""
        return self.calls <= 2 * self.budget


def plan(
    error: float, rewarded: float, score: float, multiple: float, answers: int, budget: float, least: float = 0.0
) -> Plan:
    """The need of a run of so many ``answers``, from a warm-up: how far predictions miss, how much is rewarded, and the
    true score. ``least`` is the chance of an audit below which nobody goes who can pay for it."""
    needed = needed_rate(error, rewarded, own_variance(score), multiple)
    calls = needed * rewarded * answers
    wanted = max(needed, least)
    rate = min(wanted, budget / (rewarded * answers))
    slowed = pace(rate, error, rewarded, score)
    return Plan(needed, calls, budget, calls / answers, slowed, wanted, wanted * rewarded * answers)
