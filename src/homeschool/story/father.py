"""The rung on which the father learns: a child is taught out of one purse, and what its search costs comes out of it.

``python -m homeschool.story.father SETTINGS.toml --resume`` is to this rung what ``homeschool rl`` is to others, so the
runner of the story makes it as it makes them. SETTINGS are those of the rule that was set by hand; the purse is what
that rule spends. Three kinds of questions never meet: audits that the child is paid by look at papers it practises,
the father's own exams come from the check split, and the hidden exam is sat twice, before he begins and when all is
decided. Stop it at any instant: started again it finds its forks and exams and goes on.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from homeschool import __version__
from homeschool.config import EvalConfig, RlConfig, build_config, flatten, read_recipe
from homeschool.console import JsonReporter
from homeschool.errors import HomeschoolError
from homeschool.exam import ExamResult, load_exam
from homeschool.rewards.designer.halving import Halving
from homeschool.rewards.designer.moves import leaps
from homeschool.rewards.designer.rails import Settings
from homeschool.stages.design import halve_training, seconds_in
from homeschool.stages.exams import evaluate
from homeschool.stages.starting import begin
from homeschool.stats import paired_difference
from homeschool.train.loop import Reporter
from homeschool.train.run_folder import RunFolder, open_run, read_lines

GOLD_PRICE = 1.0
"""Sheets that a second look at a sheet counts as."""
SEARCHING = 0.7
"""Share of the purse that the practice of all forks may cost: each is then taught for about 35 steps."""
ITEMS = 40
"""Papers of one exam: with 20, a lead of ten marks is rarely shown."""
TUNED = ("reward.rule", "rl.kl_coef", "guard.rate")


def tuned(config: RlConfig) -> Settings:
    """What the father may move, as it was set by hand."""
    flat = flatten(config)
    return {key: flat[key] for key in TUNED}


def purse_of(config: RlConfig) -> float:
    """What the rule set by hand spends on average, in sheets: those that are written, and those looked at again."""
    written = config.steps * config.prompts * config.algorithm.group_size
    return written * (1 + GOLD_PRICE * config.guard.rate)


def teach(config: RlConfig, reporter: Reporter) -> None:
    """Make the run in ``config.out``, or go on with it. Raises as :func:`~homeschool.stages.design.halve_training`."""
    started, _ = begin(config, reporter)
    with open_run(config, "story") as folder:
        earlier = _kept_seconds(folder)
        before = _sealed(config, config.policy, folder, "before")
        by_hand = tuned(config)
        plan = Halving(purse_of(config), SEARCHING, ITEMS)
        found = halve_training(
            config, by_hand, leaps(by_hand), plan, folder.path, gold_price=GOLD_PRICE, reporter=reporter
        )
        after = _sealed(config, found.state, folder, "after")
        told = summary(before, after) | {"seconds": earlier + time.perf_counter() - started}
        folder.write("summary.json", json.dumps(told, indent=2) + "\n")
        folder.event("finished")


def _kept_seconds(folder: RunFolder) -> float:
    """What processes that were stopped have left behind took; 0 in a new run."""
    events = folder.path / "events.jsonl"
    sat = [float(row["seconds"]) for row in read_lines(events) if row["event"] == "sealed"] if events.exists() else []
    return seconds_in(folder.path) + sum(sat)


def summary(before: ExamResult, after: ExamResult) -> dict[str, Any]:
    """What the summary of an ordinary run says too: marks as they are paid, and in truth."""
    told: dict[str, Any] = {"homeschool": __version__}
    for prefix, (old, new) in {"": (before, after), "true_": (before.true_marks, after.true_marks)}.items():
        if old and new:
            told |= {
                f"{prefix}before": vars(old.interval),
                f"{prefix}after": vars(new.interval),
                f"{prefix}difference": vars(paired_difference(old.scores, new.scores)),
            }
    return told | {"hack_rate_before": before.hack_rate, "hack_rate_after": after.hack_rate}


def _sealed(config: RlConfig, policy: str, folder: RunFolder, name: str) -> ExamResult:
    """The hidden exam, the same as on every other rung; taken once."""
    path = folder.path / "exams" / f"{name}.jsonl"
    if not path.exists():
        exam = EvalConfig(
            policy=policy,
            task=config.task,
            items=config.exam.items,
            samples=config.exam.samples,
            split="hidden",
            sampling=config.sampling,
            seed=config.seed,
            threads=config.threads,
            dtype=config.dtype,
            device=config.device,
        )
        began = time.perf_counter()
        evaluate(exam).save(path)
        folder.event("sealed", name=name, seconds=round(time.perf_counter() - began, 3))
    return load_exam(path)


def main(arguments: Sequence[str]) -> int:
    """One run, from its settings; the exit code is that of ``homeschool rl``."""
    try:
        recipe = Path(arguments[0])
        config = build_config(RlConfig, read_recipe(recipe), str(recipe))
        teach(replace(config, resume="--resume" in arguments), JsonReporter())
    except HomeschoolError as error:
        print(f"homeschool: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the story that started it is no more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
