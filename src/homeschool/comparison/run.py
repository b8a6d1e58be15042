"""A whole comparison: plan it, make its runs, judge them, write it down. Or judge runs that are there already."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from homeschool.comparison.judge import TaskOutcome, judge
from homeschool.comparison.pages import write_pages
from homeschool.comparison.plan import CompareConfig, Plan, build_plan
from homeschool.comparison.records import Record
from homeschool.comparison.runner import carry_out
from homeschool.comparison.words import verdict
from homeschool.config import read_recipe
from homeschool.errors import RunFolderError
from homeschool.messages.comparison import NO_EXAM, UNMATCHED
from homeschool.messages.refusals import comparing as refused
from homeschool.train.loop import Reporter


@dataclass(frozen=True)
class ComparisonResult:
    """A finished comparison: its folder, every run, and the outcome on every task."""

    folder: Path
    records: tuple[Record, ...]
    tasks: tuple[TaskOutcome, ...]

    @property
    def verdict(self) -> list[str]:
        """What it shows, in plain words of the language that is spoken."""
        return [*self.not_compared, *verdict(self.tasks)]

    @property
    def not_compared(self) -> list[str]:
        """Why marks of some run folders are left out."""
        lines = [NO_EXAM(run=record.folder) for record in self.records if record.is_finished and not record.after]
        others = any(record.after and not record.is_comparable for record in self.records)
        return [*lines, UNMATCHED()] if others else lines


def compare(config: CompareConfig, reporter: Reporter, written: CompareConfig | None = None) -> ComparisonResult:
    """Make the runs of ``config`` that are not there yet, and judge them all.

    ``written`` is the recipe without what was typed after it. Raises as :func:`build_plan` and :func:`carry_out` do.
    """
    plan = build_plan(config, written)
    carry_out(plan, reporter)
    records = tuple(Record(run.task, run.arm, run.seed, run.folder) for run in plan.runs)
    outcomes = tuple(judge(records, plan.baseline))
    write_pages(plan.out, records, outcomes, described(plan))
    return ComparisonResult(plan.out, records, outcomes)


def described(plan: Plan) -> dict[str, Any]:
    """The plan for people and programs that read the result."""
    budgets = {run.task: asdict(run.config.budget) | {"steps": run.config.steps} for run in plan.runs}
    starts = {run.task: run.config.policy for run in plan.runs}
    return {"baseline": plan.baseline, "arms": plan.arms, "seeds": plan.seeds, "budgets": budgets, "starts": starts}


def compare_folders(folders: Sequence[Path], out: Path | None = None) -> ComparisonResult:
    """Judge run folders that exist, the first being the baseline; with ``out`` the result is written down.

    Their exams are paired by question. Raises RunFolderError for a folder that holds no run.
    """
    for folder in folders:
        if not (folder / "config.toml").exists():
            raise RunFolderError(refused.NOT_A_RUN(folder=folder))
    names = _names(folders)
    records = _with_comparable_exams(
        [Record("", name, 0, folder, _marks(folder, folders)) for name, folder in zip(names, folders, strict=True)]
    )
    outcomes = tuple(judge(records, names[0]))
    if out:
        write_pages(out, records, outcomes, {"baseline": names[0], "arms": names, "folders": list(map(str, folders))})
    return ComparisonResult(out or folders[0], records, outcomes)


def _marks(folder: Path, others: Sequence[Path]) -> Path:
    """The hidden exam of a run; of the model that another run began with, what it marked before its first step."""
    own = folder / "exams" / "after.jsonl"
    for other in others if not own.exists() else ():
        start = read_recipe(other / "config.toml").get("policy")
        if start and Path(start).expanduser().resolve() == folder.resolve():
            return other / "exams" / "before.jsonl"
    return own


def _with_comparable_exams(records: Sequence[Record]) -> tuple[Record, ...]:
    """Runs that answered other questions than the first one are marked so: their costs are shown, their marks are
    not compared."""
    questions = [[item.id for item in record.after.items] if record.after else [] for record in records]
    return tuple(
        replace(record, is_comparable=ids == questions[0] and bool(ids))
        for record, ids in zip(records, questions, strict=True)
    )


def _names(folders: Sequence[Path]) -> list[str]:
    """The last parts of the paths that tell them apart."""
    least = 2 if any(folder.name.startswith("seed-") for folder in folders) else 1
    for length in range(least, max(len(folder.parts) for folder in folders) + 1):
        names = ["/".join(folder.parts[-length:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    raise RunFolderError(refused.SAME_RUN_TWICE(folders=", ".join(map(str, folders))))
