"""The scorers that settings name: the task's own marks, a file of the user's, or reward models."""

from collections.abc import Sequence

from homeschool.config import RewardConfig
from homeschool.errors import ConfigError, TaskError
from homeschool.messages.refusals import stages as refused
from homeschool.models.load import Policy
from homeschool.rewards.learned import is_learned, load_learned_scorer
from homeschool.rewards.scorers import AnyScorer, load_scorer
from homeschool.tasks.jsonl import JsonlTask
from homeschool.types import Task

Scorers = AnyScorer | Sequence[AnyScorer]
"""One or several, that stand in for those which settings name."""

OWN_MARKS = "task"
"""The name, among those of scorers, of the task's own marks."""


def scorer_names(listed: str) -> list[str]:
    """The scorers that ``reward.scorer`` names, separated by commas."""
    return [name for name in map(str.strip, listed.split(",")) if name]


def is_marked_by_itself(reward: RewardConfig, scorer: Scorers | None) -> bool:
    """Nobody but the task marks."""
    return scorer is None and scorer_names(reward.scorer) in ([], [OWN_MARKS])


def named_scorers(reward: RewardConfig, task: Task, policy: Policy) -> list[AnyScorer]:
    """Those that ``reward`` names, else the task's own marks; ``policy`` is whose answers reward models will read."""
    refuse_unread_ensemble(reward)
    return [_scorer(name, task, reward, policy) for name in scorer_names(reward.scorer) or [OWN_MARKS]]


def _scorer(name: str, task: Task, reward: RewardConfig, policy: Policy) -> AnyScorer:
    if is_learned(name):
        return load_learned_scorer(name, reward, policy)
    if name != OWN_MARKS:
        return load_scorer(name)
    if isinstance(task, JsonlTask):
        raise TaskError(refused.NO_OWN_MARKS())
    return task.score


def refuse_unread_ensemble(reward: RewardConfig) -> None:
    """Raise ConfigError for settings of several reward models where there are none."""
    if reward.ensemble != "mean" and not any(map(is_learned, scorer_names(reward.scorer))):
        raise ConfigError(refused.NO_ENSEMBLE(ensemble=reward.ensemble))
    if reward.ensemble != "mean_minus_variance" and reward.variance_weight != RewardConfig().variance_weight:
        raise ConfigError(refused.VARIANCE_NOT_READ(weight=reward.variance_weight, ensemble=reward.ensemble))
