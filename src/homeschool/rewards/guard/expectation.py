"""What an answer is expected to be worth by the gold check, before any coin falls: the score, or what audits taught.

While the score has been right of late it is the expectation, and nobody reads or asks anything. Once it was wrong, a
predictor learns from the answer as the frozen start model sees it, and from what the grader gives it by other keys.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from homeschool.rewards.guard.answers import Answer, Floats, Views, features_of
from homeschool.rewards.guard.ledger import Audited
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.guard.predictor import REPLAY, LearnedPredictor
from homeschool.rewards.guard.unread import Unread, from_state, unread

RECENT = 100
"""Audits by which it is judged whether a learned prediction is worth its time."""
WORTH_READING = 0.005
"""Mean squared miss of the score among them, in full marks, above which it is: half a false pass. Where the score has
just been right a hundred times, a prediction could only repeat it."""


class Expectation:
    """Expects, and learns from audits; one for a run.

    ``learns``: whether it may; else the score is all that is ever expected. ``other_keys``: None where the questions
    have no key that could be another's.
    """

    def __init__(self, learns: bool, full_marks: float = 1.0, other_keys: OtherKeys | None = None) -> None:
        self.learns, self.full_marks, self.other_keys = learns, full_marks, other_keys
        self.predictor: LearnedPredictor | None = None
        self.misses: list[float] = []
        """(gold - score)^2 of the recent audits, in full marks."""
        self.unread: list[Unread] = []
        """Audits that the predictor has not learned from, since nobody has read the answers."""

    @property
    def reads_start(self) -> bool:
        """Somebody has to show how the start model sees the answers of this step: the score has been wrong of late."""
        return self.learns and bool(self.misses) and fmean(self.misses) > WORTH_READING

    def features(self, answers: Sequence[Answer], views: Views | None, step: int | str) -> Floats | None:
        """What predictions of these answers look at; None where nobody has read them."""
        if views is None:
            return None
        return features_of(answers, views, self.full_marks, self._earned(answers, step))

    def _earned(self, answers: Sequence[Answer], step: int | str) -> list[float] | None:
        """The share of full marks of each that no other key gives."""
        if self.other_keys is None:
            return None
        return self.other_keys.shares([answer.rollout for answer in answers], step)

    def shares(self, features: Floats | None, places: Sequence[int]) -> list[float] | None:
        """Shares of full marks expected of the answers at ``places``; None where it is the score."""
        if features is None or self.predictor is None or not self.predictor.is_ready or not places:
            return None
        found: list[float] = self.predictor.predict(features[places]).tolist()
        return found

    def learn(self, audits: Sequence[Audited], features: Floats | None, step: int | str) -> None:
        """Learn from audits; ``features`` are those of all answers of their step. Without them the audits wait until
        somebody reads the answers."""
        if not audits or not self.learns:
            return
        golds = [audit.gold / self.full_marks for audit in audits]
        scores = [audit.answer.score / self.full_marks for audit in audits]
        self.misses += [(gold - score) ** 2 for gold, score in zip(golds, scores, strict=True)]
        self.misses = self.misses[-RECENT:]
        weights = [audit.weight for audit in audits]
        if features is not None:
            self._fit(features[[audit.coin.place for audit in audits]], golds, weights)
            return
        earned: Sequence[float | None] = self._earned([a.answer for a in audits], step) or [None] * len(audits)
        rollouts = [audit.answer.rollout for audit in audits]
        self.unread = [*self.unread, *map(unread, rollouts, golds, weights, earned)][-REPLAY:]

    def catch_up(self, views: Views) -> None:
        """Learn from the audits that waited; ``views`` of their answers, in order."""
        answers = [Answer(place, 0, waiting.rollout) for place, waiting in enumerate(self.unread)]
        earned = [waiting.earned for waiting in self.unread if waiting.earned is not None] or None
        golds, weights = [waiting.gold for waiting in self.unread], [waiting.weight for waiting in self.unread]
        self._fit(features_of(answers, views, self.full_marks, earned), golds, weights)
        self.unread = []

    def _fit(self, features: Floats, golds: Sequence[float], weights: Sequence[float]) -> None:
        if self.predictor is None:
            self.predictor = LearnedPredictor(features.shape[1])
        self.predictor.learn(features, np.array(golds), np.array(weights))

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON. To be asked between steps."""
        predictor, keys = self.predictor, self.other_keys
        return {
            "predictor": predictor and {"width": predictor.width, **predictor.state_dict()},
            "misses": self.misses,
            "unread": [waiting.state() for waiting in self.unread],
            "other_keys": keys and keys.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        if state["predictor"]:
            self.predictor = LearnedPredictor(state["predictor"]["width"])
            self.predictor.load_state_dict(state["predictor"])
        self.misses, self.unread = list(state["misses"]), [from_state(waiting) for waiting in state["unread"]]
        if self.other_keys and state["other_keys"]:
            self.other_keys.load_state_dict(state["other_keys"])
