"""Runs a stage in child processes that are killed at random instants and resumed, until it is finished.

    python kill_and_resume.py grpo|ppo|sft FOLDER KILLS SEED

Imports happen once here; each attempt is a fork. Not a test itself: ``test_resume`` runs it.
"""

import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from homeschool import stages
from homeschool.config import (
    AlgorithmColumns,
    CheckConfig,
    ExamConfig,
    KeepConfig,
    ModelConfig,
    OptimConfig,
    PretrainConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
)
from homeschool.types import Sampling

TASK = TaskConfig("sums", digits=1, operators="+")
STEPS = {"sft": 120, "grpo": 24, "ppo": 24}


def start_model(folder: Path) -> str:
    """A model barely trained, shared by all runs."""
    if not (folder / "summary.json").exists():
        shape = ModelConfig(hidden_size=32, layers=2, heads=2, mlp_size=64, context=160)
        stages.pretrain(
            PretrainConfig(
                out=str(folder), model=shape, steps=3, rows=4, length=32, task=TASK, keep=KeepConfig(every=3)
            )
        )
    return str(folder)


def config_of(kind: str, policy: str, out: Path) -> SftConfig | RlConfig:
    keep, optim = KeepConfig(every=3, last=2), OptimConfig(lr=1e-3, warmup_steps=4, decay="cosine", micro_tokens=256)
    if kind == "sft":
        return SftConfig(out=str(out), policy=policy, task=TASK, steps=STEPS[kind], rows=8, optim=optim, keep=keep)
    columns = {
        "grpo": AlgorithmColumns(group_size=4, kl_coef=0.05),
        "ppo": AlgorithmColumns(group_size=2, epochs=2, minibatches=2),
    }[kind]
    return RlConfig(
        out=str(out),
        policy=policy,
        algo=kind,
        rl=columns,
        task=TASK,
        steps=STEPS[kind],
        prompts=4,
        sampling=Sampling(max_tokens=4),
        optim=optim,
        exam=ExamConfig(items=10),
        check=CheckConfig(every=8, items=5),
        keep=keep,
        readiness=False,
    )


def attempt(config: SftConfig | RlConfig) -> int:
    """Fork, run, return the child's process number."""
    child = os.fork()
    if child == 0:
        stage = stages.sft if isinstance(config, SftConfig) else stages.rl
        stage(replace(config, resume=(Path(config.out) / "config.toml").exists()))  # type: ignore[arg-type]
        os._exit(0)
    return child


def main() -> None:
    kind, folder, kills, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    chance = random.Random(seed)
    policy = start_model(folder / "start")
    straight, broken = config_of(kind, policy, folder / "straight"), config_of(kind, policy, folder / "broken")
    began = time.monotonic()
    _, status = os.waitpid(attempt(straight), 0)
    assert status == 0, "the run that was never stopped failed"
    duration = time.monotonic() - began
    done = 0
    while done < kills:
        child = attempt(broken)
        time.sleep(chance.uniform(0.02, 1.0) * duration / 4)
        finished, _ = os.waitpid(child, os.WNOHANG)
        if finished:
            break
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        done += 1
    if not (folder / "broken" / "summary.json").exists():
        _, status = os.waitpid(attempt(broken), 0)
        assert status == 0, "the resumed run failed"
    print(f"kills {done}")


if __name__ == "__main__":
    main()
