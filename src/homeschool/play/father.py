"""Level 7: the learner writes the rule, or has a search write it. It runs in a process of its own, with limits, and
never in the server."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from homeschool.errors import ScorerError
from homeschool.messages import play as say
from homeschool.messages.refusals import pages as refused
from homeschool.play.classes import HIDDEN, SEEN, interval
from homeschool.play.level import (
    Chart,
    Check,
    Choice,
    Level,
    Line,
    Pick,
    Played,
    Program,
    Range,
    RealRun,
    Settings,
    thinned,
)
from homeschool.play.rule_search import Found, Tiers, TiersRule, search
from homeschool.rewards.incentive import Attempt, BuiltInRule, History, Incentive, Rule
from homeschool.rewards.rule_file import FileRule
from homeschool.rewards.rules import RULES, fixed_tiers
from homeschool.story.simulate import STRONG, WEAK, Course, take_course
from homeschool.web.safe import both

EXAMS = 150
CALL_S, WHOLE_S = 2.0, 30.0
"""Seconds of processor time that one call of a rule may take, and all of them together."""
CALL_WAIT_S, WHOLE_WAIT_S = 30.0, 300.0
"""Seconds on the clock after which a rule is given up that does nothing, or a machine that gives it nothing."""
CHILDREN = {"strong": STRONG, "weak": WEAK}
GIVEN = Path(fixed_tiers.__file__ or "").read_text(encoding="utf-8")
"""The rule to beat: it is also what stands in the editor to begin with."""


class AwaitedRule:
    """A rule that is waited for so long, whatever it is asked."""

    def __init__(self, rule: FileRule, seconds: float) -> None:
        self.name, self.settings = rule.name, rule.settings
        self._rule, self._end = rule, time.monotonic() + seconds

    def start(self, **settings: Any) -> History:
        """The first history."""
        return self._rule.start(**settings)

    def pay(self, attempts: Sequence[Attempt], history: History) -> list[float]:
        """As the rule pays. ScorerError when the time is over."""
        self._look()
        return self._rule.pay(attempts, history)

    def learn(self, attempts: Sequence[Attempt], history: History) -> History:
        """As the rule learns. ScorerError when the time is over."""
        self._look()
        return self._rule.learn(attempts, history)

    def close(self) -> None:
        """End its process."""
        self._rule.close()

    def _look(self) -> None:
        if time.monotonic() > self._end:
            raise ScorerError(refused.RULE_TOO_SLOW(seconds=WHOLE_WAIT_S))


def limited(file: Path) -> FileRule:
    """The rule of a file, with limits that a busy machine does not tighten."""
    return FileRule(file, CALL_WAIT_S, (CALL_S, WHOLE_S))


def courses(rule: Rule, seed: int) -> dict[str, Course]:
    """Both children under a rule, from its first history."""
    return {
        name: take_course(Incentive(rule, rule.start(), questions=child.questions), child, exams=EXAMS, seed=seed)
        for name, child in CHILDREN.items()
    }


def gain(found: Mapping[str, Course]) -> float:
    """Marks that a child gains, mean of both."""
    return fmean(course.gain for course in found.values())


def fingerprint(program: str) -> str:
    """SHA-256 of a rule, as a run's own record has it."""
    return sha256(program.encode()).hexdigest()


def gain_of(rule: Rule, seed: int) -> float:
    """Marks that the children of a class gain under a rule."""
    return gain(courses(rule, seed))


@lru_cache(maxsize=len(HIDDEN) + 1)
def given(seed: int) -> dict[str, Course]:
    """Both children of a class under the rule that is to be beaten."""
    return courses(BuiltInRule("fixed_tiers", fixed_tiers), seed)


def hidden_gain(rule: Rule) -> float:
    """The same, mean of the hidden classes."""
    return fmean(gain_of(rule, seed) for seed in HIDDEN)


def play(settings: Settings) -> Played:
    """The rule in the seen class and in the hidden ones, against the rule that was given.

    ConfigError or ScorerError with the line where the rule is wrong.
    """
    found, terms = _found(settings), int(settings["terms"])
    program = _program(settings)
    seen, hidden = _try(program)
    before = {seed: given(seed) for seed in (SEEN, *HIDDEN)}
    base = [gain(before[seed]) for seed in HIDDEN]
    leads = [own - other for own, other in zip(hidden, base, strict=True)]
    low, high = interval(leads)
    facts = [
        (both(say.SEEN_GAIN), f"{gain(seen):+.1f}"),
        (both(say.HIDDEN_GAIN_OF_RULE), f"{fmean(hidden):+.1f}"),
        (both(say.GIVEN_GAIN), f"{fmean(base):+.1f}"),
    ]
    check = Check(
        both(say.GOAL_BEATS),
        both(say.HIDDEN_LEAD, lead=f"{fmean(leads):+.1f}", low=f"{low:+.1f}", high=f"{high:+.1f}"),
        low > 0,
    )
    charts = [_levels(seen, before[SEEN]), *([_searched(found, terms)] if found else [])]
    return Played(
        charts,
        facts,
        [check],
        {"best": best_rule()},
        notes=[both(say.SEARCH_FOUND, terms=terms, kept=len(found) - 1)] if found else [],
        program=program if found else "",
        hash=fingerprint(program),
    )


def real(settings: Settings) -> RealRun:
    """The same rule, and nothing else."""
    return RealRun({}, _program(settings))


def _found(settings: Settings) -> tuple[Found, ...]:
    """What a search finds, where one is asked for."""
    return search(gain_of, SEEN, int(settings["terms"])) if settings["author"] == "search" else ()


def _program(settings: Settings) -> str:
    found = _found(settings)
    return found[-1].tiers.program(int(settings["terms"])) if found else settings["program"]


def _try(program: str) -> tuple[dict[str, Course], list[float]]:
    """A rule as a file, in a process of its own: the courses that are seen, and the gains in the hidden classes."""
    with TemporaryDirectory(prefix="homeschool-rule-") as folder:
        file = Path(folder) / "rule.py"
        file.write_bytes(program.encode())
        rule = AwaitedRule(limited(file), WHOLE_WAIT_S)
        try:
            return courses(rule, SEEN), [gain_of(rule, seed) for seed in HIDDEN]
        finally:
            rule.close()


def _levels(seen: Mapping[str, Course], before: Mapping[str, Course]) -> Chart:
    lines = [
        Line(both(say.CHILDREN[name]), thinned(course.levels), slot) for slot, (name, course) in enumerate(seen.items())
    ]
    lines += [
        Line(both(say.UNDER_GIVEN, child=say.CHILDREN[name]), thinned(course.levels), slot, faint=True)
        for slot, (name, course) in enumerate(before.items())
    ]
    return Chart(both(say.TRUE_MARKS), thinned([float(exam) for exam in range(EXAMS + 1)]), lines, both(say.EXAMS))


def _searched(found: Sequence[Found], terms: int) -> Chart:
    """The best rule so far after each term, where it was searched for and where it was not."""
    elsewhere = _gains_elsewhere(tuple(one.tiers for one in found))
    last = [max(place for place, one in enumerate(found) if one.term <= term) for term in range(terms + 1)]
    lines = [
        Line(both(say.SEEN_GAIN), [round(found[place].gain, 2) for place in last], 0),
        Line(both(say.HIDDEN_GAIN_OF_RULE), [round(elsewhere[place], 2) for place in last], 3),
    ]
    return Chart(both(say.BEST_SO_FAR), [float(term) for term in range(terms + 1)], lines, both(say.TERMS))


@lru_cache(maxsize=8)
def _gains_elsewhere(tiers: tuple[Tiers, ...]) -> tuple[float, ...]:
    return tuple(hidden_gain(TiersRule(one)) for one in tiers)


ASKED = ("fixed_tiers", "own_tiers", "raw_score")
"""Rules that the question is about."""


@lru_cache(maxsize=1)
def best_rule() -> str:
    """Under which of them the weak child gains most in the class that is seen."""

    def gained(name: str) -> float:
        rule = BuiltInRule(name, RULES[name])
        return take_course(Incentive(rule, rule.start(), questions=WEAK.questions), WEAK, exams=EXAMS, seed=SEEN).gain

    return max(ASKED, key=gained)


LEVEL = Level(
    7,
    "father",
    (Pick("best", ASKED),),
    (Choice("author", ("me", "search"), "me"), Range("terms", 1.0, 40.0, 1.0, 5.0), Program("program", GIVEN)),
    play,
    real=real,
)
