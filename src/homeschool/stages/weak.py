"""The guard of an RL run that has no gold check, from its settings; what it says before, during and after the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from homeschool.config import GuardConfig, RlConfig
from homeschool.errors import ConfigError
from homeschool.messages import weaker as say
from homeschool.messages.refusals import stages as refused
from homeschool.rewards.guard.weak import WeakGuard
from homeschool.rewards.guard.words import label
from homeschool.rewards.marker import Marker
from homeschool.rewards.scorers import ScorerWorker, load_scorer
from homeschool.stages.finishing import StageResult
from homeschool.stages.other_keys import other_keys_of
from homeschool.train.loop import Reporter
from homeschool.train.run_folder import RunFolder
from homeschool.types import Task

OWN_SPREAD = ("group_standardized", "group_mean_normalized")
"""Advantages that divide by what the group itself earned."""


@contextmanager
def weak_of(config: RlConfig, task: Task, marker: Marker, full_marks: float) -> Iterator[WeakGuard | None]:
    """The guard that ``--guard weak`` asks for; None for any other."""
    settings = config.guard
    if settings.mode != "weak":
        yield None
        return
    other = load_scorer(settings.opinion) if settings.opinion else None
    try:
        if other:
            _require_another(other, marker, settings.opinion)
        second = Marker(other, config.reward.timeout_s) if other else None
        keys = other_keys_of(settings, task, marker, config.seed, full_marks)
        guard = WeakGuard(settings, task, seed=config.seed, full_marks=full_marks, other_keys=keys, other=second)
        _require_signs(guard, task)
        _require_effect(guard, config)
        yield guard
    finally:
        if other:
            other.close()


def _require_another(other: ScorerWorker, marker: Marker, name: str) -> None:
    paid = [scorer for scorer in marker.scorers if isinstance(scorer, ScorerWorker)]
    if any((scorer.file, scorer.name) == (other.file, other.name) for scorer in paid):
        raise ConfigError(refused.SAME_GRADER(name=name))


def _require_signs(guard: WeakGuard, task: Task) -> None:
    if not guard.signs:
        raise ConfigError(refused.NO_SIGNS(task=task.name, key=guard.config.key))


def _require_effect(guard: WeakGuard, config: RlConfig) -> None:
    row = config.algorithm
    if guard.suspicion is not None and row.advantage in OWN_SPREAD:
        raise ConfigError(refused.REEXAM_IN_VAIN(algo=row.name, advantage=row.advantage))


def introduce(guard: WeakGuard, reporter: Reporter) -> None:
    """What this guard is worth, once, before the run."""
    reporter.note(label())
    reporter.note(say.AT_WORK(signs=", ".join(f"guard.{name}" for name in guard.signs)))
    if guard.config.gold:
        reporter.note(say.EXAMS_ONLY(gold=guard.config.gold))


def write_signs(guard: WeakGuard, folder: RunFolder, reporter: Reporter) -> None:
    """The events of a step, in the run folder and to the user."""
    for event in guard.events:
        folder.event("guard", **event)
    for sentence in guard.said:
        reporter.note(sentence)


def weak_halt(guard: WeakGuard) -> Callable[[], str | None]:
    """Why the run has to end after a step, as the loop wants to know it."""
    return lambda: say.STOPPED(reason=guard.said[-1]) if guard.stopped else None


def weak_summary(guard: WeakGuard) -> dict[str, Any]:
    """What summary.json says of it."""
    found: dict[str, Any] = {"mode": "weak", "signs": guard.signs, "alarms": guard.alarms, "reexams": guard.reexams}
    if guard.other_keys is not None:
        found["other_keys"] = guard.other_keys.verdict.evidence()
    if guard.canaries is not None:
        found["canaries"] = guard.canaries.verdict.evidence()
    if guard.opinion is not None:
        found["refused"] = {f"{edge:g}": rate for edge, rate in guard.opinion.rates.items()}
    return found


def weak_words(summary: dict[str, Any], result: StageResult) -> list[str]:
    """The same in words, with what it means for the exams of ``result``."""
    heard = say.HEARD(count=summary["alarms"]) if summary["alarms"] else say.HEARD_NOTHING()
    again = say.ASKED_AGAIN(count=summary["reexams"]) if "reexam" in summary["signs"] else ""
    if result.true_marks:
        return [say.WEAK_RESULT(heard=heard) + again]
    fell = result.gain is not None and result.gain.high < 0
    return [say.WEAK_RESULT(heard=heard) + again + say.TRUTH_UNKNOWN(), *([say.MAY_BE_CHEATING_ENDED()] * fell)]


def refuse_unread_signs(settings: GuardConfig) -> None:
    """Raise ConfigError for settings of the weak guard that audits do not read."""
    _refuse(settings, ("canaries", "reexam", "opinion"), refused.ONLY_WEAK_READS(mode=settings.mode))
    if settings.predictor == "proxy":
        _refuse(settings, ("other_keys", "key"), refused.PROXY_HEARS_NOTHING())


def _refuse(settings: GuardConfig, names: tuple[str, ...], reason: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if value != getattr(GuardConfig(), name):
            raise ConfigError(refused.NOT_READ_BY_GUARD(name=name, value=value, reason=reason))
