"""Other keys: a rewarded answer is marked again as if it had been written for other items.

What it earns by a key that is not its own it did not earn by being right, so that part is not paid: the correction for
guessing of written tests, made by asking the grader. Asked about are the keys that look most like the answer, and most
like its own key: a grader that is content with a part of the answer tells only far ones apart. It costs marks and no
answers. Weaker than audits: where honest marks depend on the key no more than false ones, nobody is paid.
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


def _characters(keys: Sequence[str]) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.array(keys, dtype=f"U{COMPARED}").view(np.uint32).reshape(len(keys), COMPARED)


class OtherKeys:
    """Asks the paying grader about each rewarded answer with keys that are not its own; one for a run.

    ``key``: the column that holds the right answer. ``verdict`` hears of each item the share of its full marks that
    another key gives as well.
    """

    def __init__(self, marker: Marker, key: str, count: int, seed: int, full_marks: float = 1.0) -> None:
        self.marker, self.key, self.count, self.seed, self.full_marks = marker, key, count, seed, full_marks
        self.verdict = Verdict(LUCK, RUN_LENGTH)
        self.known: dict[str, Any] = {}
        """Keys by what they look like, those seen last at the end."""

    def pay(self, groups: Sequence[RolloutGroup], step: int, above: float) -> list[RolloutGroup]:
        """The groups with rewards for what was earned; answers with a score of ``above`` or less stay as they are."""
        asked = [
            (place, number)
            for place, group in enumerate(groups)
            for number, rollout in enumerate(group.rollouts)
            if rollout.score is not None and rollout.score > above
        ]
        marks = self._marked(groups, asked, self._keys(groups, asked, step))
        for place, group in enumerate(groups):
            self._hear(group, {number: found for (where, number), found in marks.items() if where == place})
        return [
            replace(group, rollouts=tuple(_paid(r, marks.get((place, n), [])) for n, r in enumerate(group.rollouts)))
            for place, group in enumerate(groups)
        ]

    def _keys(self, groups: Sequence[RolloutGroup], asked: Sequence[tuple[int, int]], step: int) -> list[list[Any]]:
        """For each answer the keys to ask about: the one most like it, the others most like its own key."""
        self._remember(groups)
        names, luck = list(self.known), stream(self.seed, "other keys", step)
        own = [str(groups[place].prompt.columns.get(self.key)) for place, _ in asked]
        texts = [groups[place].rollouts[number].completion.text.strip() for place, number in asked]
        by_answer = nearest(texts, own, names, 1, luck)
        by_key = nearest(own, own, names, self.count, luck)
        chosen = [list(dict.fromkeys([*a, *b]))[: self.count] for a, b in zip(by_answer, by_key, strict=True)]
        return [[self.known[names[number]] for number in numbers] for numbers in chosen]

    def _remember(self, groups: Sequence[RolloutGroup]) -> None:
        keys = [group.prompt.columns.get(self.key) for group in groups]
        seen = {str(key): key for key in keys if key is not None}
        kept = [key for key in self._plain() if str(key) not in seen]
        self.known = {str(key): key for key in kept[-REMEMBERED:]} | seen

    def _plain(self) -> list[str | int | float]:
        """Keys that outlive a step: a checkpoint has to hold them."""
        return [key for key in self.known.values() if isinstance(key, str | int | float)]

    def _marked(
        self, groups: Sequence[RolloutGroup], asked: Sequence[tuple[int, int]], keys: Sequence[Sequence[Any]]
    ) -> dict[tuple[int, int], list[float]]:
        """What each answer earns by the keys that are not its own; a mark that is missing is left out."""
        trials = [(*where, key) for where, own in zip(asked, keys, strict=True) for key in own]
        if not trials:
            return {}
        prompts = [_with_key(groups[place].prompt, self.key, key) for place, _, key in trials]
        marks = self.marker.score(prompts, [groups[place].rollouts[n].completion for place, n, _ in trials]).scores
        found: dict[tuple[int, int], list[float]] = {where: [] for where in asked}
        for (place, number, _), mark in zip(trials, marks, strict=True):
            if mark is not None:
                found[place, number].append(mark)
        return found

    def _hear(self, group: RolloutGroup, marks: Mapping[int, Sequence[float]]) -> None:
        is_full = {n: max(found) >= self.full_marks for n, found in marks.items() if found}
        full = [again for n, again in is_full.items() if (group.rollouts[n].score or 0.0) >= self.full_marks]
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
