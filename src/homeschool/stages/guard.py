"""The guard of an RL run from its settings: the gold check is loaded and tried."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace

from homeschool.algos.holes import refuse_holes
from homeschool.config import GuardConfig, RlConfig
from homeschool.errors import ConfigError
from homeschool.messages import audit as say
from homeschool.messages.refusals import stages as refused
from homeschool.rewards.guard.gold import GoldCheck, known_good, load_gold, require_sane
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.incentive import Incentive
from homeschool.rewards.marker import Marker
from homeschool.stages.other_keys import other_keys_of
from homeschool.stages.weak import refuse_unread_signs
from homeschool.train.loop import Reporter
from homeschool.types import Task


@contextmanager
def guard_of(
    config: RlConfig, task: Task, marker: Marker, incentive: Incentive | None, full_marks: float
) -> Iterator[tuple[Guard | None, GoldCheck | None]]:
    """The guard that ``config`` asks for and the gold check that it names; the check alone serves the exams."""
    settings = config.guard
    if not settings.audits and not settings.gold:
        yield None, None
        return
    sealed = [*task.exam("hidden", config.exam.items, config.seed)]
    if config.check.every:
        sealed += task.exam("check", config.check.items, config.seed)
    ids = frozenset(prompt.id for prompt in sealed)
    with closing(load_gold(settings.gold, task, marker.scorers, config.reward.timeout_s, ids)) as gold:
        if not settings.audits:
            yield None, gold
            return
        answers = config.steps * config.prompts * config.algorithm.group_size
        yield (
            Guard(
                settings,
                gold,
                seed=config.seed,
                answers=answers,
                full_marks=full_marks,
                rule=incentive,
                other_keys=_other_keys(settings, task, marker, config.seed, full_marks),
                saves_every=config.keep.every,
            ),
            gold,
        )


def _other_keys(settings: GuardConfig, task: Task, marker: Marker, seed: int, full_marks: float) -> OtherKeys | None:
    """Only a learned prediction hears what other keys give."""
    return other_keys_of(settings, task, marker, seed, full_marks) if settings.predictor == "learned" else None


def refuse_unguarded(config: RlConfig) -> None:
    """Raise ConfigError for settings of a guard that nothing would read, or under which audits lose their force."""
    if config.guard.audits:
        refuse_unread_signs(config.guard)
        refuse_holes(config.algorithm, config.guard)
    else:
        _refuse_unread(config.guard)


def _refuse_unread(settings: GuardConfig) -> None:
    plain, read = GuardConfig(), ["mode", "gold"]
    if settings.mode == "weak":
        read += ["other_keys", "key", "canaries", "reexam", "opinion", "rewarded_above", "on_alarm"]
        if settings.on_alarm not in ("note", "stop"):
            raise ConfigError(refused.WEAK_CANNOT(action=settings.on_alarm))
    for spec in fields(settings):
        value = getattr(settings, spec.name)
        if spec.name not in read and value != getattr(plain, spec.name):
            raise ConfigError(refused.GUARD_IS_OFF(name=spec.name, value=value, mode=settings.mode))


def try_gold(guard: Guard, task: Task, reporter: Reporter) -> None:
    """Raise ConfigError for a check that cannot be trusted; say what it was tried on."""
    known = replace(known_good(task, guard.seed), full_marks=guard.full_marks)
    require_sane(guard.gold, known)
    if known.stated:
        marks, _ = guard.gold.marks(known.prompts, known.completions)
        right = sum(mark is not None and mark >= known.full_marks / 2 for mark in marks)
        reporter.note(say.GOLD_TRIED(name=guard.gold.name, right=right, known=len(known.prompts)))
    else:
        reporter.note(say.GOLD_UNTRIED(name=guard.gold.name))
