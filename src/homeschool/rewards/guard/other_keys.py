"""Other keys: a rewarded answer is marked again as if it had been written for other items.

What it earns by a key that is not its own it did not earn by being right, so that part is not paid: the correction for
guessing of written tests, made by asking the grader. Asked about are a key that the answer names besides its own, and
those that look most like the answer and like its own key: a grader that is content with a part tells only far ones
apart. It costs marks and no answers. Weaker than audits: where honest marks depend on the key no more than false ones,
nobody is paid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import numpy as np

from homeschool.rewards.guard.verdict import RUN_LENGTH, Verdict
from homeschool.rewards.marker import Marker
from homeschool.streams import stream
from homeschool.types import Prompt, Rollout, RolloutGroup

LUCK = 0.02
"""Share of full marks that other keys may give as well without a cheat: an answer that names several numbers."""
REMEMBERED = 256
"""Keys of earlier items that may be asked about."""
COMPARED = 16
"""Characters at the beginning by which a key is like another, or like an answer."""


def earned(score: float, others: Sequence[float]) -> float:
    """The part of a score that no other key gives: ``max(0, score - max(others))``; without any, all of it."""
    return max(0.0, score - max(others)) if others else score


def nearest(
    texts: Sequence[str], own: Sequence[str], known: Sequence[str], count: int, luck: np.random.Generator
) -> list[list[int]]:
    """For each text the places of the ``count`` keys of ``known`` that agree with it in most characters, place by
    place, an end being a character too; equals in random order, never its own key, fewer where there are no more."""
    if not texts or not known:
        return [[] for _ in texts]
    alike = (_characters(texts)[:, None] == _characters(known)[None]).sum(-1) + luck.random((len(texts), len(known)))
    alike[np.array(own)[:, None] == np.array(known)[None]] = -1.0
    order = np.argsort(-alike, axis=1)[:, :count]
    return [[int(place) for place in places if row[place] >= 0] for row, places in zip(alike, order, strict=True)]


def named_besides(
    texts: Sequence[str], own: Sequence[str], known: Sequence[str], luck: np.random.Generator
) -> list[list[int]]:
    """For each text the place of the longest key of ``known`` that stands in it and not within its own key; equals in
    random order, none where there is no such key."""
    order = sorted(range(len(known)), key=lambda place: (-len(known[place]), luck.random()))
    return [
        next(([place] for place in order if known[place] and known[place] in text and known[place] not in key), [])
        for text, key in zip(texts, own, strict=True)
    ]


def _characters(keys: Sequence[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.array(keys, dtype=f"U{COMPARED}").view(np.uint32).reshape(len(keys), COMPARED)


class OtherKeys:
    """Asks the paying grader about each rewarded answer with keys that are not its own; one for a run.

    ``key``: the column that holds the right answer. Answers with a score of ``above`` or less are not asked about.
    ``verdict`` hears of each item that is paid for the share of its full marks that another key gives as well.
    """

    def __init__(
        self, marker: Marker, key: str, count: int, seed: int, full_marks: float = 1.0, above: float = 0.0
    ) -> None:
        self.marker, self.key, self.count, self.seed = marker, key, count, seed
        self.full_marks, self.above = full_marks, above
        self.verdict = Verdict(LUCK, RUN_LENGTH)
        self.known: dict[str, Any] = {}
        """Keys by what they look like, those seen last at the end."""

    def pay(self, groups: Sequence[RolloutGroup], step: int) -> list[RolloutGroup]:
        """The groups with rewards for what was earned."""
        marks = iter(self.marks([rollout for group in groups for rollout in group.rollouts], step))
        paid = []
        for group in groups:
            others = [next(marks) for _ in group.rollouts]
            self._hear(group.rollouts, others)
            paid.append(replace(group, rollouts=tuple(map(_paid, group.rollouts, others))))
        return paid

    def shares(self, rollouts: Sequence[Rollout], step: int | str) -> list[float]:
        """The share of full marks that each has earned: its score where nothing was asked."""
        marks = self.marks(rollouts, step)
        return [earned(r.score or 0.0, others) / self.full_marks for r, others in zip(rollouts, marks, strict=True)]

    def marks(self, rollouts: Sequence[Rollout], step: int | str) -> list[list[float]]:
        """What each earns by the keys of others; a mark that is missing is left out."""
        self._remember(rollouts)
        asked = [place for place, rollout in enumerate(rollouts) if (rollout.score or 0.0) > self.above]
        keys = self._keys([rollouts[place] for place in asked], step)
        trials = [(rollouts[place], place, key) for place, own in zip(asked, keys, strict=True) for key in own]
        found: list[list[float]] = [[] for _ in rollouts]
        if not trials:
            return found
        prompts = [_with_key(rollout.prompt, self.key, key) for rollout, _, key in trials]
        marks = self.marker.score(prompts, [rollout.completion for rollout, _, _ in trials]).scores
        for (_, place, _), mark in zip(trials, marks, strict=True):
            if mark is not None:
                found[place].append(mark)
        return found

    def _keys(self, asked: Sequence[Rollout], step: int | str) -> list[list[Any]]:
        """For each answer the keys to ask about: one that it names, the one most like it, others most like its own."""
        names, luck = list(self.known), stream(self.seed, "other keys", step)
        own = [str(rollout.prompt.columns.get(self.key)) for rollout in asked]
        texts = [rollout.completion.text.strip() for rollout in asked]
        by_answer, by_key = nearest(texts, own, names, 1, luck), nearest(own, own, names, self.count, luck)
        ways = zip(named_besides(texts, own, names, luck), by_answer, by_key, strict=True)
        chosen = [list(dict.fromkeys([*a, *b, *c]))[: self.count] for a, b, c in ways]
        return [[self.known[names[number]] for number in numbers] for numbers in chosen]

    def _remember(self, rollouts: Sequence[Rollout]) -> None:
        keys = [rollout.prompt.columns.get(self.key) for rollout in rollouts]
        seen = {str(key): key for key in keys if key is not None}
        kept = [key for key in self._plain() if str(key) not in seen]
        self.known = {str(key): key for key in kept[-REMEMBERED:]} | seen

    def _plain(self) -> list[str | int | float]:
        """Keys that outlive a step: a checkpoint has to hold them."""
        return [key for key in self.known.values() if isinstance(key, str | int | float)]

    def _hear(self, rollouts: Sequence[Rollout], marks: Sequence[Sequence[float]]) -> None:
        asked = [(rollout.score or 0.0, others) for rollout, others in zip(rollouts, marks, strict=True) if others]
        full = [max(others) >= self.full_marks for score, others in asked if score >= self.full_marks]
        if full:
            self.verdict.observe(fmean(full))

    def state_dict(self) -> dict[str, Any]:
        """Numbers and lists, ready for JSON."""
        return {"verdict": self.verdict.state_dict(), "known": self._plain()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.verdict.load_state_dict(state["verdict"])
        self.known = {str(key): key for key in state["known"]}


def _with_key(prompt: Prompt, name: str, key: Any) -> Prompt:
    return replace(prompt, columns={**prompt.columns, name: key})


def _paid(rollout: Rollout, others: Sequence[float]) -> Rollout:
    if not others or rollout.reward is None or not rollout.score:
        return rollout
    return replace(rollout, reward=rollout.reward * earned(rollout.score, others) / rollout.score)
