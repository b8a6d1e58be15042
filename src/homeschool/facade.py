"""The stages for Python: a policy, a task and a reward function as objects, and settings as in a recipe.

Each function takes the settings of its verb by name; a table of a recipe is a dictionary or the dataclass itself:
``hs.rl(policy, task, steps=50, optim={"lr": 1e-4}, sampling=hs.Sampling(max_tokens=8))``. Whoever reports progress is
the console's bar, unless ``reporter`` is given: ``hs.Silent()`` says nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from homeschool import stages
from homeschool.config import EvalConfig, PretrainConfig, RlConfig, SftConfig, TaskConfig, build_config
from homeschool.console import build_reporter
from homeschool.errors import ConfigError
from homeschool.exam import ExamResult
from homeschool.models.load import Policy
from homeschool.stages import StageResult
from homeschool.tasks import TASKS, load_task
from homeschool.tasks.jsonl import JsonlTask
from homeschool.train.loop import Reporter
from homeschool.types import Task
from homeschool.verdict import rl_verdict

Config = TypeVar("Config")

AnyPolicy = Policy | str | Path
"""A policy that is loaded already, or a folder: of a model, or of a run."""
AnyTask = Task | str | Path
"""A task, the name of one, or a JSONL file of prompts."""
AnyScorer = Callable[..., Any] | str
"""A reward function, or ``file.py:function``, which runs in a process of its own."""


def pretrain(corpus: str | Path = "textbook", *, reporter: Reporter | None = None, **settings: Any) -> StageResult:
    """Train a new small model on the textbook, or on a text or JSONL file; ``result.policy`` is the model.

    Settings are those of ``homeschool pretrain``. ConfigError for one that is unknown; DataError for a corpus that
    cannot be read or is shorter than one row.
    """
    config = _config(PretrainConfig, "pretrain", settings | {"corpus": corpus})
    return stages.pretrain(config, reporter or build_reporter(False))


def sft(policy: AnyPolicy, examples: AnyTask, *, reporter: Reporter | None = None, **settings: Any) -> StageResult:
    """Fine-tune on worked examples: those of a task, or the dialogues of a JSONL file.

    A policy that is loaded already is trained in place. Settings are those of ``homeschool sft``.
    """
    if _is_jsonl(examples):
        config = _config(SftConfig, "sft", settings | _of_policy(policy, settings) | {"data": examples})
        result = stages.sft(config, reporter or build_reporter(False), policy=_loaded(policy))
        return _named_after_its_folder(result)
    task = _task(examples)
    config = _config(SftConfig, "sft", settings | _of_policy(policy, settings) | {"task": _of_task(task)})
    result = stages.sft(config, reporter or build_reporter(False), policy=_loaded(policy), task=task)
    return _named_after_its_folder(result)


def rl(
    policy: AnyPolicy,
    task: AnyTask,
    scorer: AnyScorer | None = None,
    *,
    algo: str = "grpo",
    reporter: Reporter | None = None,
    **settings: Any,
) -> StageResult:
    """Teach a policy by exams: ``result.before``, ``result.after`` and ``result.gain`` are those of the hidden exam.

    ``scorer`` marks instead of the task itself; a JSONL file brings no marks and needs one. A policy that is loaded
    already is trained in place. Settings are those of ``homeschool rl``; columns of the algorithm are its table ``rl``.
    TaskError when this policy can learn nothing from this task, with what was measured.
    """
    asked = _task(task)
    known = _of_policy(policy, settings) | {"task": _of_task(asked), "reward": _of_scorer(scorer, asked, settings)}
    config = _config(RlConfig, "rl", settings | known | {"algo": algo})
    teller = reporter or build_reporter(False)
    marks = None if isinstance(scorer, str) else scorer
    result = stages.rl(config, teller, policy=_loaded(policy), task=asked, scorer=marks)
    for line in rl_verdict(result):
        teller.note(line)
    return _named_after_its_folder(result)


def evaluate(policy: AnyPolicy, task: AnyTask, scorer: AnyScorer | None = None, **settings: Any) -> ExamResult:
    """One exam without learning; ``str(result.interval)`` is the mark with its 95 % interval.

    Settings are those of ``homeschool eval``: ``split``, ``items``, ``samples``, ``sampling`` and more.
    """
    asked = _task(task)
    known = _of_policy(policy, settings) | {"task": _of_task(asked), "reward": _of_scorer(scorer, asked, settings)}
    config = _config(EvalConfig, "evaluate", settings | known)
    marks = None if isinstance(scorer, str) else scorer
    return stages.evaluate(config, policy=_loaded(policy), task=asked, scorer=marks)


def _config(kind: type[Config], verb: str, settings: Mapping[str, Any]) -> Config:
    return build_config(kind, {name: _plain(value) for name, value in settings.items()}, f"hs.{verb}")


def _plain(value: Any) -> Any:
    """A setting as a recipe would hold it."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value) if isinstance(value, Path) else value


def _loaded(policy: AnyPolicy) -> Policy | None:
    return policy if isinstance(policy, Policy) else None


def _of_policy(policy: AnyPolicy, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Where the policy came from, for the run folder. Refuses settings that a loaded policy cannot follow any more."""
    if not isinstance(policy, Policy):
        return {"policy": str(policy)}
    late = sorted({"device", "dtype"} & settings.keys())
    if late:
        raise ConfigError(
            f"{late[0]} is {settings[late[0]]!r}, but the policy is loaded already; give it to load_policy"
        )
    if settings.get("resume"):
        raise ConfigError(
            f"resume needs the policy as it was before the run, and the weights of a loaded one may have moved on; "
            f'pass its folder: "{policy.name}"'
        )
    return {"policy": policy.name}


def _is_jsonl(task: AnyTask) -> bool:
    return isinstance(task, str | Path) and str(task).endswith(".jsonl")


def _task(task: AnyTask) -> Task:
    if not isinstance(task, str | Path):
        return task
    return JsonlTask(task) if _is_jsonl(task) else load_task(str(task))


def _of_task(task: Task) -> dict[str, Any]:
    """What the run folder says about a task: its name and, of a task of this package, the options a recipe has."""
    kind = TASKS.get(task.name)
    if kind is None or type(task) is not kind:
        return {"name": task.name}
    options = {field.name for field in fields(TaskConfig)} & {field.name for field in fields(kind)}
    return {"name": task.name} | {name: _plain(getattr(task, name)) for name in sorted(options)}


def _of_scorer(scorer: AnyScorer | None, task: Task, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``reward``, with the name of whoever marks besides the task."""
    table = dict(_plain(settings.get("reward", {})))
    marker = scorer or (task.scorer if isinstance(task, JsonlTask) else None)
    if marker is None:
        return table
    name = getattr(marker, "__qualname__", type(marker).__qualname__)
    return table | {"scorer": marker if isinstance(marker, str) else f"{marker.__module__}:{name}"}


def _named_after_its_folder(result: StageResult) -> StageResult:
    """The policy is what the run made of it, and the next run's folder should say so."""
    result.policy.name = str(result.folder)
    return result
