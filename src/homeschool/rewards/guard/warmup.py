"""Before the first step: audit the untrained policy, and say what a run like this needs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from homeschool.rewards.guard.answers import Views, trained_answers
from homeschool.rewards.guard.coins import Fallen
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.ledger import Row, audit_row
from homeschool.rewards.guard.predictor import FIRST_FIT, cross_validated
from homeschool.rewards.guard.rate import Plan, plan
from homeschool.rewards.guard.verdict import Verdict, tolerance_of
from homeschool.types import RolloutGroup

MOST_TOLERANCE = 0.1
"""However wrong the scorer was in the warm-up, more than this share of false passes is cheating."""


@dataclass(frozen=True)
class WarmUp:
    """What the audits of the untrained policy showed."""

    answers: int
    rewarded: int
    audits: int
    false_passes: int
    true_score: float
    """Mean gold mark, as a share of full marks, of all answers; those not rewarded count as 0."""
    tolerance: float
    plan: Plan | None
    """None where nothing was rewarded, or where the rate is fixed."""
    rows: list[Row]
    """Of audits.jsonl."""

    def event(self) -> dict[str, Any]:
        """What events.jsonl says of it."""
        found = asdict(self)
        del found["rows"]
        return found


def warm_up(guard: Guard, groups: Sequence[RolloutGroup], views: Views | None) -> WarmUp:
    """Audit rewarded answers of ``groups``, at most ``guard.warm_up_calls`` of them, spread evenly.

    It sets the tolerance of the verdict and gives predictor and rate their first audits. How far a learned prediction
    would miss is measured by cross-validation.
    """
    answers, config = trained_answers(groups), guard.config
    rewarded = [place for place, answer in enumerate(answers) if guard.is_rewarded(answer.rollout)]
    most = guard.warm_up_calls
    stride = max(1, len(rewarded) // max(1, most))
    coins = [Fallen(place, 1.0, True) for place in rewarded[::stride][:most]]
    audits = guard.reveal(answers, [answer.score / guard.full_marks for answer in answers], coins)
    golds = np.array([audit.gold / guard.full_marks for audit in audits])
    expected = np.array([audit.expected for audit in audits])
    features = guard.expectation.features(answers, views, "warm-up")
    if features is not None and len(audits) >= FIRST_FIT:
        places = [audit.coin.place for audit in audits]
        expected = cross_validated(features[places], golds, np.ones(len(golds)))
    guard.expectation.learn(audits, features, "warm-up")
    share = len(rewarded) / max(1, len(answers))
    score = float(golds.mean()) * share if audits else 0.0
    guard.control.learn((golds - expected).tolist(), [1.0] * len(audits), score if audits else None)
    false = sum(audit.is_false_pass for audit in audits)
    tolerance = config.tolerance or guard.verdict.tolerance
    if audits and not config.tolerance:
        tolerance = min(tolerance_of(false, len(audits)), MOST_TOLERANCE)
        guard.verdict = Verdict(tolerance)
    need = None
    if audits and config.variance:
        error = float(((golds - expected) ** 2).mean())
        need = plan(error, share, score, config.variance, guard.answers, guard.control.budget, config.rate)
    rows = [audit_row(audit, audit.answer.rollout, 0) for audit in audits]
    return WarmUp(len(answers), len(rewarded), len(audits), false, score, tolerance, need, rows)
