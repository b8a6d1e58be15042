"""Calibration: numbers worked out by hand, and what a perfect and an overconfident model must show."""

import math

import numpy as np
import pytest

from homeschool.calibration import (
    brier_scores,
    calibrating_temperature,
    calibration_error,
    calibration_floor,
    calibration_interval,
    log_losses,
    reliability,
)
from homeschool.errors import UsageError

CHANCES, OUTCOMES = [0.56, 0.93, 0.94, 0.84], [1, 1, 0, 1]


def drawn(n: int, truth: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Leads of a model and who won, where the true chance is sigmoid(truth * lead)."""
    generator = np.random.default_rng(seed)
    leads = generator.normal(0, 2, n)
    return leads, generator.random(n) < 1 / (1 + np.exp(-truth * leads))


def test_bins_hold_what_was_said_and_what_came_true() -> None:
    bins = reliability(CHANCES, OUTCOMES, lowest=0.5)
    assert [(b.low, b.high, b.count) for b in bins] == [
        (pytest.approx(0.55), pytest.approx(0.6), 1),
        (pytest.approx(0.8), pytest.approx(0.85), 1),
        (pytest.approx(0.9), pytest.approx(0.95), 2),
    ]
    assert [b.stated for b in bins] == pytest.approx([0.56, 0.84, 0.935])
    assert [b.observed for b in bins] == [1.0, 1.0, 0.5]


def test_a_chance_of_one_is_in_the_last_bin() -> None:
    (only,) = reliability([1.0, 0.96], [1, 1])
    assert (only.low, only.high, only.count) == (0.9, 1.0, 2)


def test_error_by_hand() -> None:
    # |0.44| + |0.16| + |0.07 - 0.94| over 4
    assert calibration_error(CHANCES, OUTCOMES, lowest=0.5) == pytest.approx(0.3675)
    assert calibration_error([0.75] * 4, [1, 1, 1, 0]) == 0.0
    assert calibration_error([1.0, 1.0], [0, 0]) == 1.0


def test_the_interval_of_a_perfect_model_reaches_down_to_about_zero_and_the_floor_explains_its_error() -> None:
    leads, won = drawn(400, 1.0)
    chances = 1 / (1 + np.exp(-leads))
    error, floor = calibration_interval(chances, won), calibration_floor(chances)
    assert error.estimate == calibration_error(chances, won)
    assert error.low <= 0.005
    assert 0.02 < floor < 0.05
    assert abs(error.estimate - floor) < 0.03


def test_an_overconfident_model_is_told_from_a_perfect_one() -> None:
    leads, won = drawn(400, 0.25)
    chances = 1 / (1 + np.exp(-leads))
    error = calibration_interval(chances, won)
    assert error.low > 0.1 > calibration_floor(chances)
    assert calibration_interval(chances, won) == error  # the same cases, the same interval


def test_the_interval_covers_the_true_error() -> None:
    """Stated 0.8, true 0.6, and stated 0.6, true 0.6: the error is 0.1. At least 35 of 40 exams of 200 cover it."""
    chances = np.array([0.8] * 100 + [0.6] * 100)
    generator = np.random.default_rng(0)
    covered = 0
    for exam in range(40):
        found = calibration_interval(chances, generator.random(200) < 0.6, seed=exam)
        covered += found.low <= 0.1 <= found.high
    assert covered >= 35


def test_brier_and_log_loss_by_hand() -> None:
    assert brier_scores([0.75, 0.5, 1.0], [1, 0, 0]) == [0.0625, 0.25, 1.0]
    assert log_losses([0.0, math.log(3), -1000.0]) == pytest.approx([0.6931472, 0.2876821, 1000.0])


def test_temperature_by_hand() -> None:
    """Three of four leads of 2 were right, so sigmoid(2 / T) = 3/4 and T = 2 / log 3."""
    assert calibrating_temperature([2, 2, 2, -2]) == pytest.approx(1.8204785)
    assert calibrating_temperature([2e-8, 2e-8, 2e-8, -2e-8]) == pytest.approx(1.8204785e-8)


def test_temperature_undoes_what_was_claimed_too_much_or_too_little() -> None:
    for truth in (0.25, 4.0):
        leads, won = drawn(20_000, truth)
        signed = np.where(won, leads, -leads)
        temperature = calibrating_temperature(signed)
        assert temperature == pytest.approx(1 / truth, rel=0.05)
        chances = 1 / (1 + np.exp(-leads / temperature))
        assert calibration_error(chances, won) < 0.015


def test_no_temperature_helps_a_model_that_is_wrong_and_none_is_low_enough_for_one_that_is_right() -> None:
    assert calibrating_temperature([1.0, -1.0]) == math.inf
    assert calibrating_temperature([0.0, 0.0]) == math.inf
    assert calibrating_temperature([1.0, 3.0]) == 0.0


@pytest.mark.parametrize(
    ("chances", "outcomes", "message"),
    [
        ([0.4, 0.6], [1], "2 chances and 1 outcomes"),
        ([0.4, 0.6], [1, 1], "from 0.5 to 1"),
        ([0.6], [2.0], "outcomes go from 2 to 2"),
        ([], [], "at least one"),
        ([math.nan], [1], "finite"),
    ],
)
def test_refusals(chances: list[float], outcomes: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        calibration_error(chances, outcomes, lowest=0.5)
