"""Who marks answers: the scorer that is paid, and whoever else looks at the answers of an exam."""

from collections.abc import Sequence
from typing import Any, TypedDict

from homeschool.config import EvalConfig, RewardModelConfig, RlConfig
from homeschool.messages.refusals import stages as refused
from homeschool.models.load import Policy
from homeschool.rewards.guard.gold import OWN, GoldCheck, own_gold
from homeschool.rewards.learned import is_learned
from homeschool.rewards.marker import Marker
from homeschool.stages.paying import full_marks, refuse_unread_rule
from homeschool.stages.scorers import Scorers, named_scorers, scorer_names
from homeschool.tasks.jsonl import JsonlTask
from homeschool.types import Task


def build_marker(
    config: RlConfig | EvalConfig | RewardModelConfig, task: Task, scorer: Scorers | None, policy: Policy
) -> Marker:
    """Who marks: the user's scorers where some are given (to the task, or in ``config``), else the task.

    ``policy`` is whose answers are marked: a reward model must read the same tokens.
    """
    if not isinstance(config, RlConfig):
        refuse_unread_rule(config.reward)
    if scorer is None and isinstance(task, JsonlTask):
        scorer = task.scorer
    if scorer is None:
        scorer = named_scorers(config.reward, task, policy)
    scorers = scorer if isinstance(scorer, Sequence) else (scorer,)
    return Marker(tuple(scorers), config.reward.timeout_s, config.reward.max_failures, config.reward.weights)


class ExamMarks(TypedDict):
    """Who marks the answers of an exam besides the scorer that is paid."""

    own: Marker | None
    label: Marker | None


def exam_marks(task: Task, marker: Marker, gold: GoldCheck | None = None) -> ExamMarks:
    """Who else marks the answers of an exam: ``own``, the gold check or the task itself; ``label``, the task's word on
    what is cheating."""
    label, whose = getattr(task, "hack_label", None), refused.THE_TASK_ITSELF(task=task.name)
    own: Marker | None
    if gold is not None:
        own = Marker(gold.scorer, gold.timeout_s, who=refused.THE_GOLD_CHECK(name=gold.name))
    else:
        found = None if isinstance(task, JsonlTask) else own_gold(task, marker.scorers)
        own = Marker(found, who=whose) if found is not None and found not in marker.scorers else None
    return {"own": own, "label": Marker(_as_numbers(label), who=whose) if label is not None else None}


def _as_numbers(label: Any) -> Any:
    def hack_label(prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        return [float(value) for value in label(prompts, completions, **columns)]

    return hack_label


def marks_out_of(
    config: RlConfig, task: Task, scorer: Scorers | None, marker: Marker, gold: GoldCheck | None
) -> dict[str, float | None]:
    """What marks are out of, for whoever looks at them: ``full`` of what is paid, where there is such a thing, and
    ``true_full`` of what somebody else says of the same answers."""
    known = config.reward.full_marks or full_marks(config, task, scorer)
    has_none = config.reward.full_marks is None and any(map(is_learned, scorer_names(config.reward.scorer)))
    most = sum(weight for weight in marker.weights if weight > 0) if marker.weights else len(marker.scorers)
    full = None if has_none else known * (1 if config.reward.full_marks else most)
    if exam_marks(task, marker, gold)["own"] is None:
        return {"full": full, "true_full": None}
    is_own = gold is None or config.guard.gold == OWN
    return {"full": full, "true_full": float(getattr(task, "full_marks", 1.0)) if is_own else known}
