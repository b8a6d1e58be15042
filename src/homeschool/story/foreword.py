"""What is said before the story makes its runs: what will be made, what is expected of it, how long that takes."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from homeschool.comparison.plan import Plan
from homeschool.comparison.records import is_settled
from homeschool.messages import story as say
from homeschool.messages.sentence import COMMA
from homeschool.resources import usable_cores
from homeschool.story.chapters import title
from homeschool.story.children import UPBRINGINGS, child_folder, judge_folder
from homeschool.story.plan import StoryConfig, chosen_rungs
from homeschool.story.predictions import PREDICTIONS
from homeschool.story.rungs import RUNGS, Rung, rungs_of


def foreword(config: StoryConfig, plan: Plan) -> Iterator[str]:
    """The chapter and its question, then the plan; nothing of the plan where all runs are made."""
    rungs = chosen_rungs(config)
    if config.chapter:
        yield from (title(config.chapter), "")
    missing = [run for run in plan.runs if not is_settled(run.folder)]
    if not missing:
        return
    names = COMMA().join(say.RUNGS[rung.name]() for rung in rungs)
    yield say.BEGIN(runs=len(plan.runs), rungs=names, made=len(plan.runs) - len(missing))
    known = {rung.name for rung in rungs}
    yield from (say.EXPECTATION(said=say.PREDICTIONS[one.name]()) for one in PREDICTIONS if known.issuperset(one.rungs))
    absent = list(_absent(plan.out, rungs))
    if absent:
        yield say.RAISING(missing=COMMA().join(absent))
    workers, seconds = min(plan.workers or usable_cores(), len(missing)), _usual_seconds(plan.out)
    if seconds:
        lengths = sum(RUNGS[run.arm].times for run in missing)
        yield say.LASTS(minutes=max(1.0, lengths * seconds / workers / 60), workers=workers, seconds=seconds)
    else:
        yield say.LASTS_UNKNOWN(workers=workers)


def left_out(chapter: int) -> list[str]:
    """How to run what the chapter alone does not."""
    extra = [rung for rung in rungs_of(chapter) if len(rung.briefly) < len(UPBRINGINGS)]
    if not extra:
        return []
    shown = COMMA().join(say.RUNGS[rung.name]() for rung in extra)
    return [say.MORE_RUNGS(rungs=shown, names=",".join(rung.name for rung in extra))]


def _absent(out: Path, rungs: list[Rung]) -> Iterator[str]:
    """Models that the rungs need and that have not been made."""
    for name in UPBRINGINGS:
        if not (child_folder(out, name) / "summary.json").exists():
            yield say.CHILDREN[name]()
    if any(rung.is_judged for rung in rungs) and not (judge_folder(out) / "summary.json").exists():
        yield say.JUDGE()


def _usual_seconds(out: Path) -> float:
    """Of the finished runs of one length in the folder, on average; 0 where there is none."""
    summaries = sorted((out / "runs").glob("*/*/seed-*/summary.json"))
    ordinary = [path for path in summaries if path.parts[-3] in RUNGS and RUNGS[path.parts[-3]].times == 1]
    seconds = [float(json.loads(path.read_text(encoding="utf-8"))["seconds"]) for path in ordinary]
    return fmean(seconds) if seconds else 0.0
