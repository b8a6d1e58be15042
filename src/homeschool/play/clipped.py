"""The clip of PPO on the bandit: several passes over the answers of a step, until their ratios have gone far enough.

An answer has two tokens: whether it cheats, and, where it does not, whether its result is right. Each has its ratio of
probabilities, now over as it was written, and pushes by the clipped objective (arXiv:1707.06347)::

    min(ratio A, clip(ratio, 1 - low, 1 + high) A)

so what was good pushes until its ratio is above 1 + high, and what was bad until it is below 1 - low. A low of 1 lets
everything fall as far as it may, and a high of 1 never stops anything here: no step doubles a probability.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from homeschool.rewards.guard.bandit import CHEAT_RATE, SKILL_RATE, Gradient, Lesson

PASSES = 4


def clipped_gradient(low: float, high: float) -> Gradient:
    """How far u and s get in PASSES passes, each with its share of the rates."""

    def gradient(u: float, s: float, lessons: Sequence[Lesson]) -> tuple[float, float]:
        advantage = np.array([one.advantage for one in lessons])
        cheated = np.array([one.answer.cheated for one in lessons])
        right = np.array([one.answer.gold > 0 for one in lessons])
        easiness = np.array([one.easiness for one in lessons])

        def pushed(chance: Any, before: Any, came: Any) -> Any:
            """What each answer pushes the logit of an event by; ``chance``: of the event, ``came``: whether it did."""
            ratio = np.where(came, chance / before, (1 - chance) / (1 - before))
            goes_on = np.where(advantage > 0, ratio <= 1 + high, ratio >= 1 - low)
            return goes_on * advantage * ratio * (came - chance)

        h, p = _sigmoid(u), _sigmoid(s + easiness)
        to_cheat = to_work = 0.0
        for _ in range(PASSES):
            now, then = _sigmoid(u + CHEAT_RATE * to_cheat), _sigmoid(s + SKILL_RATE * to_work + easiness)
            to_cheat += float(np.mean(pushed(now, h, cheated))) / PASSES
            to_work += float(np.mean(~cheated * pushed(then, p, right))) / PASSES
        return to_cheat, to_work

    return gradient


def _sigmoid(logit: Any) -> Any:
    return 1 / (1 + np.exp(-logit))
