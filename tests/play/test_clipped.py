"""The clip by hand: one answer at a time, all chances one half, so the first of four passes pushes by 1/8."""

import pytest

from homeschool.play.clipped import clipped_gradient
from homeschool.rewards.guard.bandit import Answer, Lesson, policy_gradient

CHEAT, RIGHT, WRONG = Answer(True, 1.0, 0.0), Answer(False, 1.0, 1.0), Answer(False, 0.0, 0.0)
CLASS = [Lesson(2.0, CHEAT, 0.3), Lesson(0.5, RIGHT, -0.4), Lesson(-1.5, WRONG, 1.0), Lesson(-1.0, RIGHT, 0.0)]


def pushed(low: float, high: float, advantage: float, answer: Answer) -> tuple[float, float]:
    return clipped_gradient(low, high)(0.0, 0.0, [Lesson(advantage, answer, 0.0)])


def test_what_was_good_pushes_until_the_bound_above() -> None:
    """After the first pass u is 1/2 and the chance of the cheat 0.622, a ratio of 1.245."""
    assert pushed(0.01, 0.2, 1.0, CHEAT) == (0.125, 0.0)
    further, _ = pushed(0.01, 0.25, 1.0, CHEAT)
    assert further == pytest.approx(0.125 + 1.24492 * (1 - 0.62246) / 4, abs=1e-5)
    assert pushed(0.01, 1.0, 1.0, CHEAT)[0] > further


def test_what_was_bad_pushes_until_the_bound_below() -> None:
    """After the first pass the chance of the cheat is 0.378, a ratio of 0.755."""
    assert pushed(0.2, 0.01, -1.0, CHEAT) == (-0.125, 0.0)
    further, _ = pushed(0.25, 0.01, -1.0, CHEAT)
    assert further == pytest.approx(-0.125 - 0.75508 * (1 - 0.37754) / 4, abs=1e-5)
    assert pushed(1.0, 0.01, -1.0, CHEAT)[0] < further


def test_each_token_has_its_own_ratio() -> None:
    """A right answer is also one without the cheat: that ratio leaves the bound at once, that of the work does not."""
    to_cheat, to_work = pushed(1.0, 0.026, 1.0, RIGHT)
    assert to_cheat == -0.125
    assert to_work == pytest.approx(0.125 + 1.024995 * (1 - 0.5124974) / 4, abs=1e-5)
    assert pushed(1.0, 0.02, 1.0, RIGHT) == (-0.125, 0.125)


def test_without_bounds_small_advantages_follow_the_plain_gradient() -> None:
    small = [Lesson(one.advantage / 1000, one.answer, one.easiness) for one in CLASS]
    assert clipped_gradient(1.0, 1.0)(-1.0, 0.5, small) == pytest.approx(policy_gradient(-1.0, 0.5, small), rel=0.01)
