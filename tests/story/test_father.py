"""The rung on which the father learns, on real tiny runs: its purse, its exams, its rails, going on after a stop."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.comparison.records import Record
from homeschool.config import RlConfig, build_config, read_recipe, write_toml
from homeschool.exam import load_exam
from homeschool.stages.starting import build_task
from homeschool.story.father import GOLD_PRICE, _kept_seconds, purse_of, tuned
from homeschool.story.figures import Designed, figures_of, sat_in
from homeschool.story.plan import run_of
from homeschool.story.run import as_result, read_book
from homeschool.story.rungs import RUNGS
from homeschool.train.run_folder import open_run
from homeschool.types import Sampling

A_STEP = 12 * 5
DEAREST = 0.1


def config_in(out: Path, steps: int = 10) -> RlConfig:
    config = run_of(RUNGS["father"], "weak", 0, steps, out).config
    return replace(config, exam=replace(config.exam, items=4), sampling=Sampling(max_tokens=8))


@pytest.fixture
def started(tmp_path: Path, tiny_school: Path) -> Path:
    """A story whose weak child is there."""
    shutil.copytree(tiny_school / "runs" / "quickstart-grpo" / "sft", tmp_path / "children" / "weak")
    return tmp_path


def begin(config: RlConfig, settings: Path) -> "subprocess.Popen[bytes]":
    settings.write_text(write_toml(config), encoding="utf-8")
    command = [sys.executable, "-m", "homeschool.story.father", str(settings), "--resume", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"})


def test_the_purse_is_what_the_rule_set_by_hand_spends(tmp_path: Path) -> None:
    """200 steps of 60 sheets, and one in a hundred looked at again, at the price of a sheet."""
    config = run_of(RUNGS["father"], "weak", 0, 50, tmp_path).config
    assert (config.steps, GOLD_PRICE) == (200, 1.0) and purse_of(config) == pytest.approx(12120.0)
    assert tuned(config) == {"reward.rule": "jump_discount", "rl.kl_coef": 0.1, "guard.rate": 0.01}


def test_what_earlier_processes_took_is_counted(tmp_path: Path) -> None:
    """A sealed exam of 3 seconds, a fork whose steps took 5, an exam of the father's of 2; nothing in a new folder."""
    with open_run(RlConfig(out=str(tmp_path / "run")), "story") as folder:
        assert _kept_seconds(folder) == 0.0
        folder.event("sealed", name="before", seconds=3.0)
        left = {"forks/a/metrics.jsonl": {"perf/seconds_total": 5.0}, "exams/meta-0-a.json": {"seconds": 2.0}}
        for name, line in left.items():
            path = folder.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(line) + "\n")
        assert _kept_seconds(folder) == 10.0


@pytest.mark.slow
@pytest.mark.timeout(900)  # on a busy machine; alone it takes half a minute
def test_a_father_that_was_stopped_goes_on_and_decides_the_same(started: Path) -> None:
    config = config_in(started)
    stopped = begin(config, started / "father.toml")
    forks = Path(config.out) / "forks"
    while not (len(list(forks.glob("*/summary.json"))) >= 2 or stopped.poll() is not None):
        time.sleep(0.05)
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate()
    made = {path: path.stat().st_mtime_ns for path in forks.glob("*/summary.json")}
    assert len(made) >= 2 and not (Path(config.out) / "summary.json").exists()
    again = begin(config, started / "father.toml")
    again.communicate()
    assert again.returncode == 0 and all(path.stat().st_mtime_ns == when for path, when in made.items())

    never_stopped = replace(config, out=str(started / "other" / "seed-0"))
    straight = begin(never_stopped, started / "straight.toml")
    straight.communicate()
    assert straight.returncode == 0
    one, other = (json.loads((Path(run.out) / "design.json").read_text()) for run in (config, never_stopped))
    different = {key for key in one if one[key] != other[key]}
    assert different == {"seconds"}, "how long it took; where the folder is, nothing depends on"

    told = json.loads((Path(config.out) / "summary.json").read_text())
    assert told["seconds"] >= one["seconds"], "of both processes"
    look_at_what_was_spent(config, one)
    look_at_its_exams(config, one)
    look_at_its_figures(started, config, one)


def look_at_what_was_spent(config: RlConfig, told: dict) -> None:  # type: ignore[type-arg]
    """Forks thrown away, exams and second looks are in it, and it is the purse, but for a last step."""
    forks = [Path(config.out) / "forks" / path.name for path in (Path(config.out) / "forks").iterdir()]
    recipes = [build_config(RlConfig, read_recipe(fork / "config.toml"), fork.name) for fork in forks]
    rules = {(recipe.reward.rule, recipe.rl.kl_coef, recipe.guard.rate) for recipe in recipes}
    assert rules == {
        ("jump_discount", 0.1, 0.01),
        ("own_tiers", 0.1, 0.01),
        ("jump_discount", 1.0, 0.01),
        ("jump_discount", 0.1, DEAREST),
    }
    written = sum(recipe.steps for recipe in recipes) * A_STEP
    sat = 4 + 1  # forks at each exam
    audits = told["gold_calls"] - 40 * sat
    assert audits >= 0 and told["spent"] == written + audits + 40 * sat * 2
    assert told["spent"] <= told["purse"] + A_STEP * 2
    assert {(recipe.guard.mode, recipe.guard.gold, recipe.task.loophole) for recipe in recipes} == {
        ("audited", "task", True)
    }


def look_at_its_exams(config: RlConfig, told: dict) -> None:  # type: ignore[type-arg]
    """Questions that pay, that tune and that are sealed have no sum in common."""
    task = build_task(config.task)
    hidden = load_exam(Path(config.out) / "exams" / "after.jsonl")
    assert [item.id for item in hidden.items] == [prompt.id for prompt in task.exam("hidden", 4, config.seed)]
    splits = {
        "hidden": task.exam("hidden", 200, config.seed),
        "check": task.exam("check", 60, config.seed),
        "train": [prompt for step in range(20) for prompt in task.batch("train", step, 12, config.seed)],
    }
    sums = {
        name: {line for prompt in prompts for line in prompt.question.split("\n")} for name, prompts in splits.items()
    }
    assert all(sums.values())
    assert (
        not sums["hidden"] & sums["check"] and not sums["hidden"] & sums["train"] and not sums["check"] & sums["train"]
    )
    assert len(told["meta_marks"]) == 40


def look_at_its_figures(story: Path, config: RlConfig, told: dict) -> None:  # type: ignore[type-arg]
    """From the folder alone, through the line of forks that the child came from."""
    run = sat_in(Record("weak", "father", 0, Path(config.out)))
    assert isinstance(run, Designed) and [fork.record.folder.name for fork in run.line] == told["line"]
    assert len(told["line"]) == 2 and len(run.steps) == sum(len(fork.record.steps) for fork in run.line)
    assert (run.gold_calls, run.seconds) == (told["gold_calls"], told["seconds"])
    book = read_book(story)
    found = book["father", "weak"]
    assert found == figures_of("father", "weak", [run.record]) and found.rollouts is None and found.bytes > 0
    (choice,) = found.choices
    assert choice.move == told["decisions"][0]["move"] and 0 < choice.search < 1
    assert as_result(book)["figures"][0]["choices"][0]["seed"] == 0
