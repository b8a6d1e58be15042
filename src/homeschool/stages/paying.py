"""What a mark is worth in rl: the score that is 100 marks, and the rule that pays for marks."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from homeschool.config import RewardConfig, RlConfig
from homeschool.errors import ConfigError
from homeschool.messages.refusals import stages as refused
from homeschool.rewards.incentive import Incentive, build_incentive
from homeschool.stages.scorers import Scorers, is_marked_by_itself
from homeschool.types import Task


def full_marks(config: RlConfig, task: Task, scorer: Scorers | None) -> float:
    """The score that is 100 marks: the task's, where it marks by itself."""
    return float(getattr(task, "full_marks", 1.0)) if is_marked_by_itself(config.reward, scorer) else 1.0


@contextmanager
def rule_of(config: RlConfig, task: Task, scorer: Scorers | None) -> Iterator[Incentive | None]:
    """The rule that ``config`` asks for, ready to pay; none where it asks for none."""
    reward, algo = config.reward, config.algorithm
    if not reward.rule:
        is_read = config.follow_notebook or config.guard.mode != "off"
        refuse_unread_rule(reward, ("full_marks",) if is_read else ())
        yield None
        return
    if algo.combine == "standardized":
        raise ConfigError(refused.RULE_NOT_HEARD(rule=reward.rule))
    incentive = build_incentive(
        reward.rule,
        reward.rule_settings(),
        full_marks=reward.full_marks or full_marks(config, task, scorer),
        questions=float(reward.questions or getattr(task, "questions", None) or 1),
        timeout_s=reward.timeout_s,
    )
    with closing(incentive):
        lowest = min(incentive.history.get("pays") or [0.0])
        if algo.advantage in ("tracker", "group_mean_normalized") and lowest < 0:
            raise ConfigError(refused.RULE_PAYS_BELOW_ZERO(advantage=algo.advantage, lowest=lowest))
        yield incentive


def refuse_unread_rule(reward: RewardConfig, read: Sequence[str] = ()) -> None:
    """Raise ConfigError for a rule, or a setting of one, where nothing reads it; something else reads ``read``."""
    chosen = reward.rule_settings() | {"full_marks": reward.full_marks, "questions": reward.questions}
    unread = [name for name, value in chosen.items() if value is not None and name not in read]
    if reward.rule:
        raise ConfigError(refused.RULE_OUTSIDE_RL(rule=reward.rule))
    if unread:
        raise ConfigError(refused.NO_RULE_TO_READ(name=unread[0]))
