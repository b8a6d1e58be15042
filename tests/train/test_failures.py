"""When something goes wrong on the way: the run stops, says why, and keeps what was complete."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    KeepConfig,
    ModelConfig,
    PretrainConfig,
    RewardConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
)
from homeschool.errors import ConfigError, NonFiniteError, ScorerError, TaskError
from homeschool.models.load import checkpoints
from homeschool.stages.pretrain import pretrain
from homeschool.stages.rl import rl
from homeschool.stages.sft import sft
from homeschool.types import Sampling

TASK = TaskConfig("sums", digits=1, operators="+")


def exams(policy: str, out: Path) -> RlConfig:
    return RlConfig(
        out=str(out),
        policy=policy,
        rl=AlgorithmColumns(group_size=4, kl_coef=0.0),
        task=TASK,
        steps=3,
        prompts=2,
        sampling=Sampling(max_tokens=3),
        exam=ExamConfig(items=6),
        keep=KeepConfig(every=1),
        readiness=False,
    )


def test_a_loss_that_is_not_a_number_stops_the_run_and_keeps_the_batch(
    policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = SftConfig(out=str(tmp_path / "sft"), policy=policy, task=TASK, steps=5, rows=2, keep=KeepConfig(every=1))
    calls = 0

    def broken_after_two(batch: torch.Tensor, *_: object) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return torch.full((len(batch),), float("nan") if calls > 2 else 0.1)

    monkeypatch.setattr("homeschool.algos.losses.token_weights", broken_after_two)
    with pytest.raises(NonFiniteError, match=r"step 3: the loss is nan.*step-000002.*lower optim.lr"):
        sft(config)
    run = tmp_path / "sft"
    assert [path.name for path in checkpoints(run)] == ["step-000001", "step-000002"]
    saved = load_file(run / "failed-step-000003.safetensors")
    assert len(saved["tokens"]) == int(saved["lengths"].sum()) > 0
    weights = load_file(run / "checkpoints" / "step-000002" / "model.safetensors")
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_a_scorer_that_mostly_fails_stops_the_run(policy: str, tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text(
        "def reward(prompts, completions, **columns):\n"
        "    if len(completions) < 12: return [1.0] * len(completions)\n"
        "    return [1.0 if i % 2 else float('nan') for i in range(len(completions))]\n"
    )
    config = replace(
        exams(policy, tmp_path / "rl"), reward=RewardConfig(scorer=f"{tmp_path / 'reward.py'}:reward"), prompts=8
    )
    with pytest.raises(
        ScorerError, match=r"16 of 32 completions got no mark from the scorer \(tolerated: 20%\): scorer_not_finite 16"
    ):
        rl(config)


def test_completions_without_a_mark_do_not_train_and_are_counted(policy: str, tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text(
        "def reward(prompts, completions, **columns):\n"
        "    return [None if i % 4 == 0 else float(i % 2) for i in range(len(completions))]\n"
    )
    config = replace(exams(policy, tmp_path / "rl"), reward=RewardConfig(scorer=str(tmp_path / "reward.py")), steps=1)
    rl(config)
    (metrics,) = (json.loads(line) for line in (tmp_path / "rl" / "metrics.jsonl").read_text().splitlines())
    assert metrics["rollout/unmarked_frac"] == 0.25
    assert metrics["reward/mean"] == pytest.approx(2 / 3)


def test_a_group_of_one_is_refused_before_anything_starts(policy: str, tmp_path: Path) -> None:
    config = replace(exams(policy, tmp_path / "rl"), rl=AlgorithmColumns(group_size=1))
    with pytest.raises(ConfigError, match="needs at least 2"):
        rl(config)
    assert not (tmp_path / "rl").exists()


def test_an_untrained_model_is_not_ready(policy: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"not ready for exams: 384 sampled answers scored .* too hard|cut off"):
        rl(replace(exams(policy, tmp_path / "rl"), readiness=True, task=TaskConfig("sums", digits=4)))


def test_sigterm_saves_and_exits_with_143_and_resume_finishes(policy: str, tmp_path: Path) -> None:
    out = tmp_path / "sft"
    command = [sys.executable, "-m", "homeschool.cli", "sft", "--policy", policy, "--out", str(out), "--threads", "1"]
    settings = ["--steps", "400", "--rows", "4", "--task.digits", "1", "--task.operators", "+", "--keep.every", "1000"]
    with subprocess.Popen([*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (out / "metrics.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert "everything is saved" in errors and "--resume" in errors
    (saved,) = checkpoints(out)
    steps_done = int(saved.name.removeprefix("step-"))
    assert 1 <= steps_done < 400
    progress = saved / "state" / "progress.json"
    left = json.loads(progress.read_text())
    assert 0 < left["seconds"] < 60
    progress.write_text(json.dumps(left | {"seconds": 1000.0}))
    again = subprocess.run(
        [*command[:3], "sft", "--resume", "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert f"resumed after step {steps_done} of 400" in again.stdout
    assert 1000 < json.loads((out / "summary.json").read_text())["seconds"] < 1100, (
        "the whole run, not its last process"
    )
    assert len((out / "metrics.jsonl").read_text().splitlines()) == 400


def test_pretraining_computes_in_the_format_asked_for(tmp_path: Path) -> None:
    shape = ModelConfig(hidden_size=32, layers=1, heads=2, mlp_size=64, context=64)
    config = PretrainConfig(out=str(tmp_path / "bf16"), model=shape, steps=1, rows=1, length=8, task=TASK, dtype="bf16")
    assert pretrain(config).policy.model.dtype == torch.bfloat16
