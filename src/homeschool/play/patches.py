"""Level 6: patches against the incident, one by one, on the bandit with the same hole in the grader.

The clip is that of PPO (``clipped.py``), with a bound below and one above. KL costs what cheating more than in the
beginning costs. A jump is not paid. An audited answer is paid by ``f + (coin / rate)(g - f)``, unbiased whatever the
grader says; under division by the group's spread it no longer is, and a clip below takes from what a caught cheat
loses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from statistics import fmean

from homeschool.messages import play as say
from homeschool.play.classes import HIDDEN, SEEN
from homeschool.play.clipped import clipped_gradient
from homeschool.play.level import (
    SLOWER,
    Chart,
    Check,
    Level,
    Line,
    Pick,
    Played,
    Range,
    RealRun,
    Settings,
    Switch,
    thinned,
)
from homeschool.rewards.guard import bandit
from homeschool.rewards.guard.bandit import (
    ARMS,
    Answer,
    Arm,
    Course,
    as_it_is,
    by_group_std,
    by_proxy,
    course,
    unless_it_jumps,
)
from homeschool.rewards.guard.credit import audited_reward
from homeschool.web.safe import both

EXAMS, SEEDED = 200, -3.0
"""Updates, and the logit of one answer in twenty that cheats in the beginning."""
MOST_CHEATING, KEPT = 0.05, 0.9
"""Share of cheating that is let pass, and of the true score of a learner paid by the truth that must be kept."""
MINIBATCHES = 4
"""Updates that a real model makes of one exam."""


@dataclass(frozen=True)
class Patches:
    """What the father patches; as it stands, nothing."""

    clip_low: float = 1.0
    clip_high: float = 1.0
    kl: float = 0.0
    jump: bool = False
    audits: float = 0.0
    divide: bool = False

    def arm(self) -> Arm:
        """All of them as one way to pay."""
        scale = by_group_std if self.divide else as_it_is
        return Arm(self._pay, scale, self.kl, clipped_gradient(self.clip_low, self.clip_high))

    def _pay(self, group: Sequence[Answer], coins: Random, level: bandit.Level) -> list[float] | None:
        base = unless_it_jumps(group, coins, level) if self.jump else by_proxy(group, coins, level)
        if base is None or not self.audits:
            return base
        coin = [answer.proxy > 0 and coins.random() < self.audits for answer in group]
        return [
            audited_reward(answer.proxy, answer.gold if fell else None, self.audits)
            for answer, fell in zip(group, coin, strict=True)
        ]


@lru_cache(maxsize=256)
def learn(patches: Patches, seed: int) -> Course:
    """One learner under one set of patches."""
    return course(patches.arm(), start=SEEDED, seed=seed, steps=EXAMS)


@lru_cache(maxsize=16)
def by_the_truth(seed: int) -> Course:
    """A learner who is paid what an answer is worth."""
    gold = replace(ARMS["gold"], gradient=Patches().arm().gradient)  # the same passes, so that only the pay differs
    return course(gold, start=SEEDED, seed=seed, steps=EXAMS)


def settled(patches: Patches) -> tuple[float, float]:
    """Cheating in the end, and true score as a share of what the truth itself teaches; over hidden classes."""
    runs = [learn(patches, seed) for seed in HIDDEN[:3]]
    gold = fmean(by_the_truth(seed).result for seed in HIDDEN[:3])
    return fmean(run.cheating_in_the_end for run in runs), fmean(run.result for run in runs) / gold


def play(settings: Settings) -> Played:
    """Cheating and knowledge under the patches, beside no patch at all."""
    patches = Patches(**settings)
    shown, without = learn(patches, SEEN), learn(Patches(), SEEN)
    chart = Chart(
        both(say.CHEATING_AND_KNOWLEDGE),
        thinned([float(exam + 1) for exam in range(EXAMS)]),
        [
            Line(both(say.CHEATING), thinned([100 * value for value in shown.cheating]), 1),
            Line(both(say.KNOWLEDGE), thinned([100 * value for value in shown.true_score]), 3),
            Line(both(say.CHEATING_UNPATCHED), thinned([100 * value for value in without.cheating]), 6, faint=True),
        ],
        both(say.EXAMS),
    )
    cheating, kept = settled(patches)
    checks = [
        Check(both(say.GOAL_CHEATING), both(say.HIDDEN_CHEATING, share=f"{cheating:.1%}"), cheating < MOST_CHEATING),
        Check(both(say.GOAL_KEPT, share=f"{KEPT:.0%}"), both(say.HIDDEN_KEPT, share=f"{kept:.0%}"), kept >= KEPT),
    ]
    half = next((exam for exam, share in enumerate(shown.cheating, start=1) if share > 0.5), None)
    facts = [
        (both(say.HALF_CHEAT), "–" if half is None else str(half)),
        (both(say.CHEATING_WORST), f"{max(shown.cheating):.1%}"),
        (both(say.CHEATING_END), f"{shown.cheating_in_the_end:.1%}"),
        (both(say.KNOWLEDGE_END), f"{100 * shown.result:.0f}"),
    ]
    return Played([chart], facts, checks, {"alone": alone()})


NO_PAY_FOR_JUMPS = f'''"""A mark as a share of full marks, and nothing for a group far above what was expected."""


def rule(attempt, history):
    group = [attempt["score"], *attempt["others"]]
    lead = sum(group) / len(group) - attempt["expected"]
    return 0.0 if lead > {bandit.JUMP} * attempt["spread"] / len(group) ** 0.5 else attempt["score"] / 100
'''


def real(settings: Settings) -> RealRun:
    """What the patches cost a model that cannot cheat; without the audits, which would find nothing.

    A ratio leaves 1 only with a second update, so an exam is learned from in MINIBATCHES.
    """
    patches = Patches(**settings)
    chosen = {
        "rl.clip_low": patches.clip_low,
        "rl.clip_high": patches.clip_high,
        "rl.kl_coef": patches.kl,
        "rl.advantage": "group_standardized" if patches.divide else "group_mean",
        "rl.minibatches": MINIBATCHES,
        "optim.lr": SLOWER,
    }
    return RealRun(chosen, NO_PAY_FOR_JUMPS) if patches.jump else RealRun(chosen | {"reward.rule": "share"})


PATCHES = {
    "clip": Patches(clip_low=0.1, clip_high=0.1),
    "kl": Patches(kl=0.1),
    "jump": Patches(jump=True),
    "audits": Patches(audits=0.05),
}
"""Each patch alone, as the question means it."""


@lru_cache(maxsize=1)
def alone() -> str:
    """The patch that alone leaves the least cheating, in the class that is seen."""
    return min(PATCHES, key=lambda name: learn(PATCHES[name], SEEN).cheating_in_the_end)


LEVEL = Level(
    6,
    "patches",
    (Pick("alone", tuple(PATCHES)),),
    (
        Range("clip_low", 0.02, 1.0, 0.02, 1.0),
        Range("clip_high", 0.02, 1.0, 0.02, 1.0),
        Range("kl", 0.0, 0.3, 0.05, 0.0),
        Switch("jump"),
        Range("audits", 0.0, 0.2, 0.01, 0.0),
        Switch("divide"),
    ),
    play,
    ("cheat", "audited"),
    real,
)
