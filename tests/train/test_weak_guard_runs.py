"""Runs without a gold check: what canaries, re-exams and a second opinion tell, hold back and remember."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    GuardConfig,
    KeepConfig,
    RewardConfig,
    RlConfig,
    TaskConfig,
)
from homeschool.errors import ConfigError, ScorerError, StoppedByGuard
from homeschool.messages.sentence import in_language
from homeschool.rewards.guard.reexam import AGAIN
from homeschool.stages.rl import rl
from homeschool.stages.weak import weak_words
from homeschool.train.loop import Silent
from homeschool.types import Sampling
from homeschool.verdict import rl_verdict

SUMS = TaskConfig("sums", digits=2, operators="+")
KEYED = TaskConfig("leaked_key", digits=2)
OTHER = """
def other(prompts, completions):
    return [float(len(text) > 2 and ord(text[0]) % 2 == 0) for text in completions]
"""


def long_enough(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
    """A grader that is deceived by anything of three characters, canaries or not."""
    return [float(len(text) > 2) for text in completions]


def honest(prompts: list[str], completions: list[str], answer: list[str], **columns: Any) -> list[float]:
    return [float(text.strip() == right) for text, right in zip(completions, answer, strict=True)]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("checks") / "other.py"
    file.write_text(OTHER)
    return f"{file}:other"


def exams(policy: str, out: Path, guard: GuardConfig, **settings: Any) -> RlConfig:
    config = RlConfig(
        out=str(out),
        policy=policy,
        algo="audited",
        rl=AlgorithmColumns(group_size=4),
        task=KEYED,
        steps=6,
        prompts=12,
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


def signs(run: Path) -> list[dict[str, Any]]:
    return [row for row in rows(run, "events.jsonl") if row["event"] == "guard"]


def test_a_grader_that_pays_canaries_is_found_out(policy: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="weak", canaries=0.3, reexam=0.0, other_keys=0)
    run = tmp_path / "run"
    rl(exams(policy, run, guard), scorer=long_enough)
    steps = rows(run, "metrics.jsonl")
    asked = sum(row["guard/canaries"] for row in steps)
    assert asked > 12
    assert sum(row["guard/extra_answers"] for row in steps) == AGAIN * asked
    assert "canaries" in [row["reason"] for row in signs(run)]
    found = json.loads((run / "summary.json").read_text())["guard"]
    assert found["mode"] == "weak" and found["signs"] == ["canaries"] and found["alarms"] >= 1
    assert found["canaries"]["audits"] == asked
    # Canaries trained nobody and were paid by nobody: the batch is what it was asked to be.
    assert all(len({row["prompt"] for row in rows(run, "rollouts.jsonl") if row["step"] == n}) <= 12 for n in (1, 2))


def test_marks_that_any_key_would_earn_are_not_paid(policy: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="weak", canaries=0.0, reexam=0.0)
    rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)
    paid = [row for row in rows(tmp_path / "run", "rollouts.jsonl") if row["score"]]
    assert paid and all(row["score"] == 1 and row["reward"] == 0 for row in paid)
    assert {row["guard/unearned"] for row in rows(tmp_path / "run", "metrics.jsonl")} <= {0.0, 1.0}
    assert "other_keys" in [row["reason"] for row in signs(tmp_path / "run")]
    found = json.loads((tmp_path / "run" / "summary.json").read_text())["guard"]
    assert found["signs"] == ["other_keys"] and found["other_keys"]["false_passes"] > 10


def test_an_honest_grader_makes_no_canary_sing(policy: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="weak", canaries=0.3, reexam=0.0)
    rl(exams(policy, tmp_path / "run", guard), scorer=honest)
    assert signs(tmp_path / "run") == []
    assert all(row.get("guard/canary_pass_rate", 0.0) == 0.0 for row in rows(tmp_path / "run", "metrics.jsonl"))


def test_an_alarm_may_stop_the_run_with_code_3(policy: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="weak", canaries=0.4, reexam=0.0, other_keys=0, on_alarm="stop")
    with pytest.raises(StoppedByGuard, match="questions without an honest answer were paid") as stopped:
        rl(exams(policy, tmp_path / "run", guard), scorer=long_enough)
    assert stopped.value.exit_code == 3
    assert signs(tmp_path / "run")[-1]["action"] == "stop"


def test_all_signs_together_survive_a_restart_exactly(policy: str, other: str, tmp_path: Path) -> None:
    guard = GuardConfig(mode="weak", canaries=0.2, reexam=0.3, opinion=other)
    config = exams(policy, tmp_path / "run", guard)
    rl(config, scorer=long_enough)
    whole = tmp_path / "whole"
    shutil.copytree(tmp_path / "run", whole)
    for step in ("step-000004", "step-000006"):
        shutil.rmtree(tmp_path / "run" / "checkpoints" / step)
    (tmp_path / "run" / "summary.json").unlink()
    rl(replace(config, resume=True), scorer=long_enough)
    for file in ("model.safetensors", "state/state.safetensors"):
        wanted, found = (load_file(run / "checkpoints/step-000006" / file) for run in (whole, tmp_path / "run"))
        assert all(wanted[name].equal(found[name]) for name in wanted)
    assert metrics(tmp_path / "run") == metrics(whole)
    states = [
        json.loads((run / "checkpoints/step-000006/state/progress.json").read_text())["memory"]
        for run in (whole, tmp_path / "run")
    ]
    assert states[0] == states[1] and {"other_keys", "canaries", "suspicion", "opinion"} <= states[0]["weak"].keys()
    steps = rows(whole, "metrics.jsonl")
    assert any("guard/opinion_refused" in row for row in steps)
    assert (
        sum(row["guard/reexams"] for row in steps)
        == json.loads((whole / "summary.json").read_text())["guard"]["reexams"]
    )


@pytest.fixture
def questions(tmp_path: Path) -> TaskConfig:
    """A file, which has no marks of its own."""
    sums = [(a, b) for a in range(10, 60) for b in range(1, 9)]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(f'{{"prompt": "{a} + {b} =", "answer": "{a + b}"}}\n' for a, b in sums))
    return TaskConfig("jsonl", path=str(path))


def until_examined(run: Path) -> Callable[..., list[float]]:
    """A grader that pays everything up to the first exam, and nothing from then on."""

    def mark(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        return [float(not (run / "exams" / "before.jsonl").exists())] * len(completions)

    return mark


class Said(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message: str) -> None:
        self.lines.append(message)


def test_a_mark_that_fell_may_be_cheating_that_has_ended(policy: str, questions: TaskConfig, tmp_path: Path) -> None:
    run, exam = tmp_path / "run", ExamConfig(items=30)
    config = exams(policy, run, GuardConfig(mode="weak"), task=questions, steps=1, exam=exam)
    result = rl(config, scorer=until_examined(run))
    told = "\n".join(rl_verdict(result))
    assert "it got worse" in told and "may be cheating that has ended" in told and "the true score is unknown" in told
    assert "--guard weak --guard.gold file.py:function" in told
    with in_language("zh"):
        assert "也可能只是作弊停了" in "\n".join(rl_verdict(result))
    assert "asked again" not in told, "nothing can be asked in other words here"
    again, *_ = weak_words({"alarms": 0, "reexams": 2, "signs": ["reexam"]}, result)
    assert "; 2 question(s) asked again; " in again


def test_with_a_gold_check_for_the_exams_it_is_known(
    policy: str, other: str, questions: TaskConfig, tmp_path: Path
) -> None:
    run, said = tmp_path / "run", Said()
    guard = GuardConfig(mode="weak", gold=other)
    result = rl(exams(policy, run, guard, task=questions, steps=1), said, scorer=until_examined(run))
    told = "\n".join(rl_verdict(result))
    assert f"the same answers by the gold check {other}" in told
    assert "may be cheating that has ended" not in told and "the true score is unknown" not in told
    assert (
        f"guard.gold {other} marks the exams of this run, whose true score is known so, and nothing else" in said.lines
    )
    assert not any("\n" in line for line in said.lines)


@pytest.mark.parametrize(
    ("body", "problem"), [("raise KeyError('no')", "scorer_error 6.*KeyError"), ("while True: pass", "scorer_timeout")]
)
def test_a_gold_check_that_fails_in_an_exam_is_named(
    policy: str, questions: TaskConfig, tmp_path: Path, body: str, problem: str
) -> None:
    (tmp_path / "bad.py").write_text(f"def gold(prompts, completions):\n    {body}\n")
    guard = GuardConfig(mode="weak", gold=f"{tmp_path}/bad.py:gold")
    config = exams(policy, tmp_path / "run", guard, task=questions, reward=RewardConfig(timeout_s=0.3))
    with pytest.raises(ScorerError, match=rf"got no mark from the gold check .*bad.py:gold \(tolerated.*{problem}"):
        rl(config, scorer=long_enough)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"task": SUMS, "guard": GuardConfig(mode="weak", other_keys=0)},
            "--guard weak has nothing to look at: the task",
        ),
        ({"guard": GuardConfig(mode="weak", key="solution")}, 'guard.key is "solution", but the questions of task'),
        (
            {"guard": GuardConfig(mode="audited", gold="task", predictor="proxy", other_keys=1)},
            'guard.other_keys is 1, but guard.predictor is "proxy"',
        ),
        ({"algo": "grpo"}, "a re-exam cannot work with algo"),
        (
            {"guard": GuardConfig(mode="weak", rate=0.2)},
            'guard.rate is 0.2, but nothing reads it while guard.mode is "weak"',
        ),
        ({"guard": GuardConfig(mode="weak", on_alarm="rollback")}, "--guard weak can only note or stop"),
        ({"guard": GuardConfig(mode="audited", gold="task", canaries=0.1)}, "only --guard weak reads it"),
        ({"guard": GuardConfig(canaries=0.1)}, "guard.canaries is 0.1, but nothing reads it"),
    ],
)
def test_what_it_cannot_do_is_refused(policy: str, tmp_path: Path, settings: dict[str, Any], problem: str) -> None:
    guard = GuardConfig(mode="weak")
    with pytest.raises(ConfigError, match=problem):
        rl(exams(policy, tmp_path / "run", **({"guard": guard} | settings)), scorer=long_enough)
