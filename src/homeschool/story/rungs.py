"""The rungs of the ladder as a table: each a name, the chapter it belongs to, and settings of ``homeschool rl``.

What is not in a row is in :data:`COMMON`, so that rungs differ in what they are about and in nothing else: every rung
pays for the same number of answers, to the same papers, and begins with the same child.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeschool.errors import UsageError
from homeschool.messages import story as say
from homeschool.messages.suggestion import suggestion

GROUP = 5
"""Mock papers of one kind, as in the story."""
PROMPTS = 12
"""Papers a step."""

COMMON: dict[str, Any] = {
    "algo": "grpo",
    "prompts": PROMPTS,
    "rl": {"group_size": GROUP, "kl_coef": 0.0},
    "optim": {"lr": 1.5e-4, "warmup_steps": 5, "decay": "linear", "micro_tokens": 8192},
    "exam": {"items": 200},
    "check": {"items": 50},
    "keep": {"every": 1000},
    "readiness": False,
    "rollouts_kept": PROMPTS * GROUP,
}
"""What a rung changes is the pay, or who draws the line. Where it says nothing, the marks of five answers to the same
paper are compared with each other, as in GRPO."""

AS_PAID: dict[str, Any] = {"advantage": "reward", "whiten": "batch_scale"}
"""Nobody draws a line: what is learned from is the money itself. Only its unit is taken out, as in the other rungs."""

SHARE = {"rule": "share"}
LEANT_ON = {"loophole": True}
NO_CHECKS = {"every": 0}
"""Check exams are marked by whoever pays; who can be leaned on has nothing to say about the way."""
TWICE: dict[str, Any] = {"epochs": 2, "clip_low": 1.0, "clip_high": 1e6}
"""Each batch is learned from twice and nothing is clipped: with a single pass there would be nothing to clip."""
KL: dict[str, Any] = {"kl_coef": 0.1, "kl_estimator": "k3", "kl_corrected": True}
OPEN: dict[str, Any] = {"task": LEANT_ON, "check": NO_CHECKS}
BY_HAND: dict[str, Any] = OPEN | {
    "algo": "audited",
    "reward": {"rule": "jump_discount"},
    "rl": {"epochs": 2, "kl_in": "loss"} | KL,
    "optim": {"warmup_steps": 0, "decay": "constant", "grad_clip": 0.0},
    "guard": {"mode": "audited", "gold": "task", "rate": 0.01, "variance": 0.0, "warmup": 0},
}
"""The patch of chapter 6 with the fewest audits that the rails of the designer allow, one sheet in a hundred. The
learning rate stays where it is, since a fork cannot know how much is still to come, and nothing is audited before the
first step, since that would be paid for again in every fork."""
LONGER = 4
"""A trial has to be about as long as the other rungs, or the harm that a rule does is not there yet to be seen."""


@dataclass(frozen=True)
class Rung:
    """One row of the table."""

    name: str
    chapter: int
    settings: Mapping[str, Any]
    is_judged: bool = False
    """The reward model marks, and not the task."""
    times: int = 1
    """Length of the run, in lengths of the others."""
    briefly: tuple[str, ...] = ("strong", "weak")
    """Children for whom ``--chapter`` runs it; for others there is no room in three minutes."""
    is_designed: bool = False
    """The settings are where the father begins, and not where he has to stay."""


_ROWS = (
    Rung("fixed_tiers", 1, {"reward": {"rule": "fixed_tiers"}, "rl": AS_PAID}),
    Rung("one_judge", 1, {"rl": AS_PAID}, is_judged=True),
    Rung("own_tiers", 2, {"reward": {"rule": "own_tiers"}, "rl": AS_PAID}),
    Rung("hand_kept_tiers", 2, {"reward": {"rule": "hand_kept_tiers", "patience": 10}, "rl": AS_PAID}),
    Rung(
        "tutor",
        3,
        {
            "algo": "ppo",
            "reward": SHARE,
            "rl": {"epochs": 1, "gae_lambda": 1.0, "critic_layers": 2},
            "critic": {"lr": 1e-3, "warmup_steps": 5},
        },
    ),
    Rung("group_mean", 4, {"reward": SHARE}),
    Rung(
        "leave_one_out",
        4,
        {"reward": SHARE, "rl": {"advantage": "leave_one_out", "whiten": "batch_scale"}},
        briefly=(),
    ),
    Rung("shrinkage", 4, {"reward": SHARE, "rl": {"advantage": "shrinkage", "whiten": "batch_scale"}}, briefly=()),
    Rung("tracker", 4, {"algo": "spo", "reward": SHARE, "prompts": PROMPTS * GROUP, "rl": {"group_size": 1}}),
    Rung("relative_tiers", 4, {"reward": {"rule": "relative_tiers"}}, briefly=()),
    Rung("relative_smooth", 4, {"reward": {"rule": "relative_smooth"}}),
    Rung("honest_twice", 5, {"reward": SHARE, "rl": TWICE}),
    Rung("incident", 5, OPEN | {"reward": SHARE, "rl": TWICE}),
    Rung("clip", 6, OPEN | {"reward": SHARE, "rl": {"epochs": 2}}, briefly=()),
    Rung("kl", 6, OPEN | {"reward": SHARE, "rl": TWICE | KL}, briefly=()),
    Rung("jump_discount", 6, OPEN | {"reward": {"rule": "jump_discount"}, "rl": TWICE}, briefly=()),
    Rung("patch", 6, OPEN | {"reward": {"rule": "jump_discount"}, "rl": {"epochs": 2} | KL}),
    Rung(
        "audits",
        6,
        OPEN
        | {
            "algo": "audited",
            "reward": SHARE,
            "rl": {"epochs": 2},
            "optim": {"grad_clip": 0.0},
            "guard": {"mode": "audited", "gold": "task"},
        },
    ),
    Rung("hand_rule", 7, BY_HAND, times=LONGER, briefly=("weak",)),
    Rung("father", 7, BY_HAND, times=LONGER, briefly=("weak",), is_designed=True),
)

RUNGS: dict[str, Rung] = {rung.name: rung for rung in _ROWS}
"""Every rung by its name, in the order of the story."""

BESIDE = {2: ("fixed_tiers",), 3: ("group_mean",), 6: ("incident",)}
"""Rungs of other chapters that a chapter is read against."""
CHAPTERS = range(1, 8)
ORDINARY = "group_mean"
"""The rung that extra seconds and bytes are counted from."""


def rungs_of(chapter: int) -> list[Rung]:
    """The rungs that a chapter tells of, in the order of the story. UsageError for a chapter that there is not."""
    if chapter not in CHAPTERS:
        raise UsageError(say.NO_CHAPTER(chapter=chapter, first=CHAPTERS[0], last=CHAPTERS[-1]))
    beside = BESIDE.get(chapter, ())
    return [rung for rung in RUNGS.values() if rung.chapter == chapter or rung.name in beside]


def run_by(chapter: int) -> list[Rung]:
    """Those of them that ``--chapter`` runs, so that it takes minutes."""
    return [rung for rung in rungs_of(chapter) if rung.briefly]


def named(names: str) -> list[Rung]:
    """Rungs by name, separated by commas. UsageError for one that there is not, with the nearest that there is."""
    found = []
    for name in filter(None, map(str.strip, names.split(","))):
        if name not in RUNGS:
            raise UsageError(say.NO_RUNG(name=name, nearest=suggestion(name, RUNGS)))
        found.append(RUNGS[name])
    return found
