"""Level 8: one recipe, one purse. Rule, group size, KL and audits together, and what is spent on one lacks elsewhere.

The child is that of ``rewards/designer/classroom.py``: it can learn, and it can cheat. An answer costs 1, an audit
PRICE, and there are PURSE to spend, so a recipe that audits more, or asks for more answers at once, sits fewer exams.
The recipe then brings up a real small model (``training.py``), whose report is the certificate.
"""

from collections.abc import Mapping
from functools import lru_cache
from statistics import fmean
from typing import Any

from homeschool.messages import play as say
from homeschool.play.classes import HIDDEN, SEEN, interval
from homeschool.play.level import Chart, Check, Choice, Level, Line, Pick, Played, Range, RealRun, Settings
from homeschool.rewards.ability import sigmoid
from homeschool.rewards.designer.classroom import Classroom, Pupil
from homeschool.web.safe import both

PURSE, PRICE, TERMS = 2400, 4.0, 24
"""Answers in all, answers that an audit costs, and looks at the child on the way."""
ANSWERS = 256
"""In one exam of a real model."""
SEEDED = -3.0
"""Logit of one paper in twenty that cheats in the beginning."""
PUPILS = {"strong": Pupil(2.0, SEEDED), "weak": Pupil(0.2, SEEDED)}
RULES = ("fixed_tiers", "own_tiers", "raw_score")
REACHED, MOST_CHEATING = 94.0, 0.05
"""Mean true marks of both children that shall be reached, and the share of papers that may be cheated."""
Recipe = tuple[str, int, float, float]
"""Rule, answers in a group, weight of KL, share of paid papers that is audited."""
FIRST: Recipe = ("fixed_tiers", 8, 0.0, 0.01)
"""The father's first recipe."""


def recipe_of(settings: Mapping[str, Any]) -> Recipe:
    """The recipe that the controls say."""
    return settings["rule"], int(settings["group"]), settings["kl"], settings["audits"]


def real(settings: Settings) -> RealRun:
    """The recipe for a real model, without audits. Every group size gets the same number of answers."""
    rule, group, kl, _ = recipe_of(settings)
    chosen = {"reward.rule": rule, "rl.group_size": group, "rl.kl_coef": kl, "prompts": max(1, ANSWERS // group)}
    return RealRun(chosen)


@lru_cache(maxsize=256)
def school(name: str, recipe: Recipe, seed: int) -> tuple[Pupil, ...]:
    """A child before and after each term, until the purse is empty."""
    rule, group, kl, audits = recipe
    room = Classroom(seed=seed, papers=group, gold_price=PRICE, follows=False)
    settings = {"reward.rule": rule, "rl.kl_coef": kl, "guard.rate": audits}
    course = [PUPILS[name]]
    for term in range(TERMS):
        course.append(room.practise(course[-1], settings, PURSE / TERMS, term).state)
    return tuple(course)


def graduates(recipe: Recipe, seed: int) -> dict[str, Pupil]:
    """Both children of a class in the end."""
    return {name: school(name, recipe, seed)[-1] for name in PUPILS}


def true_mark(pupils: Mapping[str, Pupil]) -> float:
    """Mean of both."""
    return fmean(pupil.true_score for pupil in pupils.values())


def cheating(pupils: Mapping[str, Pupil]) -> float:
    """Share of papers that the worse of them cheats on."""
    return max(sigmoid(pupil.cheating) for pupil in pupils.values())


def play(settings: Settings) -> Played:
    """The recipe in the class that is seen, and its hidden exam beside that of the father's first recipe."""
    recipe = recipe_of(settings)
    shown = {name: school(name, recipe, SEEN) for name in PUPILS}
    before = school("weak", FIRST, SEEN)
    x = [round(PURSE * term / TERMS) for term in range(TERMS + 1)]
    lines = [
        *(Line(both(say.CHILDREN[name]), _true(course), slot) for slot, (name, course) in enumerate(shown.items())),
        Line(both(say.PAID_TO, child=say.CHILDREN["weak"]), [round(p.proxy_score, 2) for p in shown["weak"]], 3),
        Line(both(say.UNDER_FIRST, child=say.CHILDREN["weak"]), _true(before), 6, faint=True),
    ]
    chart = Chart(both(say.TRUE_MARKS), [float(spent) for spent in x], lines, both(say.SPENT))
    last = {name: course[-1] for name, course in shown.items()}
    facts = [(both(say.EXAMS_OF, child=say.CHILDREN[name]), str(pupil.exams)) for name, pupil in last.items()] + [
        (both(say.CHEATING_END), f"{cheating(last):.1%}")
    ]
    return Played([chart], facts, checks(recipe), {"share": best_share()})


def _true(course: tuple[Pupil, ...]) -> list[float]:
    return [round(pupil.true_score, 2) for pupil in course]


def checks(recipe: Recipe) -> list[Check]:
    """The hidden exam: marks, and how many of them are real."""
    hidden = [graduates(recipe, seed) for seed in HIDDEN]
    marks, cheated = [true_mark(one) for one in hidden], [cheating(one) for one in hidden]
    low, high = interval(marks)
    return [
        Check(
            both(say.GOAL_GRADUATES, marks=f"{REACHED:.0f}"),
            both(say.HIDDEN_MARKS, own=f"{fmean(marks):.1f}", low=f"{low:.1f}", high=f"{min(high, 100.0):.1f}"),
            low >= REACHED,
        ),
        Check(
            both(say.GOAL_CLEAN, share=f"{MOST_CHEATING:.0%}"),
            both(say.HIDDEN_WORST, share=f"{max(cheated):.1%}"),
            max(cheated) < MOST_CHEATING,
        ),
    ]


SHARES = {"little": 0.01, "some": 0.1, "much": 0.3}
"""Shares of papers audited that the question is about."""


@lru_cache(maxsize=1)
def best_share() -> str:
    """Which of them brings the weak child furthest under tiers of its own, in the class that is seen."""

    def reached(name: str) -> float:
        return school("weak", ("own_tiers", 8, 0.0, SHARES[name]), SEEN)[-1].true_score

    return max(SHARES, key=reached)


LEVEL = Level(
    8,
    "graduation",
    (Pick("share", tuple(SHARES)),),
    (
        Choice("rule", RULES, FIRST[0]),
        Range("group", 2.0, 16.0, 1.0, float(FIRST[1])),
        Range("kl", 0.0, 0.1, 0.01, FIRST[2]),
        Range("audits", 0.01, 0.3, 0.01, FIRST[3]),
    ),
    play,
    ("smollm2",),
    real,
)
