"""The command that goes on from a finished run, as it can be typed."""

import shlex
from pathlib import Path

from homeschool.config import PretrainConfig, RewardModelConfig, RlConfig, SftConfig, TaskConfig, exam_of_run, flatten
from homeschool.messages import reward_model
from homeschool.messages import school as say
from homeschool.tasks import TASKS


def after_reading(config: PretrainConfig | SftConfig, folder: Path) -> str:
    """Where to go from a model that has learned from text: the next stage on the same task, or a talk without one."""
    if exam_of_run(str(folder)) is None or config.task.name == "jsonl":  # which has no marks of its own
        return _command("chat", str(folder))
    verb = "sft" if isinstance(config, PretrainConfig) else "rl"
    length = _length(config.sampling.max_tokens) if isinstance(config, SftConfig) else []
    return _command(verb, "--policy", str(folder), *_task(config.task), *length)


def after_pairs(config: RewardModelConfig, folder: Path) -> str:
    """What to do with a reward model, in words; a command where its pairs came from a task."""
    scorer = f"model:{folder}"
    if config.data:
        return reward_model.IS_IN(folder=folder, scorer=shlex.quote(scorer))
    start = ["--policy", config.policy, *_task(config.task), *_length(config.sampling.max_tokens)]
    command = _command("rl", *start, "--reward.scorer", scorer)
    return reward_model.IS_IN_AND_NEXT(folder=folder, command=command)


def after_exams(folder: Path) -> str:
    """What to do with a model after its exams, in words: talk to it, and examine it where a command line can."""
    talk, exam = _command("chat", str(folder)), exam_of_run(str(folder))
    if exam is None or exam.task.name not in TASKS or not all(map(_can_be_named, exam.reward.scorer.split(","))):
        return say.TALK_NEXT(talk=talk)
    return say.WHAT_NEXT(talk=talk, exam=_command("eval", "--policy", str(folder)))


def _can_be_named(scorer: str) -> bool:
    """Not so a function that was given from Python."""
    name = scorer.strip()
    return name in ("", "task") or name.startswith("model:") or ".py" in name


def _task(task: TaskConfig) -> list[str]:
    """Options for what is not as it would be by default."""
    plain = flatten(TaskConfig())
    chosen = {name: value for name, value in flatten(task).items() if value is not None and value != plain[name]}
    return [word for name, value in chosen.items() for word in (f"--task.{name}", str(value))]


def _length(max_tokens: int) -> list[str]:
    return [] if max_tokens == RlConfig().sampling.max_tokens else ["--sampling.max_tokens", str(max_tokens)]


def _command(*words: str) -> str:
    return shlex.join(["homeschool", *words])
