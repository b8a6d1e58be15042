"""The stages for Python: a policy, a task and a reward function as objects, and settings as in a recipe.

Each function takes the settings of its verb by name; a table of a recipe is a dictionary or the dataclass itself:
``hs.rl(policy, task, steps=50, optim={"lr": 1e-4}, sampling=hs.Sampling(max_tokens=8))``. Whoever reports progress is
the console's bar, unless ``reporter`` is given: ``hs.Silent()`` says nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from homeschool.comparison.plan import CompareConfig, merged
from homeschool.comparison.run import ComparisonResult
from homeschool.comparison.run import compare as run_comparison
from homeschool.config import (
    EvalConfig,
    PretrainConfig,
    RewardModelConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
    build_config,
    read_recipe,
)
from homeschool.console import build_reporter
from homeschool.errors import ConfigError
from homeschool.exam import ExamResult
from homeschool.messages.refusals import pages as refused
from homeschool.models.load import Policy
from homeschool.rewards.lint.report import LintReport
from homeschool.stages.exams import evaluate as exam_stage
from homeschool.stages.finishing import StageResult
from homeschool.stages.lint import LintConfig
from homeschool.stages.lint import lint as examine_reward
from homeschool.stages.pretrain import pretrain as pretrain_stage
from homeschool.stages.reward import RewardModelResult, train_reward_model
from homeschool.stages.rl import rl as rl_stage
from homeschool.stages.sft import sft as sft_stage
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
"""A reward function, ``file.py:function``, which runs in a process of its own, or ``model:FOLDER``."""
AnyScorers = AnyScorer | Sequence[Callable[..., Any]]
"""One, or several functions whose marks are added up; in text their names stand with commas between them."""


def pretrain(corpus: str | Path = "textbook", *, reporter: Reporter | None = None, **settings: Any) -> StageResult:
    """Train a new small model on the textbook, or on a text or JSONL file; ``result.policy`` is the model.

    Settings are those of ``homeschool pretrain``. ConfigError for one that is unknown; DataError for a corpus that
    cannot be read or is shorter than one row.
    """
    config = _config(PretrainConfig, "pretrain", settings | {"corpus": corpus})
    return pretrain_stage(config, reporter or build_reporter(False))


def sft(policy: AnyPolicy, examples: AnyTask, *, reporter: Reporter | None = None, **settings: Any) -> StageResult:
    """Fine-tune on worked examples: those of a task, or the dialogues of a JSONL file.

    A policy that is loaded already is trained in place. Settings are those of ``homeschool sft``.
    """
    if _is_jsonl(examples):
        config = _config(SftConfig, "sft", settings | _of_policy(policy, settings) | {"data": examples})
        result = sft_stage(config, reporter or build_reporter(False), policy=_loaded(policy))
        return _named_after_its_folder(result)
    task = _task(examples)
    config = _config(SftConfig, "sft", settings | _of_policy(policy, settings) | {"task": _of_task(task)})
    result = sft_stage(config, reporter or build_reporter(False), policy=_loaded(policy), task=task)
    return _named_after_its_folder(result)


def reward_model(
    policy: AnyPolicy,
    examples: AnyTask,
    scorer: AnyScorer | None = None,
    *,
    reporter: Reporter | None = None,
    **settings: Any,
) -> RewardModelResult:
    """Train a model to tell the better of two answers; ``str(result.report.accuracy)`` is its held-out mark.

    ``examples`` is a JSONL file of pairs (``chosen`` and ``rejected``), or a task: then the policy answers its
    questions and the task's marks, or ``scorer``'s, say which answer is the better one. The policy stays as it is.
    Settings are those of ``homeschool reward-model``. Use it with ``hs.rl(policy, task, "model:FOLDER")``.
    """
    known = _of_policy(policy, settings)
    teller = reporter or build_reporter(False)
    if _is_jsonl(examples):
        config = _config(RewardModelConfig, "reward_model", settings | known | {"data": examples})
        result = train_reward_model(config, teller, policy=_loaded(policy))
    else:
        asked = _task(examples)
        known |= {"task": _of_task(asked), "reward": _of_scorer(scorer, asked, settings)}
        config = _config(RewardModelConfig, "reward_model", settings | known)
        marks = None if isinstance(scorer, str) else scorer
        result = train_reward_model(config, teller, policy=_loaded(policy), task=asked, scorer=marks)
    for line in result.lines():
        teller.note(line)
    result.reward_model.name = str(result.folder)
    return result


def rl(
    policy: AnyPolicy,
    task: AnyTask,
    scorer: AnyScorers | None = None,
    *,
    algo: str = "grpo",
    reporter: Reporter | None = None,
    **settings: Any,
) -> StageResult:
    """Teach a policy by exams: ``result.before``, ``result.after`` and ``result.gain`` are those of the hidden exam.

    ``scorer`` marks instead of the task itself; a JSONL file brings no marks and needs one. A policy that is loaded
    already is trained in place. Settings are those of ``homeschool rl``; columns of the algorithm are its table ``rl``,
    those of the guard ``guard={"mode": "audited", "gold": "my_checks.py:gold"}``.
    TaskError when this policy can learn nothing from this task, with what was measured.
    """
    asked = _task(task)
    known = _of_policy(policy, settings) | {"task": _of_task(asked), "reward": _of_scorer(scorer, asked, settings)}
    config = _config(RlConfig, "rl", settings | _of_guard(settings) | known | {"algo": algo})
    teller = reporter or build_reporter(False)
    marks = None if isinstance(scorer, str) else scorer
    result = rl_stage(config, teller, policy=_loaded(policy), task=asked, scorer=marks)
    for line in rl_verdict(result):
        teller.note(line)
    return _named_after_its_folder(result)


def evaluate(policy: AnyPolicy, task: AnyTask, scorer: AnyScorers | None = None, **settings: Any) -> ExamResult:
    """One exam without learning; ``str(result.interval)`` is the mark with its 95 % interval.

    Settings are those of ``homeschool eval``: ``split``, ``items``, ``samples``, ``sampling`` and more.
    """
    asked = _task(task)
    known = _of_policy(policy, settings) | {"task": _of_task(asked), "reward": _of_scorer(scorer, asked, settings)}
    config = _config(EvalConfig, "evaluate", settings | known)
    marks = None if isinstance(scorer, str) else scorer
    return exam_stage(config, policy=_loaded(policy), task=asked, scorer=marks)


def compare(recipe: str | Path | None = None, *, reporter: Reporter | None = None, **settings: Any) -> ComparisonResult:
    """Which arm is better: same start, prompts, exams and budget, several seeds; ``result.verdict`` says it in words.

    ``hs.compare("recipes/compare-rows.toml")``, or the settings of ``homeschool compare`` by name:
    ``hs.compare(policy="runs/school/sft", task={"name": "papers"}, arms={"grpo": {"algo": "grpo"}, ...}, seeds=5)``.
    Runs are made in processes of their own, so policies and tasks are named by folder and by name. Called again, it
    goes on where it was. ConfigError for a setting that is unknown, or for arms that would sit different exams.
    """
    source = str(recipe or "hs.compare")
    tables = read_recipe(Path(recipe)) if recipe else {}
    written = build_config(CompareConfig, tables, source)
    asked = {name: _plain(value) for name, value in settings.items()}
    config = build_config(CompareConfig, merged(tables, asked), source)
    teller = reporter or build_reporter(False)
    named = str(recipe or "")
    result = run_comparison(replace(config, recipe=named), teller, replace(written, recipe=named))
    for line in result.verdict:
        teller.note(line)
    return result


def lint(
    scorer: AnyScorer | None = None, task: AnyTask | None = None, *, policy: AnyPolicy | None = None, **settings: Any
) -> LintReport:
    """Examine a reward function before it is trained on: ``print(report)``, ``report.clean``, ``report.rules``.

    ``hs.lint("reward.py", "questions.jsonl")``, or ``hs.lint(task="sums")`` for the marks of a task. With a ``policy``
    its own answers are marked too. Settings are those of ``homeschool lint``. UsageError for what cannot be examined.
    """
    name, made = (str(task), None) if isinstance(task, str | Path) else ("", task)
    about = _of_task(made) if made else {"name": name}
    known: dict[str, Any] = {"task": about}
    if isinstance(scorer, str):
        known["reward"] = scorer
    if isinstance(policy, str | Path):
        known["policy"] = str(policy)
    config = _config(LintConfig, "lint", settings | known)
    return examine_reward(
        config,
        scorer=None if isinstance(scorer, str) else scorer,
        task=made,
        policy=policy if isinstance(policy, Policy) else None,
    )


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
        raise ConfigError(refused.TOO_LATE(name=late[0], value=settings[late[0]]))
    if settings.get("resume"):
        raise ConfigError(refused.RESUME_NEEDS_FOLDER(name=policy.name))
    return {"policy": policy.name}


def _of_guard(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``guard``: a mode alone is short for it. Refuses a check that could not run in a process of its own."""
    guard = settings.get("guard")
    if isinstance(guard, str):
        return {"guard": {"mode": guard}}
    check = guard.get("gold") if isinstance(guard, Mapping) else None
    if callable(check):
        raise ConfigError(refused.GOLD_IS_A_FUNCTION(name=_name(check), function=getattr(check, "__name__", "NAME")))
    return {}


def _is_jsonl(task: AnyTask) -> bool:
    return isinstance(task, str | Path) and str(task).endswith(".jsonl")


def _task(task: AnyTask) -> Task:
    if not isinstance(task, str | Path):
        return task
    return JsonlTask(task) if _is_jsonl(task) else load_task(str(task))


def _of_task(task: Task) -> dict[str, Any]:
    """What the run folder says about a task: its name and, of a task of this package, the options a recipe has."""
    kind = TASKS.get(task.name)
    if kind is None or not isinstance(task, kind) or type(task) is not kind:
        return {"name": task.name}
    options = {field.name for field in fields(TaskConfig)} & {field.name for field in fields(kind)}
    return {"name": task.name} | {name: _plain(getattr(task, name)) for name in sorted(options)}


def _of_scorer(scorer: AnyScorers | None, task: Task, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``reward``, with the name of whoever marks besides the task."""
    table = dict(_plain(settings.get("reward", {})))
    marker = scorer or (task.scorer if isinstance(task, JsonlTask) else None)
    if marker is None:
        return table
    if isinstance(marker, str):
        return table | {"scorer": marker}
    return table | {"scorer": ", ".join(map(_name, marker if isinstance(marker, Sequence) else (marker,)))}


def _name(scorer: Any) -> str:
    return f"{scorer.__module__}:{getattr(scorer, '__qualname__', type(scorer).__qualname__)}"


def _named_after_its_folder(result: StageResult) -> StageResult:
    """The policy is what the run made of it, and the next run's folder should say so."""
    result.policy.name = str(result.folder)
    return result
