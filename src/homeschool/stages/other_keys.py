"""Marks by other keys from the settings of a guard, where the questions have keys."""

from homeschool.config import GuardConfig
from homeschool.errors import ConfigError
from homeschool.messages import refusals
from homeschool.messages.refusals import stages as refused
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.marker import Marker
from homeschool.types import Task


def other_keys_of(settings: GuardConfig, task: Task, marker: Marker, seed: int, full_marks: float) -> OtherKeys | None:
    """Who asks ``marker`` about other keys; None where nobody shall, or where the questions have none."""
    if not settings.other_keys or not _has_key(settings, task, seed):
        return None
    return OtherKeys(marker, settings.key, settings.other_keys, seed, full_marks, settings.rewarded_above)


def _has_key(settings: GuardConfig, task: Task, seed: int) -> bool:
    """Whether the task's questions have the column that ``guard.key`` names. ConfigError where it was named in vain."""
    (prompt,) = task.batch("train", 0, 1, seed)
    if settings.key in prompt.columns:
        return True
    if settings.key != GuardConfig().key:
        columns = ", ".join(prompt.columns) or refusals.NO_COLUMNS()
        raise ConfigError(refused.NO_KEY_COLUMN(key=settings.key, task=task.name, columns=columns))
    return False
