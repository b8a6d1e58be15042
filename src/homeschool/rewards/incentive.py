"""From marks to rewards by a rule: what an attempt is, who remembers what, and what to look at.

The order is fixed: score, then rule, then the comparison within a group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any, Protocol

from homeschool.errors import ConfigError
from homeschool.messages.refusals import rewards as say
from homeschool.messages.suggestion import suggestion
from homeschool.rewards.ability import Ability, Result
from homeschool.rewards.rule_file import FileRule
from homeschool.rewards.rule_settings import BEST, refuse_settings
from homeschool.rewards.rules import RULES
from homeschool.types import RolloutGroup

Attempt = dict[str, Any]
History = dict[str, Any]

RULE_TIMEOUT_S = 20.0


class Rule(Protocol):
    """A rule of this package or of a user, ready to be asked."""

    @property
    def name(self) -> str:
        """As the user wrote it."""
        ...

    @property
    def settings(self) -> Mapping[str, Any]:
        """What ``start`` takes, with the defaults."""
        ...

    def start(self, **settings: Any) -> History:
        """The first history."""
        ...

    def pay(self, attempts: Sequence[Attempt], history: History) -> list[float]:
        """What each attempt is paid."""
        ...

    def learn(self, attempts: Sequence[Attempt], history: History) -> History:
        """The history after an exam."""
        ...

    def close(self) -> None:
        """Give back what outlives a call."""
        ...


class BuiltInRule:
    """A file of ``rules/``, called as it is."""

    def __init__(self, name: str, module: ModuleType) -> None:
        self.name, self._module = name, module
        self.settings = {key: spec.default for key, spec in signature(module.start).parameters.items()}

    def start(self, **settings: Any) -> History:
        """The first history."""
        history: History = self._module.start(**settings)
        return history

    def pay(self, attempts: Sequence[Attempt], history: History) -> list[float]:
        """What each attempt is paid."""
        rule = self._module.rule
        return [rule(attempt, history) for attempt in attempts]

    def learn(self, attempts: Sequence[Attempt], history: History) -> History:
        """The history after an exam."""
        after: History = self._module.learn(list(attempts), history)
        return after

    def close(self) -> None:
        """Nothing to end."""


class Incentive:
    """One learner's rule, with what it has learned and what is expected of the learner. Close it when done.

    ::

        incentive = build_incentive("fixed_tiers", {"tiers": (50.0, 75.0)})
        incentive.pay([("paper 1", [40.0, 50.0, 80.0])])       # [[-0.05, 0.5, 1.0]]
        incentive.learn()                                      # the exam is over

    A mark of None was never given: it is paid None, and nobody learns from it.
    """

    def __init__(self, rule: Rule, history: History, full_marks: float = BEST, questions: float = 1) -> None:
        self.rule, self.history = rule, history
        self.ability = Ability()
        self.full_marks, self.questions = full_marks, questions
        self._exam: list[list[Attempt]] = []
        self._paid: list[list[float]] = []

    def pay(self, papers: Sequence[tuple[str, Sequence[float | None]]]) -> list[list[float | None]]:
        """Rewards of groups, each an item with the scores of its answers; all by what was known before the exam."""
        written = [self._attempts(item, [score for score in scores if score is not None]) for item, scores in papers]
        pays = iter(self.rule.pay([attempt for group in written for attempt in group], self.history))
        paid = [[next(pays) for _ in group] for group in written]
        self._exam += written
        self._paid += paid
        rest = [iter(group) for group in paid]
        return [
            [None if score is None else next(group) for score in scores]
            for group, (_, scores) in zip(rest, papers, strict=True)
        ]

    def pay_groups(self, groups: Sequence[RolloutGroup]) -> list[RolloutGroup]:
        """The same groups with rewards by the rule; scores stay what they were."""
        papers = [(group.prompt.id, [rollout.score for rollout in group.rollouts]) for group in groups]
        return [
            replace(
                group,
                rollouts=tuple(
                    replace(rollout, reward=reward) for rollout, reward in zip(group.rollouts, rewards, strict=True)
                ),
            )
            for group, rewards in zip(groups, self.pay(papers), strict=True)
        ]

    def quote(
        self, papers: Sequence[tuple[str, Sequence[float | None]]], changes: Sequence[tuple[int, int, float]]
    ) -> list[float]:
        """What an answer would be paid with another score, the others as they are; nothing is remembered of it.

        ``changes``: (paper, place of the answer in it, score), each by itself. A place must have a score already.
        """
        asked = []
        for paper, place, score in changes:
            item, scores = papers[paper]
            others = scores[:place]
            changed = [*others, score, *scores[place + 1 :]]
            attempts = self._attempts(item, [other for other in changed if other is not None])
            asked.append(attempts[place - list(others).count(None)])
        return self.rule.pay(asked, self.history)

    def believe(self, papers: Sequence[Sequence[float | None]]) -> None:
        """Better scores for the exam so far, paper by paper: the rule and the expectation will learn from these."""
        scale = BEST / self.full_marks
        for attempts, scores in zip(self._exam, papers, strict=True):
            marks = [score * scale for score in scores if score is not None]
            for place, (attempt, mark) in enumerate(zip(attempts, marks, strict=True)):
                attempt |= {"score": mark, "others": marks[:place] + marks[place + 1 :]}

    def metrics(self) -> dict[str, float]:
        """What the exam so far looked like (docs: the metrics glossary)."""
        scores = [attempt["score"] for group in self._exam for attempt in group]
        found = {"ability/level": self.ability.level}
        if scores:
            found["reward/score_mean"] = fmean(scores) * self.full_marks / BEST
        marked, pays = [group for group in self._paid if group], self._numbers("pays")
        if marked and pays:
            found |= _tiers(marked, pays)
        edges = self._numbers("edges") or self._numbers("tiers")
        found |= {f"reward/edge_{number}": edge for number, edge in enumerate(edges, start=1)}
        if isinstance(self.history.get("edits"), int | float):
            found["reward/edits"] = self.history["edits"]
        return found

    def _numbers(self, name: str) -> list[float]:
        """A list of numbers of the history; empty where a user's rule keeps something else under this name."""
        found = self.history.get(name)
        is_list = isinstance(found, list) and all(isinstance(value, int | float) for value in found)
        return list(found) if found and is_list else []

    def learn(self) -> None:
        """The exam is over: the rule learns from all attempts at once, and so does the expectation.

        An exam without a mark teaches nothing.
        """
        attempts = [attempt for group in self._exam for attempt in group]
        if attempts:
            self.history = self.rule.learn(attempts, self.history)
        right: dict[str, float] = {}
        asked: dict[str, float] = {}
        for attempt in attempts:
            item, share = attempt["item"], min(max(attempt["score"] / BEST, 0.0), 1.0)
            right[item] = right.get(item, 0.0) + self.questions * share
            asked[item] = asked.get(item, 0.0) + self.questions
        self.ability.observe([Result(item, right[item], asked[item]) for item in asked])
        self._exam, self._paid = [], []

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON. To be asked between exams."""
        return {"history": self.history, "ability": self.ability.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.history = state["history"]
        self.ability.load_state_dict(state["ability"])

    def close(self) -> None:
        """End the process of a user's rule, if there is one."""
        self.rule.close()

    def _attempts(self, item: str, scores: Sequence[float]) -> list[Attempt]:
        expected, spread = self.ability.predict(item, self.questions)
        scale = BEST / self.full_marks
        marks = [score * scale for score in scores]
        return [
            {
                "item": item,
                "score": mark,
                "others": marks[:place] + marks[place + 1 :],
                "expected": BEST * expected,
                "spread": BEST * spread,
            }
            for place, mark in enumerate(marks)
        ]


def _tiers(paid: Sequence[Sequence[float]], pays: Sequence[float]) -> dict[str, float]:
    """Groups entirely at the top or at the bottom, and the share of attempts that reached each tier."""
    found = {
        "reward/coasting_frac": fmean(set(group) == {pays[-1]} for group in paid),
        "reward/give_up_frac": fmean(set(group) == {pays[0]} for group in paid),
    }
    single = [reward for group in paid for reward in group]
    for number, pay in enumerate(pays[1:], start=1):
        found[f"reward/reached_{number}"] = fmean(reward >= pay for reward in single)
    return found


def build_incentive(
    name: str,
    settings: Mapping[str, Any] | None = None,
    *,
    full_marks: float = BEST,
    questions: float = 1,
    timeout_s: float = RULE_TIMEOUT_S,
) -> Incentive:
    """The rule of that name, or of a file ``rule.py``, with the settings given and its own defaults for the others.

    ``full_marks``: the score that counts as 100 marks, above 0. ``questions``: how many independent questions one score
    sums up; the luck of a paper follows from it. Raises ConfigError for a rule that is unknown or fails on made-up
    attempts, and for settings that it does not read or that cannot be meant.
    """
    if not full_marks > 0 or not questions > 0:
        raise ConfigError(say.NOT_ABOVE_ZERO(full_marks=full_marks, questions=questions))
    settings = dict(settings or {})
    rule = _find(name, timeout_s)
    try:
        refuse_settings(rule.name, rule.settings, settings)
        history = rule.start(**settings)
    except ConfigError:
        rule.close()
        raise
    return Incentive(rule, history, full_marks, questions)


def _find(name: str, timeout_s: float) -> Rule:
    if name in RULES:
        return BuiltInRule(name, RULES[name])
    if name.endswith(".py"):
        return FileRule(Path(name).expanduser(), timeout_s)
    raise ConfigError(say.NO_RULE(name=name, nearest=suggestion(name, RULES)))
