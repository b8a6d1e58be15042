"""Real comparisons of a tiny model: equal budgets, kills and resumes, an arm that fails, an arm worse on purpose."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import homeschool as hs
from homeschool.comparison.plan import CompareConfig, build_plan
from homeschool.comparison.run import ComparisonResult
from homeschool.comparison.runner import carry_out
from homeschool.config import build_config, read_recipe
from homeschool.errors import ModelError, RunFolderError
from homeschool.train.loop import Silent

pytestmark = pytest.mark.timeout(600)  # on a busy machine; alone it takes a minute

RECIPE = """
policy = "runs/quickstart-grpo/sft"
out = "made"
baseline = "grpo"
seeds = {seeds}
workers = 2
readiness = false
budget = {{tokens = {tokens}}}
prompts = 8

[task]
name = "jsonl"
path = "questions.jsonl"

[reward]
scorer = "reward.py:digits"

[rl]
group_size = 8
kl_coef = 0.0

[sampling]
max_tokens = 4

[optim]
lr = 1e-2
warmup_steps = 0
decay = "linear"

[exam]
items = 60
samples = 2

[check]
items = 20

[keep]
every = 3

[arms.grpo]
algo = "grpo"

[arms.still]
algo = "grpo"
optim.lr = 0.0
"""
TWIN = '\n[arms.twin]\nalgo = "grpo"\n'
ODD = '\n[arms.odd]\nalgo = "rloo"\nrl.epochs = 2\n'
SCORER = """
def digits(prompts, completions, **columns):
    return [sum(map(str.isdigit, text)) / 4 for text in completions]
"""


def place(folder: Path, school: Path, recipe: str) -> Path:
    """A folder with everything that the recipe names."""
    (folder / "runs").symlink_to(school / "runs")
    lines = (json.dumps({"prompt": f"{number} ?"}) + "\n" for number in range(600))
    (folder / "questions.jsonl").write_text("".join(lines))
    (folder / "reward.py").write_text(SCORER)
    (folder / "c.toml").write_text(recipe)
    return folder


@pytest.fixture(scope="module")
def school(tiny_school: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = RECIPE.format(seeds=3, tokens=7000) + TWIN + ODD
    return place(tmp_path_factory.mktemp("comparison"), tiny_school, recipe)


@pytest.fixture(scope="module")
def result(school: Path) -> ComparisonResult:
    """Three seeds of an arm that learns, of one that cannot, of a twin of the first, and of one that is refused."""
    before = Path.cwd()
    os.chdir(school)
    try:
        return hs.compare("c.toml", reporter=hs.Silent())
    finally:
        os.chdir(before)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Metrics without the clock."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in row.items() if not k.startswith(("time/", "perf/tokens_per", "perf/sec"))} for row in lines
    ]


@pytest.mark.slow
def test_an_arm_with_a_learning_rate_of_zero_is_found_worse(result: ComparisonResult) -> None:
    still = result.tasks[0].arm("still").comparison
    assert still and still.difference
    assert still.outcome == "worse"
    assert still.difference.high < 0


@pytest.mark.slow
def test_the_same_arm_twice_is_the_same_run_twice(result: ComparisonResult, school: Path) -> None:
    twin = result.tasks[0].arm("twin").comparison
    assert twin and twin.difference
    assert (twin.outcome, twin.difference.estimate) == ("not shown", 0.0)
    for seed in range(3):
        runs = school / "made" / "runs"
        assert rows(runs / "grpo" / f"seed-{seed}") == rows(runs / "twin" / f"seed-{seed}")


@pytest.mark.slow
def test_a_refused_arm_is_a_row(result: ComparisonResult) -> None:
    odd = result.tasks[0].arm("odd")
    assert (odd.runs, len(odd.failures), odd.mark) == (3, 3, None)
    assert "seed 0 refused: " in odd.failures[0] and "exact for one update per batch" in odd.failures[0]


@pytest.mark.slow
def test_all_runs_spend_the_budget_and_come_down_to_the_final_rate(result: ComparisonResult, school: Path) -> None:
    for record in result.records:
        if not record.is_finished:
            continue
        assert 7000 <= record.total("tokens") < 7000 + 8 * 8 * 4
        before_last, last = record.steps[-2:]
        assert before_last["perf/tokens_total"] < 7000
        assert last["perf/updates_total"] == last["step"] == len(record.steps)
        assert last["perf/flops_total"] == pytest.approx(sum(row["perf/flops"] for row in record.steps), rel=1e-6)
        if record.arm == "grpo":  # a rate that falls from 0.01 to a tenth of it, the last step being one of some thirty
            assert record.steps[0]["optim/lr"] == pytest.approx(0.01)
            assert 0.001 <= last["optim/lr"] < 0.0016
    assert result.tasks[0].axes[0].axis == "tokens"
    assert (school / "made" / "curves.svg").exists()


@pytest.mark.slow
def test_a_second_call_repeats_nothing(result: ComparisonResult, school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(school)
    files = sorted((school / "made" / "runs").rglob("*"))
    before = [(file, file.stat().st_mtime_ns) for file in files if file.is_file()]
    again = hs.compare("c.toml", reporter=hs.Silent())
    after = [(file, file.stat().st_mtime_ns) for file in files if file.is_file()]
    assert [entry for entry in after if entry[0].name != ".lock"] == [e for e in before if e[0].name != ".lock"]
    assert sorted((school / "made" / "runs").rglob("*")) == files
    assert again.tasks == result.tasks


@pytest.mark.slow
def test_other_settings_in_the_same_folder_are_refused(
    result: ComparisonResult, school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(school)
    with pytest.raises(RunFolderError, match=r"was started with other settings .*prompts was 8, is 9"):
        hs.compare("c.toml", reporter=hs.Silent(), prompts=9)


def test_a_start_that_is_not_there_ends_the_comparison_before_it_begins(
    tmp_path: Path, tiny_school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, tiny_school, RECIPE.format(seeds=1, tokens=100).replace("quickstart-grpo/sft", "nowhere"))
    monkeypatch.chdir(tmp_path)
    plan = build_plan(build_config(CompareConfig, read_recipe(Path("c.toml")), "c.toml"))
    with pytest.raises(ModelError, match="runs/nowhere"):
        carry_out(plan, Silent())
    assert not (tmp_path / "made" / "settings").exists()


@pytest.mark.slow
def test_killed_and_resumed_it_ends_like_one_never_stopped(tmp_path: Path, tiny_school: Path) -> None:
    """Once by SIGTERM, twice by SIGKILL, which leaves runs without a parent for a moment."""
    recipe = RECIPE.format(seeds=1, tokens=4000)
    straight = place(tmp_path_of(tmp_path, "straight"), tiny_school, recipe)
    broken = place(tmp_path_of(tmp_path, "broken"), tiny_school, recipe)
    assert start(straight).wait() == 0
    chance = random.Random(0)
    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        process = start(broken)
        wait_for_a_step(broken, chance.randint(1, 6), process)
        process.send_signal(number)
        code = process.wait()
        assert code in ((143, 0) if number == signal.SIGTERM else (-9, 0))
    assert start(broken).wait() == 0
    for arm in ("grpo", "still"):
        run = Path("made") / "runs" / arm / "seed-0"
        assert rows(straight / run) == rows(broken / run)
        marks = [(folder / run / "exams" / "after.jsonl").read_text() for folder in (straight, broken)]
        assert marks[0] == marks[1]
        events = [json.loads(line)["event"] for line in (broken / run / "events.jsonl").read_text().splitlines()]
        assert events.count("finished") == 1
    assert "resumed" in (broken / "made" / "runs" / "grpo" / "seed-0" / "events.jsonl").read_text()


def tmp_path_of(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def start(folder: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "homeschool.cli", "compare", "c.toml"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)


def wait_for_a_step(folder: Path, more: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the runs have made some more steps than now, or everything is over."""

    def made() -> int:
        files = (folder / "made" / "runs").rglob("metrics.jsonl")
        return sum(file.read_text().count("\n") for file in files)

    goal = made() + more
    while made() < goal and process.poll() is None:
        time.sleep(0.1)
