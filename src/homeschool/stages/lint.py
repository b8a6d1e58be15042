"""Lint: a reward function is examined before anything is trained on it. From a configuration to a report."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, fields, replace
from math import inf
from pathlib import Path
from typing import Any

from homeschool.config import TaskConfig
from homeschool.errors import ConfigError, ScorerError, TaskError, UsageError
from homeschool.files import write_atomically
from homeschool.messages.lint import RULES
from homeschool.messages.refusals import stages as refused
from homeschool.messages.suggestion import suggestion
from homeschool.rewards.conventions import choose_convention
from homeschool.rewards.lint.harness import examine
from homeschool.rewards.lint.judge import judge
from homeschool.rewards.lint.report import LintReport
from homeschool.rewards.scorers import AnyScorer, ScorerWorker, check_scorer, load_scorer, score_completions
from homeschool.tasks import TASKS, gym_marks, load_task, marks
from homeschool.tasks.generated import SPLITS
from homeschool.tasks.gym_items import gym_questions
from homeschool.tasks.jsonl import JsonlTask
from homeschool.types import Completion, Prompt, Sampling, Task

GYM = "gym:"
FIRST_S = 30.0
GOLDS = {"train": 120, "check": 40, "hidden": 40}
"""Right answers tried of a task that makes its questions; of a file, all."""
MOST_GOLDS = 2000


@dataclass(frozen=True)
class LintConfig:
    """What to examine, on which questions."""

    reward: str = ""
    """`file.py` or `file.py:function`; empty: the task's own marks."""
    task: TaskConfig = field(default_factory=lambda: TaskConfig(name=""))
    """`--task FILE.jsonl`, `--task NAME`, or `--task gym:NAME` for a dataset of reasoning-gym."""
    items: int = 24
    """Questions on which every attack is tried; fewer where marking is slow."""
    form: str = ""
    """How right answers are written, with {answer} in it: '\\boxed{{answer}}'. Empty: common forms are tried."""
    accept: tuple[str, ...] = ()
    """Findings that are meant so: near_miss for a tolerance."""
    policy: str = ""
    """Model or run folder whose own answers are marked too."""
    samples: int = 4
    """Answers of the policy to each question."""
    sampling: Sampling = field(default_factory=Sampling)
    timeout_s: float = 5.0
    """Seconds that the marking of one answer may take."""
    memory_gib: float = 4.0
    """Memory the reward file may use."""
    json: str = ""
    """File for the report; empty: none."""
    seed: int = 0
    """Chooses the questions."""


def lint(
    config: LintConfig,
    *,
    scorer: Callable[..., Any] | None = None,
    task: Task | None = None,
    policy: Any = None,
) -> LintReport:
    """Examine a reward function. ``scorer``, ``task`` and ``policy`` stand in for what ``config`` names.

    Raises UsageError for what cannot be examined: no task, no marks, a file that does not load.
    """
    _refuse_impossible(config)
    began = time.monotonic()
    questions, worked, own = _questions(config, task, bool(scorer or config.reward))
    with ExitStack() as stack:
        marker = scorer or (load_scorer(config.reward, config.memory_gib) if config.reward else own())
        if isinstance(marker, ScorerWorker):
            stack.enter_context(closing(marker))
        _refuse_hopeless(marker, questions, config.timeout_s)
        chosen = questions[: config.items]
        found = examine(
            marker,
            questions,
            worked,
            items=config.items,
            form=config.form,
            timeout_s=config.timeout_s,
            samples=_policy_answers(config, chosen, policy) if policy or config.policy else (),
        )
    report = _report(config, marker, task, judge(found), found, len(questions), time.monotonic() - began)
    if config.json:
        text = json.dumps(report.as_json(), indent=2, ensure_ascii=True) + "\n"
        write_atomically(Path(config.json).expanduser(), text)
    return report


def _refuse_impossible(config: LintConfig) -> None:
    for rule in config.accept:
        if rule not in RULES:
            raise ConfigError(refused.NO_FINDING(rule=rule, nearest=suggestion(rule, RULES, inf)))
    if config.form and config.form.count("{answer}") != 1:
        raise ConfigError(refused.NO_PLACE_FOR_ANSWER(form=config.form))
    if config.items < 1 or config.samples < 1 or not config.timeout_s > 0:
        numbers = {"items": config.items, "samples": config.samples, "timeout_s": config.timeout_s}
        raise ConfigError(refused.NOT_ABOVE_ZERO(**numbers))
    if config.reward.startswith("model:"):
        raise ConfigError(refused.LINT_OF_A_MODEL(reward=config.reward))


def _refuse_hopeless(marker: AnyScorer, questions: Sequence[Prompt], timeout_s: float) -> None:
    """A function that fails whatever it is given is not called right, or not written yet.

    Its first call may load something, and has more time.
    """
    try:
        score_completions(marker, questions[:1], [Completion("warm-up", (), (), "stop")], max(FIRST_S, timeout_s))
        check_scorer(marker, questions[:1], ("42", "apple"), timeout_s, each_s=timeout_s)
    except ScorerError as error:
        raise UsageError(refused.NOTHING_TO_EXAMINE(error=error)) from error


Worked = Callable[[Prompt], str | None]


def _questions(
    config: LintConfig, task: Task | None, has_marks: bool
) -> tuple[list[Prompt], Worked, Callable[[], AnyScorer]]:
    """Questions to ask, their right answers, and the task's own marks, which are needed unless others are given."""
    name = config.task.name
    if task is None and not name:
        raise ConfigError(refused.NO_QUESTIONS())
    if task is None and name.startswith(GYM):
        asked = gym_questions(name.removeprefix(GYM), config.items, config.seed)
        return asked, _answer_column, lambda: _own_marks(gym_marks.__file__, "gym_mark", config)
    task = task or _load(config.task)
    prompts = _all_prompts(task, config.seed)
    spec = "" if has_marks else _spec(task)
    if spec:
        prompts = [replace(prompt, columns={**prompt.columns, "task_spec": spec}) for prompt in prompts]
    return prompts, lambda prompt: _worked(task, prompt), lambda: _marks_of(task, spec, config)


def _load(config: TaskConfig) -> Task:
    if config.name.endswith(".jsonl"):
        return load_task("jsonl", **{**config.options(), "path": config.name})
    return load_task(config.name, **config.options())


def _all_prompts(task: Task, seed: int) -> list[Prompt]:
    """Those to practise on first: they are the ones that are attacked and shown."""
    if isinstance(task, JsonlTask):
        return [prompt for split in SPLITS for prompt in task.exam(split, MOST_GOLDS, seed)]
    return [prompt for split in SPLITS for prompt in task.exam(split, GOLDS[split], seed)]


def _spec(task: Task) -> str:
    """A task of this package as text, so that its marks can be given in another process; empty for any other."""
    if TASKS.get(task.name) is not type(task) or isinstance(task, JsonlTask):
        return ""
    options = {option.name: getattr(task, option.name) for option in fields(TASKS[task.name]) if option.init}
    return json.dumps({"name": task.name, "options": options})


def _marks_of(task: Task, spec: str, config: LintConfig) -> AnyScorer:
    if isinstance(task, JsonlTask):
        if task.scorer is None:
            raise TaskError(refused.LINT_WITHOUT_MARKS())
        return task.scorer
    return _own_marks(marks.__file__, "task_marks", config) if spec else task.score


def _own_marks(file: str, function: str, config: LintConfig) -> ScorerWorker:
    worker = load_scorer(f"{file}:{function}", config.memory_gib)
    worker.name = config.task.name or "task"
    return worker


def _worked(task: Task, prompt: Prompt) -> str | None:
    try:
        return task.worked_answer(prompt)
    except TaskError:
        return None


def _answer_column(prompt: Prompt) -> str | None:
    return prompt.columns.get("answer")


def _policy_answers(config: LintConfig, prompts: Sequence[Prompt], policy: Any) -> list[tuple[Prompt, str]]:
    from homeschool.models.load import load_policy
    from homeschool.stages.starting import build_engine

    with closing(build_engine(policy or load_policy(config.policy))) as engine:
        groups = engine.generate(prompts, config.sampling, group_size=config.samples, seed=config.seed, step="lint")
    return [(prompt, answer.text) for prompt, group in zip(prompts, groups, strict=True) for answer in group]


def _report(
    config: LintConfig,
    marker: AnyScorer,
    task: Task | None,
    findings: Sequence[Any],
    found: Any,
    count: int,
    took: float,
) -> LintReport:
    about = config.task.name or (task.name if task else "")
    name = marker.name if isinstance(marker, ScorerWorker) else _name(marker)
    return LintReport(
        name,
        marker.convention if isinstance(marker, ScorerWorker) else choose_convention(marker).convention,
        about,
        tuple(finding for finding in findings if finding.rule not in config.accept),
        found,
        count,
        took,
        tuple(dict.fromkeys(finding.rule for finding in findings if finding.rule in config.accept)),
        isinstance(marker, ScorerWorker),
    )


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))
