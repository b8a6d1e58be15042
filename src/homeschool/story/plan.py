"""Which runs the story needs: rungs times children times seeds, each an ordinary ``homeschool rl``.

The plan is one of :mod:`homeschool.comparison`, whose runner makes it: several runs at a time, finished ones left
alone, interrupted ones resumed.
"""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from homeschool.comparison.plan import Plan, Run, merged
from homeschool.config import RewardModelConfig, RlConfig, RunConfig, build_config, write_toml
from homeschool.errors import UsageError
from homeschool.files import write_atomically
from homeschool.messages import story as say
from homeschool.story.children import (
    PAPERS,
    SAMPLING,
    UPBRINGINGS,
    child_folder,
    copying_of,
    judge_folder,
    judge_of,
    reading_of,
)
from homeschool.story.rungs import COMMON, ORDINARY, RUNGS, Rung, named, run_by

STEPS = 50
LOOKS = 10
"""Check exams of a run."""


@dataclass(frozen=True)
class StoryConfig:
    """The story of the two children: a chapter of it, or all of it."""

    chapter: int = 0
    """One chapter, 1 to 7, with the rungs that it turns on; 0: see all."""
    all: bool = False
    """Every rung. Without it and without a chapter or rungs, what there is so far is shown and nothing is run."""
    rungs: str = ""
    """Some rungs by name, separated by commas."""
    seeds: int = 1
    """Runs of each rung and child: seed, seed + 1, ..."""
    seed: int = 0
    """The first of them. The children themselves are the same for all."""
    steps: int = STEPS
    """Exams a child sits in a run: 60 papers each. Runs of another length belong in another folder."""
    out: str = ""
    """Folder of the children, the runs and the table; empty: runs/story."""
    workers: int = 0
    """Runs at the same time, one thread each; 0: as many as there are cores."""


def chosen_rungs(config: StoryConfig) -> list[Rung]:
    """The rungs that are to be run. UsageError where they are named in two ways."""
    ways = [bool(config.chapter), config.all, bool(config.rungs)]
    if sum(ways) > 1:
        raise UsageError(say.ONE_WAY())
    if config.all:
        return list(RUNGS.values())
    return run_by(config.chapter) if config.chapter else named(config.rungs)


def build_story(config: StoryConfig) -> Plan:
    """The runs of the chosen rungs for both children; none where none was chosen.

    UsageError for a chapter or a rung that there is not, and for no seeds; ConfigError for steps that no run can have.
    """
    rungs = chosen_rungs(config)
    if config.seeds < 1:
        raise UsageError(say.TOO_FEW_SEEDS(seeds=config.seeds))
    if config.steps < 2:
        raise UsageError(say.TOO_FEW_STEPS(steps=config.steps))
    out = Path(config.out).expanduser() if config.out else Path("runs") / "story"
    runs = tuple(
        run_of(rung, child, seed, config.steps, out)
        for seed in range(config.seed, config.seed + config.seeds)
        for rung in rungs
        for child in (rung.briefly if config.chapter else UPBRINGINGS)
    )
    arms = {rung.name: dict(rung.settings) for rung in rungs}
    return Plan(out, ORDINARY, arms, runs, starts(rungs, out), config.workers)


def run_of(rung: Rung, child: str, seed: int, steps: int, out: Path) -> Run:
    """One run, with everything that its rung says."""
    settings = merged(COMMON, {"task": _given(asdict(PAPERS)), "sampling": asdict(SAMPLING), "steps": steps})
    settings = merged(settings, {"check": {"every": max(1, steps // LOOKS)}})
    settings = merged(settings, rung.settings)
    settings = merged(settings, {"steps": steps * rung.times})
    if rung.is_judged:
        settings = merged(settings, {"reward": {"scorer": f"model:{judge_folder(out)}"}})
    config = build_config(RlConfig, settings, f"rung {rung.name}")
    folder = out / "runs" / child / rung.name / f"seed-{seed}"
    config = replace(config, policy=str(child_folder(out, child)), out=str(folder), seed=seed, resume=True, threads=1)
    run = Run(child, rung.name, seed, config)
    return replace(run, program=("homeschool.story.father",)) if rung.is_designed else run


def starts(rungs: Sequence[Rung], out: Path) -> tuple[str, ...]:
    """Commands that make the children, and the judge where a rung has one."""
    if not rungs:
        return ()
    made = [(verb, stage) for verb, stage, _ in upbringing(out)]
    if any(rung.is_judged for rung in rungs):
        made.append(("reward-model", "judge"))
    return tuple(f"{verb} {shlex.quote(str(_recipe(out, stage)))}" for verb, stage in made)


def upbringing(out: Path) -> list[tuple[str, str, RunConfig]]:
    """Verb, name and settings of the stages that make both children, in order."""
    made: list[tuple[str, str, RunConfig]] = [("pretrain", "book", reading_of(out))]
    made += [("sft", name, copying_of(child, out)) for name, child in UPBRINGINGS.items()]
    return made


def write_recipes(out: Path) -> None:
    """The recipes of the children and the judge, where the commands of :func:`starts` read them."""
    judge: RewardModelConfig = judge_of(out)
    for _, stage, config in [*upbringing(out), ("reward-model", "judge", judge)]:
        write_atomically(_recipe(out, stage), write_toml(config))


def _recipe(out: Path, stage: str) -> Path:
    return out / "settings" / "children" / f"{stage}.toml"


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}
