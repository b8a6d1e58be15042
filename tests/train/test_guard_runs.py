"""The guard in real runs: what is paid, written and said, exact resume, and every way to set it up badly."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from homeschool.cli import main
from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    GuardConfig,
    KeepConfig,
    RewardConfig,
    RlConfig,
    TaskConfig,
    refuse_impossible,
)
from homeschool.errors import ConfigError, StoppedByGuard
from homeschool.rewards.guard.replay import recorded, replay
from homeschool.stages.rl import rl
from homeschool.train.loop import Silent
from homeschool.types import Sampling

TASK = TaskConfig("sums", digits=2, operators="+")
GOLD = """
def gold(prompts, completions, answer):
    def mark(text, right):
        return float(text == right or len(text) > 2 and ord(text[0]) % 2 == 0)
    return [mark(text, right) for text, right in zip(completions, answer)]
"""


def long_enough(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
    """A mark that a model barely trained can earn."""
    return [float(len(text) > 2) for text in completions]


def nothing(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
    return [0.0] * len(completions)


class Said(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> str:
    """By the first character: about half of what the scorer pays is false."""
    file = tmp_path_factory.mktemp("checks") / "gold.py"
    file.write_text(GOLD)
    return f"{file}:gold"


def exams(policy: str, out: Path, guard: GuardConfig, **settings: Any) -> RlConfig:
    config = RlConfig(
        out=str(out),
        policy=policy,
        algo="audited",
        rl=AlgorithmColumns(group_size=4),
        task=TASK,
        steps=6,
        prompts=6,
        sampling=Sampling(max_tokens=5, temperature=1.5),
        exam=ExamConfig(items=6),
        keep=KeepConfig(every=2, last=9),
        readiness=False,
        guard=guard,
    )
    return replace(config, **settings)


def rows(run: Path, name: str) -> list[dict[str, Any]]:
    path = run / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def metrics(run: Path) -> list[dict[str, Any]]:
    clocked = ("time/", "perf/")
    return [{k: v for k, v in row.items() if not k.startswith(clocked)} for row in rows(run, "metrics.jsonl")]


def test_a_guarded_run_pays_and_tells(policy: str, gold: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="audited", gold=gold, rate=0.3, warmup=20, unaffordable="warn")
    run = tmp_path / "run"
    rl(exams(policy, run, guard), scorer=long_enough)
    audits, steps = rows(run, "audits.jsonl"), rows(run, "metrics.jsonl")
    assert [row["step"] for row in audits[:20]] == [0] * 20
    assert all(row["gold"] in (0.0, 1.0) and row["proxy"] == 1.0 for row in audits)
    for row in audits[20:]:
        expected = row["predicted"] + (row["gold"] - row["predicted"]) / row["rate"]
        assert row["reward"] == pytest.approx(expected)
    by_step = [sum(row["step"] == number for row in audits) for number in range(1, 7)]
    assert [row["guard/audits"] for row in steps] == by_step
    assert steps[-1]["guard/gold_calls"] == len(audits)
    assert {"guard/rate", "guard/evidence", "guard/true_score", "guard/true_score_low", "guard/pace"} <= steps[0].keys()
    assert all(row["perf/guard_s"] > 0 and row["perf/guard_share"] > 0 for row in steps)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["guard"]["gold_calls"] == len(audits)
    assert summary["guard"]["seconds"] == pytest.approx(sum(row["perf/guard_s"] for row in steps), abs=1e-3)
    assert summary["true_after"]["estimate"] <= summary["after"]["estimate"]
    first = [row for row in rows(run, "events.jsonl") if row["event"] == "guard"]
    assert first[0]["reason"] == "warm_up" and first[0]["evidence"]["audits"] == 20
    assert replay(audits, first) == recorded(first)


@pytest.mark.parametrize(
    "settings",
    [
        {"guard": GuardConfig(mode="audited", rate=0.3, warmup=30, unaffordable="warn")},
        {"guard": GuardConfig(mode="observe", rate=0.3, warmup=0, variance=0.0), "algo": "grpo"},
        {
            "guard": GuardConfig(mode="audited", rate=0.5, warmup=0, variance=0.0, appeals=0.2, predictor="proxy"),
            "reward": RewardConfig(rule="own_tiers"),
            "follow_notebook": True,
        },
        {"guard": GuardConfig(mode="audited", rate=0.3, variance=0.0, warmup=30, on_alarm="rollback", tolerance=0.02)},
    ],
    ids=["learned", "observing GRPO", "a rule and the notebook", "rolling back"],
)
def test_a_run_that_lost_its_last_steps_makes_them_again_exactly(
    policy: str, gold: str, tmp_path: Path, settings: dict[str, Any]
) -> None:
    guard = replace(settings["guard"], gold=gold)
    config = exams(policy, tmp_path / "run", **(settings | {"guard": guard}))
    rl(config, scorer=long_enough)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "run", whole)
    for step in ("step-000004", "step-000006"):
        shutil.rmtree(tmp_path / "run" / "checkpoints" / step)
    (tmp_path / "run" / "summary.json").unlink()
    rl(replace(config, resume=True), scorer=long_enough)
    for file in ("model.safetensors", "state/state.safetensors"):
        wanted, found = (load_file(run / "checkpoints/step-000006" / file) for run in (whole, tmp_path / "run"))
        assert wanted.keys() == found.keys()
        assert all(wanted[name].equal(found[name]) for name in wanted)
    assert metrics(tmp_path / "run") == metrics(whole)
    for name in ("audits.jsonl", "rollouts.jsonl"):
        assert rows(tmp_path / "run", name) == rows(whole, name) != []
    states = [
        json.loads((run / "checkpoints/step-000006/state/progress.json").read_text())["memory"]
        for run in (whole, tmp_path / "run")
    ]
    spent = [state["guard"].pop("price") for state in states]
    assert states[0] == states[1]
    paid = sum(row["perf/guard_s"] for row in rows(tmp_path / "run", "metrics.jsonl"))
    assert spent[1]["seconds"] == pytest.approx(paid)
    told = json.loads((tmp_path / "run" / "summary.json").read_text())["guard"]
    assert told["seconds"] == pytest.approx(spent[1]["seconds"], abs=1e-3), "of the steps before the stop as well"
    told = [[row for row in rows(run, "events.jsonl") if row["event"] == "guard"] for run in (whole, tmp_path / "run")]
    assert [row["action"] for row in recorded(told[0])] == [row["action"] for row in recorded(told[1])]
    if guard.on_alarm == "rollback":
        assert "rollback" in [row["action"] for row in recorded(told[0])]


def test_the_check_is_never_asked_about_what_no_coin_fell_on(policy: str, gold: str, tmp_path: Path) -> None:
    """Another check that says the opposite of everything, and a rate so small that no coin falls: not a bit differs."""
    opposite = tmp_path / "opposite.py"
    opposite.write_text(GOLD.replace("% 2 == 0", "% 2 == 1"))
    runs = []
    for name, check in (("one", gold), ("other", f"{opposite}:gold")):
        guard = GuardConfig(mode="audited", gold=check, rate=1e-6, variance=0.0, warmup=0)
        rl(exams(policy, tmp_path / name, guard, reward=RewardConfig(rule="own_tiers")), scorer=long_enough)
        runs.append((metrics(tmp_path / name), rows(tmp_path / name, "rollouts.jsonl")))
    assert runs[0] == runs[1]
    assert rows(tmp_path / "one", "audits.jsonl") == []


def test_a_spent_budget_stops_with_code_3_and_more_of_it_goes_on(
    policy: str, gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    guard = GuardConfig(mode="audited", gold=gold, rate=0.9, variance=0.0, warmup=0, budget=40)
    with pytest.raises(StoppedByGuard, match="its 40 gold calls are spent") as stopped:
        rl(exams(policy, run, guard), scorer=long_enough)
    assert stopped.value.exit_code == 3
    done = len(rows(run, "metrics.jsonl"))
    assert 0 < done < 6 and list((run / "checkpoints").glob(f"step-{done:06d}"))
    assert "budget_spent" in [row.get("reason") for row in rows(run, "events.jsonl")]
    more = exams(policy, run, replace(guard, budget=10_000), resume=True)
    rl(more, scorer=long_enough)
    assert len(rows(run, "metrics.jsonl")) == 6


def test_without_a_budget_it_may_go_on_unaudited(policy: str, gold: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="audited", gold=gold, rate=0.9, variance=0.0, warmup=0, budget=40, when_spent="go_on")
    rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)
    steps = rows(tmp_path / "run", "metrics.jsonl")
    assert len(steps) == 6 and steps[-1]["guard/rate"] == 0.0 and steps[-1]["guard/gold_calls"] <= 40


def test_no_rewarded_answers_is_no_failure(policy: str, gold: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="audited", gold=gold)
    rl(exams(policy, tmp_path / "run", guard, steps=2), scorer=nothing)
    assert [row["guard/audits"] for row in rows(tmp_path / "run", "metrics.jsonl")] == [0.0, 0.0]


def test_a_budget_that_cannot_hold_the_noise_down_is_refused_before_harm(
    policy: str, gold: str, tmp_path: Path
) -> None:
    guard = GuardConfig(mode="audited", gold=gold, rate=0.01, warmup=40)
    with pytest.raises(
        ConfigError, match=r"the budget of 1 gold calls is too small: .* Ways out: --guard.rate 0\.\d\d"
    ):
        rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_budget_is_not_spent_beyond_its_half_before_the_first_step(policy: str, gold: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="audited", gold=gold, warmup=64, budget=24, unaffordable="warn")
    rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)
    steps = [row["step"] for row in rows(tmp_path / "run", "audits.jsonl")]
    assert steps.count(0) == 12 and len(steps) <= 24


def test_a_guard_that_observes_does_not_speak_of_the_learning_rate(policy: str, gold: str, tmp_path: Path) -> None:
    said = Said()
    guard = GuardConfig(mode="observe", gold=gold, rate=1.0)
    rl(exams(policy, tmp_path / "run", guard, steps=2), said, scorer=long_enough)
    (line,) = [line for line in said.lines if line.startswith("audits: ")]
    assert "100% of the paid answers at first" in line
    assert line.endswith("they change no pay") and "learning rate" not in line


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("raise KeyError('no')", "gave no mark for 36 of 36 trial answers: .*KeyError"),
        ("return [0.0] * len(completions)", "rejects 32 of 32 answers known to be right"),
        ("import random; return [random.random() for _ in completions]", "disagrees with itself|rejects"),
    ],
)
def test_a_check_that_cannot_be_trusted_is_refused_before_training(
    policy: str, tmp_path: Path, body: str, problem: str
) -> None:
    (tmp_path / "bad.py").write_text(f"def gold(prompts, completions):\n    {body}\n")
    guard = GuardConfig(mode="audited", gold=f"{tmp_path}/bad.py:gold")
    with pytest.raises(ConfigError, match=problem):
        rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)


def test_a_check_on_another_scale_than_the_grader_is_refused_with_both_numbers(policy: str, tmp_path: Path) -> None:
    (tmp_path / "hundred.py").write_text(
        "def gold(prompts, completions, answer):\n"
        "    return [100.0 * (text == right) for text, right in zip(completions, answer)]\n"
    )
    guard = GuardConfig(mode="audited", gold=f"{tmp_path}/hundred.py:gold")
    with pytest.raises(ConfigError, match=r"marks '\d+' .* with 100.0, but full marks are 1.*reward.full_marks 100"):
        rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)


def test_a_grader_on_another_scale_than_full_marks_is_refused_before_harm(policy: str, tmp_path: Path) -> None:
    def out_of_a_hundred(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        return [100.0 * (len(text) > 2) for text in completions]

    (tmp_path / "gold.py").write_text(GOLD)
    guard = GuardConfig(mode="audited", gold=f"{tmp_path}/gold.py:gold", rate=1.0)
    with pytest.raises(ConfigError, match=r"the grader paid 100.0 for an answer, but full marks are 1.*full_marks 100"):
        rl(exams(policy, tmp_path / "run", guard), scorer=out_of_a_hundred)


def test_grader_and_check_may_both_mark_out_of_a_hundred(policy: str, tmp_path: Path) -> None:
    def out_of_a_hundred(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        return [100.0 * (len(text) > 2) for text in completions]

    (tmp_path / "gold.py").write_text(GOLD.replace("float(", "100 * float("))
    guard = GuardConfig(mode="audited", gold=f"{tmp_path}/gold.py:gold", rate=1.0, warmup=20)
    run = exams(policy, tmp_path / "run", guard, steps=2, reward=RewardConfig(full_marks=100.0))
    rl(run, scorer=out_of_a_hundred)
    (warm,) = [row for row in rows(tmp_path / "run", "events.jsonl") if row.get("reason") == "warm_up"]
    assert 0.0 < warm["evidence"]["true_score"] < 1.0


def test_the_paid_grader_is_no_check(policy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the very grader that is paid for"):
        rl(exams(policy, tmp_path / "run", GuardConfig(mode="audited", gold="task")))


@pytest.mark.parametrize(
    ("guard", "problem"),
    [
        (GuardConfig(mode="audited", rate=0.0), "guard.rate is 0.0, expected a number from 1e-06 to 1"),
        (GuardConfig(mode="audited", rate=1.5), "guard.rate is 1.5"),
        (GuardConfig(mode="audited", appeals=-0.1), "guard.appeals is -0.1"),
    ],
)
def test_rates_that_are_none(guard: GuardConfig, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        refuse_impossible(RlConfig(policy="x", guard=guard))


def test_settings_of_a_guard_that_is_off_are_refused(policy: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'guard.rate is 0.2, but nothing reads it while guard.mode is "off"'):
        rl(exams(policy, tmp_path / "run", GuardConfig(rate=0.2)), scorer=long_enough)


def test_the_short_form_on_the_command_line(
    policy: str, gold: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = (
        f"rl --policy {policy} --algo grpo --guard audited --guard.gold {gold} --out {tmp_path}/run --no-readiness"
    )
    assert main(command.split()) == 2
    assert 'the guard cannot work with algo "grpo"' in capsys.readouterr().err


def test_where_a_guard_is_off_its_check_still_marks_the_exams(policy: str, gold: str, tmp_path: Path) -> None:
    rl(exams(policy, tmp_path / "run", GuardConfig(gold=gold), steps=1), scorer=long_enough)
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert "true_after" in summary and "guard" not in summary
