"""The answers of a step as the guard sees them: where they stand, how they look, what other scores would pay."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from homeschool.streams import stream
from homeschool.types import Rollout, RolloutGroup

Floats = NDArray[np.float64]

HIDDEN = 128
"""Hidden numbers kept of an answer; wider models are projected at random onto so many."""
READ_SHARE = 8
"""One layer in so many is read by a guard. A forward is a quarter of a step's work for each token, so an eighth of it
is some 3 %; what is told apart by more layers is in docs (guard)."""


def layers_read(layers: int) -> int:
    """How many of the start model's layers a guard reads answers with: an eighth, at least one. That is enough to tell
    answers apart, for a small share of a step."""
    return max(1, layers // READ_SHARE)


@dataclass(frozen=True)
class Views:
    """How the frozen start model sees the answers of a step that train, in their order; rows not read are 0."""

    hidden: Floats
    """[N, width], hidden states averaged over the tokens of the answer."""
    logprobs: Floats
    """[N], mean log-probability of a token, in nats: under the start model where all of it was read, else as
    sampled."""
    is_whole: bool = False
    """All of the start model was read."""


class Answer(NamedTuple):
    """One answer that trains, and where it stands."""

    group: int
    place: int
    """In its group; coins are keyed by it."""
    rollout: Rollout

    @property
    def score(self) -> float:
        return self.rollout.score or 0.0


def mean_logprob(rollout: Rollout) -> float:
    """Mean log-probability of a token as sampled, in nats; 0 for an empty answer."""
    found = rollout.completion.logprobs
    return sum(found) / max(1, len(found))


def trained_answers(groups: Sequence[RolloutGroup]) -> list[Answer]:
    """Those that train, group by group: the order of the rows of a batch."""
    return [
        Answer(number, place, rollout)
        for number, group in enumerate(groups)
        for place, rollout in enumerate(group.rollouts)
        if rollout.trains
    ]


def replaced(groups: Sequence[RolloutGroup], answers: Sequence[Answer], new: Sequence[Rollout]) -> list[RolloutGroup]:
    """The groups with other rollouts in the places of ``answers``."""
    rollouts = [list(group.rollouts) for group in groups]
    for answer, rollout in zip(answers, new, strict=True):
        rollouts[answer.group][answer.place] = rollout
    return [replace(group, rollouts=tuple(kept)) for group, kept in zip(groups, rollouts, strict=True)]


def features_of(
    answers: Sequence[Answer], views: Views, full_marks: float, earned: Sequence[float] | None = None
) -> Floats:
    """What a prediction may look at, [N, features]: the answer and what was paid for it, nothing of the item's columns.

    Hidden states, the marks of single scorers, the score and its square as shares of full marks, log length, how
    likely the answer was, and where items have keys the share that no other key gives, ``earned``.
    """
    scores = np.array([answer.score for answer in answers]) / full_marks
    lengths = np.array([float(len(answer.rollout.completion.tokens)) for answer in answers])
    parts = np.array([answer.rollout.parts for answer in answers], dtype=float).reshape(len(answers), -1)
    keys = [] if earned is None else [np.array(earned)]
    return np.column_stack([projected(views.hidden), parts, scores, scores**2, np.log(lengths), views.logprobs, *keys])


def projected(hidden: Floats) -> Floats:
    """[N, width] -> [N, at most ``HIDDEN``]: as they are, or by one fixed random matrix (Johnson-Lindenstrauss)."""
    width = hidden.shape[1]
    if width <= HIDDEN:
        return hidden
    matrix = stream(0, "guard projection", width).standard_normal((width, HIDDEN)) / np.sqrt(HIDDEN)
    out: Floats = hidden @ matrix
    return out


class Quoter(Protocol):
    """A rule that says what it would pay for another score."""

    def quote(
        self, papers: Sequence[tuple[str, Sequence[float | None]]], changes: Sequence[tuple[int, int, float]]
    ) -> list[float]:
        """What answers would be paid; ``changes`` are (group, place in it, score)."""
        ...


class Pay:
    """What the answers of a step would be paid for other scores: by the rule, where there is one, the others in the
    group as they are; penalties for length stay."""

    def __init__(self, groups: Sequence[RolloutGroup], answers: Sequence[Answer], rule: Quoter | None) -> None:
        self._answers, self._rule = answers, rule
        self._papers = [(group.prompt.id, [rollout.score for rollout in group.rollouts]) for group in groups]
        own = self._by_rule(range(len(answers)), [answer.score for answer in answers])
        self._extra = [(a.rollout.reward or 0.0) - pay for a, pay in zip(answers, own, strict=True)]

    def of(self, places: Sequence[int], scores: Sequence[float]) -> list[float]:
        """The pay of the answers at ``places``, each for another score."""
        return [pay + self._extra[place] for place, pay in zip(places, self._by_rule(places, scores), strict=True)]

    def _by_rule(self, places: Sequence[int], scores: Sequence[float]) -> list[float]:
        if self._rule is None or not places:
            return list(scores)
        at = [(self._answers[place].group, self._answers[place].place) for place in places]
        return self._rule.quote(self._papers, [(*where, s) for where, s in zip(at, scores, strict=True)])
