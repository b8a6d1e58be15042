"""What a guard does once before the first step: audit the untrained policy, and say what that means for the run."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from homeschool.config import RlConfig
from homeschool.errors import ConfigError
from homeschool.messages import audit as say
from homeschool.messages.refusals import stages as refused
from homeschool.rewards.guard.gold import MOST_OVER
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.rate import Plan
from homeschool.rewards.guard.warmup import WarmUp, warm_up
from homeschool.rollout.collect import collect
from homeschool.train.audit import start_views
from homeschool.train.batch import build_batch, trained_rollouts
from homeschool.train.loop import Reporter
from homeschool.train.rl import RlRun
from homeschool.train.run_folder import RunFolder
from homeschool.types import RolloutGroup, Task

WARM_UP_ROUNDS = 4
"""Batches of answers sampled at most, until enough of them were rewarded."""
WARM_UP_STEP = 1 << 31
"""Of the prompts of the warm-up: beyond every step that a run could have."""
FEWEST = 8
"""Audits below which a warm-up says nothing about the grader."""


def start_guard(run: RlRun, config: RlConfig, task: Task, folder: RunFolder, reporter: Reporter) -> None:
    """What a guard does once before the first step: audit the untrained policy, and say what is needed.

    ConfigError where the budget cannot hold the noise of audits down.
    """
    guard = run.guard
    if guard is None:
        return
    if config.guard.warmup:
        _warm_up(run, guard, config, task, folder, reporter)
    folder.event("guard", **guard.ladder.begin_row(guard.verdict))


def _warm_up(run: RlRun, guard: Guard, config: RlConfig, task: Task, folder: RunFolder, reporter: Reporter) -> None:
    groups = _first_answers(run, config, task)
    _require_scale(guard, groups)
    found = warm_up(guard, groups, _views(run, groups) if guard.expectation.learns else None)
    # The whole file: a run that was killed before its first checkpoint does this again.
    folder.write("audits.jsonl", "")
    for row in found.rows:
        folder.append("audits", row)
    folder.event("guard", step=0, action="observe", reason="warm_up", evidence=found.event())
    _require_calls(found, guard, config, reporter)
    _report(found, config, reporter)


def _require_calls(found: WarmUp, guard: Guard, config: RlConfig, reporter: Reporter) -> None:
    """ConfigError, or a word about it, where half of the budget was too little to look at what is paid."""
    least = min(FEWEST, config.guard.warmup, found.rewarded)
    if found.audits >= least:
        return
    rate = min(1.0, ceil(200 * least / guard.answers) / 100)
    problem = say.TOO_FEW_CALLS(budget=guard.control.budget, calls=found.audits, least=least, rate=rate)
    if _refuses(config):
        raise ConfigError(refused.OR_WARN(problem=problem))
    reporter.note(problem)


def _require_scale(guard: Guard, groups: Sequence[RolloutGroup]) -> None:
    most = max((rollout.score or 0.0 for group in groups for rollout in group.rollouts), default=0.0)
    if most > MOST_OVER * guard.full_marks:
        raise ConfigError(refused.OTHER_SCALE(paid=most, most=most, full_marks=guard.full_marks))


def _refuses(config: RlConfig) -> bool:
    return config.guard.unaffordable == "refuse" and config.guard.mode == "audited"


def _first_answers(run: RlRun, config: RlConfig, task: Task) -> list[RolloutGroup]:
    assert run.guard is not None
    groups: list[RolloutGroup] = []
    for number in range(WARM_UP_ROUNDS):
        prompts = task.batch("train", WARM_UP_STEP + number, config.prompts, config.seed)
        groups += collect(
            run.engine,
            run.marker,
            prompts,
            config.sampling,
            group_size=run.algo.group_size,
            seed=config.seed,
            step=f"warm-up {number}",
        )
        rewarded = sum(run.guard.is_rewarded(rollout) for group in groups for rollout in group.rollouts)
        if rewarded >= config.guard.warmup:
            break
    return groups


def _views(run: RlRun, groups: Sequence[RolloutGroup]) -> Any:
    assert run.guard is not None
    asked = [row for row, (_, rollout) in enumerate(trained_rollouts(groups)) if run.guard.asks_about(rollout)]
    return start_views(run.learner, build_batch(groups, run.tokenizer), run.sampling.temperature, asked)[0]


def _report(found: WarmUp, config: RlConfig, reporter: Reporter) -> None:
    if not found.audits:
        if not found.rewarded:
            reporter.note(say.WARM_UP_EMPTY(answers=found.answers))
        return
    reporter.note(
        say.WARM_UP(audits=found.audits, false=found.false_passes, score=found.true_score, tolerance=found.tolerance)
    )
    if found.plan is None:
        return
    need = found.plan
    if need.affordable:
        reporter.note(_affordable(need, config))
        return
    problem = say.UNAFFORDABLE(
        budget=need.budget,
        variance=config.guard.variance,
        calls=need.calls,
        share=need.share,
        false=found.false_passes,
        audits=found.audits,
    )
    if _refuses(config):
        raise ConfigError(refused.OR_WARN(problem=problem))
    reporter.note(f"{problem}. {say.GO_ON_SLOWLY(pace=need.pace)}" if config.guard.mode == "audited" else problem)


def _affordable(need: Plan, config: RlConfig) -> str:
    numbers = {"rate": need.wanted, "calls": need.wanted_calls, "budget": need.budget}
    if config.guard.mode == "audited":
        return say.AFFORDABLE(**numbers, pace=need.pace)
    return say.OBSERVED(**numbers)
