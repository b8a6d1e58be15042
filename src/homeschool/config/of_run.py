"""What the run that made a model says of itself, for whoever examines the model later."""

import re
from dataclasses import replace
from pathlib import Path

from homeschool.config.exam import EvalConfig
from homeschool.config.reading import build_config, read_recipe
from homeschool.errors import UsageError
from homeschool.messages import refusals as say

MARKING = ("scorer", "ensemble", "variance_weight", "weights", "timeout_s", "max_failures")
"""Settings of ``reward`` that say who marks; the others are of rules of pay, which exams have no use for."""


def exam_of_run(policy: str) -> EvalConfig | None:
    """An exam in what the model learned, marked as it was marked then: task, scorer, gold check, sampling of its run.

    ``policy`` is a run folder or one of its checkpoints. None for a model that no run has made, and for one that
    learned from a file which is no task. ConfigError where the settings of the run cannot be read.
    """
    written = _settings_of(Path(policy).expanduser()) if policy else None
    if written is None:
        return None
    told = re.match(r"# homeschool ([\w-]+)", written.read_text(encoding="utf-8", errors="replace"))
    if told is None:
        return None
    tables = read_recipe(written)
    has_task = {"rl": True, "sft": not tables.get("data"), "pretrain": tables.get("corpus") == "textbook"}
    if not has_task.get(told[1]):
        return None
    reward = {name: value for name, value in tables.get("reward", {}).items() if name in MARKING}
    gold = tables.get("guard", {}).get("gold", "")
    asked = {
        "task": tables.get("task", {}),
        "reward": reward,
        "gold": "" if gold == "task" else gold,  # the task's own marks are given anyway, where somebody else is paid
        "sampling": tables.get("sampling", {}),
    }
    return replace(build_config(EvalConfig, asked, str(written)), policy=policy)


def refuse_code_inside(exam: EvalConfig) -> None:
    """Raise UsageError where the run names a reward file that lies in its own folder.

    A run folder may come from anybody, and so would the code. Whoever trusts it names the file.
    """
    written = _settings_of(Path(exam.policy).expanduser())
    run = written.parent.resolve() if written else None
    named = [("--reward.scorer", name.strip(), "task") for name in exam.reward.scorer.split(",")]
    for option, name, other in [*named, ("--gold", exam.gold, "''")]:
        path, is_file, _ = name.partition(".py")
        if run and is_file and Path(f"{path}.py").expanduser().resolve().is_relative_to(run):
            raise UsageError(say.CODE_INSIDE(scorer=name, option=option, other=other))


def _settings_of(folder: Path) -> Path | None:
    run = folder.parents[1] if folder.parent.name == "checkpoints" else folder
    return run / "config.toml" if (run / "config.toml").is_file() else None
