"""How good is a reward model? Held-out pairs say: how often it is right, and how far its claims can be trusted.

The unit is the pair. A *lead* is the score of the side that is labelled better minus the score of the other, so a
positive lead is a right answer, and sigmoid(lead) the chance that the model gave to the label.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from homeschool.calibration import (
    ReliabilityBin,
    brier_scores,
    calibrating_temperature,
    calibration_floor,
    calibration_interval,
    log_losses,
    reliability,
)
from homeschool.messages import reward_model as say
from homeschool.stats import Interval, detectable_effect, mean_interval, wilson

GUESSING_SD = 0.5
"""Deviation of one pair's verdict where the model guesses."""


@dataclass(frozen=True)
class RewardReport:
    """Held-out marks of one reward model."""

    pairs: int
    accuracy: Interval
    """Share of pairs in which the better side scored higher, a tie half; Wilson's interval."""
    rule_accuracy: Interval | None
    """The same against the labels before noise was added; None where none was."""
    log_loss: Interval
    """Mean of -log sigmoid(lead), in nats; 0.693 is guessing."""
    brier: Interval
    """Mean squared distance of the chance from 1; 0.25 is guessing."""
    calibration: Interval
    """Expected calibration error of the confidence, which goes from 0.5 to 1."""
    calibration_floor: float
    """What a perfectly calibrated model shows on so few pairs, on average."""
    reliability: tuple[ReliabilityBin, ...]
    """By confidence: what was claimed, and how often it was right."""
    temperature: float
    """Divides the leads so that the chances fit best; above 1 the model claimed too much. 0: it was never wrong; inf:
    it was wrong as often as right."""
    smallest_effect: float
    """Smallest distance of the accuracy from 0.5 that so many pairs show with a chance of 80 %."""

    def summary(self) -> dict[str, Any]:
        """As ``summary.json`` holds it; a temperature that is no finite number is null."""
        known = asdict(self)
        known["temperature"] = self.temperature if math.isfinite(self.temperature) else None
        known["reliability"] = [asdict(line) for line in self.reliability]
        return known


def reward_report(leads: Sequence[float], is_flipped: Sequence[bool], seed: int = 0) -> RewardReport:
    """The report on held-out pairs; ``is_flipped`` says whose label is noise that was put there on purpose."""
    right = [_right(lead) for lead in leads]
    by_rule = [1 - mark if flipped else mark for mark, flipped in zip(right, is_flipped, strict=True)]
    chances = [_chance(lead) for lead in leads]
    confidence = [max(chance, 1 - chance) for chance in chances]
    return RewardReport(
        pairs=len(leads),
        accuracy=wilson(sum(right), len(leads)),
        rule_accuracy=wilson(sum(by_rule), len(leads)) if any(is_flipped) else None,
        log_loss=mean_interval(log_losses(leads), seed),
        brier=mean_interval(brier_scores(chances, [1.0] * len(leads)), seed),
        calibration=calibration_interval(confidence, right, lowest=0.5, seed=seed),
        calibration_floor=calibration_floor(confidence, lowest=0.5, seed=seed),
        reliability=tuple(reliability(confidence, right, lowest=0.5)),
        temperature=calibrating_temperature(leads),
        smallest_effect=detectable_effect(GUESSING_SD, len(leads)),
    )


def _right(lead: float) -> float:
    return 0.5 if lead == 0 else float(lead > 0)


def _chance(lead: float) -> float:
    """sigmoid(lead), without overflow on either side."""
    if lead >= 0:
        return 1 / (1 + math.exp(-lead))
    return math.exp(lead) / (1 + math.exp(lead))


def report_lines(report: RewardReport, train_accuracy: float) -> list[str]:
    """The report in words."""
    lines = [
        say.HELD_OUT(
            pairs=report.pairs,
            accuracy=report.accuracy.points(100),
            smallest=100 * report.smallest_effect,
            trained=100 * train_accuracy,
        )
    ]
    if report.accuracy.low <= 0.5:
        lines.append(say.NO_BETTER())
    if report.rule_accuracy:
        lines.append(say.BY_RULE(accuracy=report.rule_accuracy.points(100)))
    lines.append(
        say.HOW_SURE(
            log_loss=report.log_loss,
            brier=report.brier,
            calibration=report.calibration,
            floor=report.calibration_floor,
        )
    )
    lines += [_temperature_line(report), say.BINS()]
    for line in report.reliability:
        lines.append(say.BIN(stated=100 * line.stated, observed=100 * line.observed, count=line.count))
    return lines


def _temperature_line(report: RewardReport) -> str:
    if report.temperature == 0:
        return say.NEVER_WRONG()
    if math.isinf(report.temperature):
        return say.NO_TEMPERATURE()
    judgement = say.CLAIMS_TOO_MUCH if report.temperature > 1 else say.CLAIMS_TOO_LITTLE
    if report.calibration.low <= report.calibration_floor:
        judgement = say.BY_CHANCE
    return say.TEMPERATURE(temperature=report.temperature, judgement=judgement())
