"""Level 3: the tutor says beforehand what each paper will bring. Is that worth more than always the same number?

Papers are of KINDS kinds, harder and easier; the weak child sits one paper of each of four kinds an exam. The tutor is
a forecast f = level + adjustment of the kind, in marks, corrected after each exam by the mean error of its papers::

    level <- level + pace * error            adjustment <- adjustment + pace * error of the papers of that kind

and what it does not look at stays where it is. A tutor of L layers, where the child has LAYERS, tells KINDS L / LAYERS
kinds apart; those that it takes for one share an adjustment, which is right for none of them.

A paper has PARTS parts. In the first the child may plan: it costs marks at once and makes the later parts easier.
Before each part the tutor expects of the rest an even share of f, V_t = f / PARTS (1 + gamma + ... ), and the child
follows the policy gradient with generalised advantages (arXiv:1506.02438) of the parts' marks r_t::

    delta_t = r_t + gamma V_t+1 - V_t               A_t = delta_t + gamma lambda A_t+1

With gamma lambda small, only what planning costs is seen of it. How good the forecast is, is the share of the variance
that it explains::

    1 - mean (score - f)^2 / variance of the scores

0 for the best constant, below 0 for a forecast worse than that, and never 1: luck is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import fmean, pstdev, pvariance
from typing import Any

from homeschool.messages import play as say
from homeschool.play.classes import HIDDEN, SEEN, interval
from homeschool.play.level import (
    SLOWER,
    Chart,
    Check,
    Choice,
    Level,
    Line,
    Pick,
    Played,
    Range,
    RealRun,
    Settings,
    thinned,
)
from homeschool.play.real import explained_by_real_tutor
from homeschool.rewards.ability import sigmoid
from homeschool.story.simulate import WEAK
from homeschool.streams import stream
from homeschool.web.safe import both

EXAMS, KINDS, PAPERS, PARTS, QUESTIONS = 240, 12, 4, 4, 5
"""QUESTIONS: of one part."""
LAYERS = 4
"""Of the child, and of the largest tutor."""
FULL = PARTS * QUESTIONS
RATE, HABIT_RATE = 0.005, 0.3
COSTS, HELPS = -1.3, 1.5
"""What a plan does to the logit of being right: in the first part, and in the later ones."""
BEGINS = -1.0
"""Logit of planning: about a quarter of the papers."""
PLANNED = 0.8
"""Share of papers that shall be planned in the end."""
WINDOW = 40
"""Exams over which the explained share is taken."""
EARLY = 20
REAL_EXAMS = 80
"""Of ``recipes/rule.toml``."""
SIGHTS = ("nothing", "level", "kind", "both")


@dataclass
class Forecasts:
    """Exam by exam: the child's level, marks and what was forecast for them, and its habit of planning."""

    levels: list[float] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)
    said: list[list[float]] = field(default_factory=list)
    planned: list[float] = field(default_factory=list)
    """Chance of planning a paper."""
    spread: list[float] = field(default_factory=list)
    """Standard deviation of the first part's advantages: the noise in what the child is told of its plans."""

    def explained(self, first: int, last: int) -> float:
        """Share of the variance of marks that the forecasts of these exams explain; 0 where marks do not vary."""
        scores = [score for exam in self.scores[first:last] for score in exam]
        said = [one for exam in self.said[first:last] for one in exam]
        spread = pvariance(scores)
        return 1 - fmean((s - f) ** 2 for s, f in zip(scores, said, strict=True)) / spread if spread else 0.0


@dataclass(frozen=True)
class Paper:
    """How a paper was written: whether it was planned, and in each part how many were right and how many expected."""

    planned: bool
    right: tuple[int, ...]
    chances: tuple[float, ...]

    @property
    def score(self) -> float:
        """Marks of 100."""
        return 100 * sum(self.right) / FULL


def advantages(paper: Paper, forecast: float, gamma: float, lam: float) -> list[float]:
    """A_t of each part, in marks: 0 gamma gives r_t - V_t, gamma and lambda 1 all that came from there on - V_t."""
    values = [0.0]
    for _ in range(PARTS):
        values.insert(0, forecast / PARTS + gamma * values[0])
    found, ahead = [0.0] * PARTS, 0.0
    for part in reversed(range(PARTS)):
        delta = 100 * paper.right[part] / FULL + gamma * values[part + 1] - values[part]
        ahead = found[part] = delta + gamma * lam * ahead
    return found


@dataclass(frozen=True)
class Tutor:
    """What the tutor looks at, and how it learns and is believed."""

    sight: str
    pace: float
    layers: int = LAYERS
    warmup: int = 0
    gamma: float = 1.0
    lam: float = 1.0

    @property
    def told_apart(self) -> int:
        """Kinds of paper that it does not take for one another."""
        return KINDS * self.layers // LAYERS

    @property
    def sees_level(self) -> bool:
        """Whether it follows how good the child is."""
        return self.sight in ("level", "both")

    @property
    def sees_kinds(self) -> bool:
        """Whether it looks at the kind of paper."""
        return self.sight in ("kind", "both")

    @property
    def wage(self) -> int:
        """Numbers that it keeps and corrects."""
        return self.sees_level + self.sees_kinds * self.told_apart


NO_TUTOR = Tutor("nothing", 0.0)


@lru_cache(maxsize=64)
def teach(tutor: Tutor, seed: int) -> Forecasts:
    """A course with a tutor who begins at 50 marks for everything; the child learns after ``warmup`` exams."""
    luck = stream(seed, "tutor")
    ease = luck.normal(0.0, 1.2, KINDS).tolist()
    kinds = luck.integers(0, KINDS, (EXAMS, PAPERS)).tolist()
    plans, draws = luck.random((EXAMS, PAPERS)).tolist(), luck.random((EXAMS, PAPERS, PARTS, QUESTIONS))
    ability, habit, level, adjustment, found = WEAK.ability, BEGINS, 50.0, [0.0] * KINDS, Forecasts()
    for exam in range(EXAMS):
        wants = sigmoid(habit)
        papers = [
            _written(ability + ease[kind], plan < wants, draw)
            for kind, plan, draw in zip(kinds[exam], plans[exam], draws[exam], strict=True)
        ]
        taken_for = [kind % tutor.told_apart for kind in kinds[exam]]
        scores, said = [paper.score for paper in papers], [level + adjustment[kind] for kind in taken_for]
        found.levels.append(fmean(_expected(ability + easy, wants) for easy in ease))
        found.planned.append(wants)
        found.scores.append(scores)
        found.said.append(said)
        for kind, score, forecast in zip(taken_for, scores, said, strict=True):
            error = score - forecast
            level += tutor.sees_level * tutor.pace * error / PAPERS
            adjustment[kind] += tutor.sees_kinds * tutor.pace * error / taken_for.count(kind)
        leads = [advantages(paper, f, tutor.gamma, tutor.lam) for paper, f in zip(papers, said, strict=True)]
        found.spread.append(pstdev(lead[0] for lead in leads))
        if exam >= tutor.warmup:
            ability += RATE * fmean(map(_for_ability, papers, leads))
            habit += HABIT_RATE * fmean(
                lead[0] / 10 * (p.planned - wants) for p, lead in zip(papers, leads, strict=True)
            )
    return found


def _written(ease: float, planned: bool, draws: Any) -> Paper:
    chances = [sigmoid(ease + (0 if not planned else HELPS if part else COSTS)) for part in range(PARTS)]
    right = [int((draw < p).sum()) for draw, p in zip(draws, chances, strict=True)]
    return Paper(planned, tuple(right), tuple(chances))


def _expected(ease: float, wants: float) -> float:
    planned = (sigmoid(ease + COSTS) + (PARTS - 1) * sigmoid(ease + HELPS)) / PARTS
    return 100 * (wants * planned + (1 - wants) * sigmoid(ease))


def _for_ability(paper: Paper, leads: Sequence[float]) -> float:
    parts = zip(leads, paper.right, paper.chances, strict=True)
    return sum(lead / 10 * (k - QUESTIONS * p) for lead, k, p in parts)


def tutor_of(settings: Settings) -> Tutor:
    """The tutor that the controls say."""
    layers, warmup = int(settings["layers"]), int(settings["warmup"])
    return Tutor(settings["sight"], settings["pace"], layers, warmup, settings["gamma"], settings["lambda"])


def real(settings: Settings) -> RealRun:
    """PPO with a critic of that size, believed as far, and alone for the same share of the exams.

    What a real critic looks at nobody can choose, and how fast it learns is its optimiser's matter.
    """
    tutor = tutor_of(settings)
    chosen = {
        "algo": "ppo",
        "optim.lr": SLOWER,
        "reward.rule": "share",
        "rl.critic_layers": tutor.layers,
        "rl.critic_warmup": round(REAL_EXAMS * tutor.warmup / EXAMS),
        "rl.gae_gamma": tutor.gamma,
        "rl.gae_lambda": tutor.lam,
    }
    return RealRun(chosen)


def windows(course: Forecasts) -> list[float]:
    """The explained share over the last WINDOW exams, from there on."""
    return [course.explained(end - WINDOW, end) for end in range(WINDOW, EXAMS + 1, 4)]


def play(settings: Settings) -> Played:
    """The tutor as set, what it explains, what the child learns; the checks are on hidden classes."""
    tutor = tutor_of(settings)
    course, alone = teach(tutor, SEEN), teach(NO_TUTOR, SEEN)
    ends = [float(end) for end in range(WINDOW, EXAMS + 1, 4)]
    explained = Chart(
        both(say.EXPLAINED),
        ends,
        [Line(both(say.THE_TUTOR), [round(max(value, -2.0), 3) for value in windows(course)], 1)],
        both(say.EXAMS),
        0.0,
    )
    marks = Chart(
        both(say.TRUE_MARKS),
        thinned([float(exam) for exam in range(EXAMS)]),
        [
            Line(both(say.WITH_TUTOR), thinned(course.levels), 1),
            Line(both(say.WITHOUT_TUTOR), thinned(alone.levels), 6, faint=True),
            Line(both(say.PAPERS_PLANNED), thinned([100 * share for share in course.planned]), 3),
        ],
        both(say.EXAMS),
    )
    facts = [
        (both(say.EARLY_EXPLAINED, exams=EARLY), f"{course.explained(0, EARLY):.2f}"),
        (both(say.LATE_EXPLAINED), f"{course.explained(EXAMS // 2, EXAMS):.2f}"),
        (both(say.GAIN_IN_ALL), f"{course.levels[-1] - course.levels[0]:+.1f}"),
        (both(say.NOISE_OF_FIRST_PART), f"±{fmean(course.spread):.1f}"),
        (both(say.WAGE), str(tutor.wage)),
    ]
    return Played([explained, marks], facts, checks(tutor), {"real": explained_by_real_tutor()})


def checks(tutor: Tutor) -> list[Check]:
    """Whether the tutor is worth more than a constant, and whether what it says teaches the child to plan."""
    hidden = [teach(tutor, seed) for seed in HIDDEN]
    shares = [one.explained(EXAMS // 2, EXAMS) for one in hidden]
    low, high = interval(shares)
    planned = [fmean(one.planned[-EARLY:]) for one in hidden]
    return [
        Check(
            both(say.GOAL_TUTOR),
            both(say.HIDDEN_EXPLAINED, share=f"{fmean(shares):.2f}", low=f"{low:.2f}", high=f"{high:.2f}"),
            low > 0,
        ),
        Check(
            both(say.GOAL_PLANNED, share=f"{PLANNED:.0%}"),
            both(say.HIDDEN_PLANNED, share=f"{fmean(planned):.0%}", least=f"{min(planned):.0%}"),
            min(planned) >= PLANNED,
        ),
    ]


LEVEL = Level(
    3,
    "tutor",
    (Pick("real", ("tenth", "half", "most")),),
    (
        Choice("sight", SIGHTS, "level"),
        Range("pace", 0.0, 1.0, 0.05, 0.8),
        Range("layers", 1.0, LAYERS, 1.0, LAYERS),
        Range("warmup", 0.0, 120.0, 10.0, 0.0),
        Range("gamma", 0.0, 1.0, 0.05, 1.0),
        Range("lambda", 0.0, 1.0, 0.05, 0.5),
    ),
    play,
    ("ppo",),
    real,
)
