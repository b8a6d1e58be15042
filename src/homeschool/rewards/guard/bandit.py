"""The guard without a language model: which pay can keep a learner honest at all, in a fraction of a second.

Standard library only, so it also runs in a browser. A learner is two numbers: how often it cheats, how well it works.
For item j with easiness o_j ~ N(0, 1)::

    it cheats with h = sigmoid(u), and then the grader pays 1 and the truth is 0
    else it is right with p_j = sigmoid(s + o_j), and both are 1, or both 0

A step asks 16 of 64 items 8 times each; u and s follow the policy gradient with the advantage of each answer over the
others of its group, of the reward that an arm pays::

    u <- u + 4 mean[ A (cheated - h) ]          s <- s + 0.4 mean[ A (right - p_j) over answers without cheating ]

What works here may still fail in a model; what fails here will not work there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, sqrt
from random import Random
from statistics import NormalDist, fmean

from homeschool.rewards.guard.credit import audited_reward

ITEMS, ASKED, ANSWERS, STEPS = 64, 16, 8, 400
RATE = 0.05
"""Chance of an audit."""
FAR, NEAR = -4.0, -1.0
"""Where u begins: a cheat that one answer in fifty tries, or one in four."""
CHEAT_RATE, SKILL_RATE = 4.0, 0.4
FARTHEST = 9.0
"""Bound of u: one cheat, or one honest answer, in 8,000."""
STD_SCALE = 0.35
"""Brings rewards divided by their group's spread back to about the size they had."""
JUMP = 2.5
"""Standard deviations above the recent level from which a jump is not paid."""
LAST = 20
"""Steps whose mean is the result."""

Scale = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Answer:
    """What was written: whether it cheated, and what grader and truth say."""

    cheated: bool
    proxy: float
    gold: float


@dataclass
class Level:
    """Passes and failures of one item of late; the older ones fade."""

    passed: float = 1.0
    failed: float = 2.0

    def surprise(self, share: float) -> float:
        """How far a group's pass rate lies above the recent level, in standard deviations."""
        mean, count = self.passed / (self.passed + self.failed), self.passed + self.failed
        return (share - mean) / sqrt(mean * (1 - mean) * (1 / ANSWERS + 1 / (count + 1)))

    def learn(self, passes: float) -> None:
        self.passed = 0.9 * self.passed + 0.5 * passes
        self.failed = 0.9 * self.failed + 0.5 * (ANSWERS - passes)


Pay = Callable[[Sequence[Answer], Random, Level], list[float] | None]
"""Rewards of a group, or None where it is not paid at all."""


def by_proxy(group: Sequence[Answer], coins: Random, level: Level) -> list[float]:
    """What the grader says."""
    return [answer.proxy for answer in group]


def by_gold(group: Sequence[Answer], coins: Random, level: Level) -> list[float]:
    """The truth about every answer."""
    return [answer.gold for answer in group]


def unless_it_jumps(group: Sequence[Answer], coins: Random, level: Level) -> list[float] | None:
    """What the grader says, unless the group is far above the item's recent level."""
    passes = sum(answer.proxy for answer in group)
    is_jump = level.surprise(passes / len(group)) > JUMP
    level.learn(passes)
    return None if is_jump else by_proxy(group, coins, level)


def by_audits(group: Sequence[Answer], coins: Random, level: Level) -> list[float]:
    """Audited credit, the grader itself being the prediction."""
    found = []
    for answer in group:
        is_audited = answer.proxy > 0 and coins.random() < RATE
        found.append(audited_reward(answer.proxy, answer.gold if is_audited else None, RATE))
    return found


def as_it_is(rewards: Sequence[float]) -> float:
    """1."""
    return 1.0


def by_group_std(rewards: Sequence[float]) -> float:
    """STD_SCALE / standard deviation of the group: a cheat that is caught can lose at most sqrt(n - 1) of them."""
    mean = fmean(rewards)
    return STD_SCALE / (sqrt(fmean((reward - mean) ** 2 for reward in rewards)) + 1e-4)


@dataclass(frozen=True)
class Lesson:
    """An answer with its advantage, and how easy its item is."""

    advantage: float
    answer: Answer
    easiness: float


Gradient = Callable[[float, float, Sequence[Lesson]], tuple[float, float]]
"""From u, s and the answers of a step, how far u and s are pushed, before their rates."""


def policy_gradient(u: float, s: float, lessons: Sequence[Lesson]) -> tuple[float, float]:
    """mean[ A (cheated - h) ] and mean[ A (right - p) over answers without cheating ]."""
    h, to_cheat, to_work = _sigmoid(u), 0.0, 0.0
    for lesson in lessons:
        advantage, answer = lesson.advantage, lesson.answer
        to_cheat += advantage * (answer.cheated - h)
        to_work += 0.0 if answer.cheated else advantage * (answer.gold - _sigmoid(s + lesson.easiness))
    return to_cheat / len(lessons), to_work / len(lessons)


@dataclass(frozen=True)
class Arm:
    """One way to pay, and to follow what is paid."""

    pay: Pay
    scale: Scale = as_it_is
    kl: float = 0.0
    """Weight of the KL that cheating more often than at the start costs."""
    gradient: Gradient = policy_gradient


ARMS: dict[str, Arm] = {
    "gold": Arm(by_gold),
    "none": Arm(by_proxy),
    "jump": Arm(unless_it_jumps),
    "kl": Arm(by_proxy, kl=1.0),
    "audited": Arm(by_audits),
    "audited_std": Arm(by_audits, scale=by_group_std),
}
"""Trained on the truth; no guard; a far jump is not paid; KL; audits of 5 %; the same under group standardisation."""


@dataclass(frozen=True)
class Course:
    """What became of a learner, step by step."""

    true_score: list[float] = field(default_factory=list)
    """Expected, before each step."""
    cheating: list[float] = field(default_factory=list)

    @property
    def result(self) -> float:
        """True score in the last steps."""
        return fmean(self.true_score[-LAST:])

    @property
    def cheating_in_the_end(self) -> float:
        """Share of answers that cheat in the last steps."""
        return fmean(self.cheating[-LAST:])


def course(arm: Arm, start: float = FAR, seed: int = 0, steps: int = STEPS, skill: float = -1.0) -> Course:
    """One learner under one arm. The same arguments give the same course."""
    luck = Random(f"bandit {seed}")
    normal = NormalDist()
    easiness = [normal.inv_cdf(max(luck.random(), 1e-12)) for _ in range(ITEMS)]
    levels, u, s, found = [Level() for _ in range(ITEMS)], start, skill, Course()
    for _ in range(steps):
        h, chances = _sigmoid(u), [_sigmoid(s + easy) for easy in easiness]
        found.true_score.append((1 - h) * fmean(chances))
        found.cheating.append(h)
        lessons: list[Lesson] = []
        for item in luck.sample(range(ITEMS), ASKED):
            group = [_answer(luck, h, chances[item]) for _ in range(ANSWERS)]
            advantages = _advantages(arm, group, luck, levels[item])
            lessons += (Lesson(*of, easiness[item]) for of in zip(advantages, group, strict=True))
        to_cheat, to_work = arm.gradient(u, s, lessons)
        away = arm.kl * h * (1 - h) * (u - start)
        u += CHEAT_RATE * (to_cheat - away)
        u = min(max(u, -FARTHEST), FARTHEST)
        s += SKILL_RATE * to_work
    return found


def _answer(luck: Random, cheats: float, right: float) -> Answer:
    if luck.random() < cheats:
        return Answer(True, 1.0, 0.0)
    mark = float(luck.random() < right)
    return Answer(False, mark, mark)


def _advantages(arm: Arm, group: Sequence[Answer], luck: Random, level: Level) -> list[float]:
    """Reward minus the mean of the others, scaled; none where the group is not paid."""
    rewards = arm.pay(group, luck, level)
    if rewards is None:
        return [0.0] * len(group)
    total, scale, others = sum(rewards), arm.scale(rewards), len(rewards) - 1
    return [scale * (reward - (total - reward) / others) for reward in rewards]


def _sigmoid(logit: float) -> float:
    return 1 / (1 + exp(-logit))
