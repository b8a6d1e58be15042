"""The report on held-out pairs: its numbers by hand, and the words they deserve."""

import json
import math

import pytest

from homeschool.reward_report import report_lines, reward_report

THREE_OF_FOUR = [2.0, 2.0, 2.0, -2.0] * 25


def test_numbers_by_hand() -> None:
    report = reward_report(THREE_OF_FOUR, [False] * 100)
    assert (report.pairs, report.accuracy.estimate, report.rule_accuracy) == (100, 0.75, None)
    assert (report.accuracy.low, report.accuracy.high) == pytest.approx((0.6569, 0.8245), abs=1e-4)  # Wilson
    # sigmoid(2) = 0.880797: log losses 0.126928 and 2.126928, Brier 0.014209 and 0.775803
    assert report.log_loss.estimate == pytest.approx(0.626928, abs=1e-6)
    assert report.brier.estimate == pytest.approx(0.204608, abs=1e-6)
    assert report.calibration.estimate == pytest.approx(0.130797, abs=1e-6)  # claimed 0.880797, right 0.75
    assert report.temperature == pytest.approx(2 / math.log(3))
    assert report.smallest_effect == pytest.approx(0.1415, abs=1e-3)  # (1.9842 + 0.8453) * 0.5 / 10
    (only,) = report.reliability
    assert (only.count, only.observed) == (100, 0.75)


def test_labels_that_were_flipped_are_marked_against_the_rule_too() -> None:
    """The model follows the rule everywhere, and the labels say the opposite in 25 of 100 pairs."""
    report = reward_report(THREE_OF_FOUR, [lead < 0 for lead in THREE_OF_FOUR])
    assert report.accuracy.estimate == 0.75
    assert report.rule_accuracy is not None
    assert report.rule_accuracy.estimate == 1.0
    assert any("before noise was added: right in 100.0" in line for line in report_lines(report, 0.8))


def test_a_tie_is_half_right() -> None:
    assert reward_report([0.0] * 60, [False] * 60).accuracy.estimate == 0.5


def test_huge_leads_do_not_overflow() -> None:
    report = reward_report([1000.0, -1000.0] * 30, [False] * 60)
    assert report.log_loss.estimate == 500.0
    assert report.brier.estimate == 0.5


@pytest.mark.parametrize(
    ("leads", "words"),
    [
        ([1.0, -1.0] * 50, "not shown to be better than guessing"),
        ([1.0, -1.0] * 50, "no temperature would calibrate it"),
        ([1.0] * 100, "never wrong on these pairs"),
        ([4.0, 4.0, 4.0, -4.0] * 25, "temperature 3.64 would calibrate it: it claims too much"),
        ([0.1, 0.1, 0.1, -0.1] * 25, "it claims too little"),
        (
            [math.log(3), math.log(3), math.log(3), -math.log(3)] * 25,
            "the distance from 1 is within what chance explains",
        ),
    ],
)
def test_words(leads: list[float], words: str) -> None:
    lines = "\n".join(report_lines(reward_report(leads, [False] * len(leads)), 0.9))
    assert words in lines
    assert "of less than 14.1" in lines or len(leads) != 100


def test_the_summary_is_json_also_where_no_temperature_is_finite() -> None:
    known = json.loads(json.dumps(reward_report([1.0, -1.0] * 50, [False] * 100).summary(), allow_nan=False))
    assert known["temperature"] is None
    assert known["accuracy"] == {
        "estimate": 0.5,
        "low": pytest.approx(0.4038, abs=1e-4),
        "high": pytest.approx(0.5962, abs=1e-4),
    }
