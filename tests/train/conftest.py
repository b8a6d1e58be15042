"""What whole runs of training start from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model that has read for two steps: it writes something, and what it writes is of no use."""
    from homeschool.config import KeepConfig, ModelConfig, PretrainConfig, TaskConfig
    from homeschool.stages.pretrain import pretrain

    folder = tmp_path_factory.mktemp("school") / "pretrain"
    shape = ModelConfig(hidden_size=32, layers=1, heads=2, mlp_size=64, context=64)
    task, keep = TaskConfig("sums", digits=2, operators="+"), KeepConfig(every=2)
    pretrain(PretrainConfig(out=str(folder), model=shape, steps=2, rows=2, length=16, task=task, keep=keep))
    return str(folder)


@pytest.fixture
def odd() -> Callable[..., list[float]]:
    """A grader with something to teach: whether the first character has an odd number."""

    def mark(prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        return [float(bool(text) and ord(text[0]) % 2 == 1) for text in completions]

    return mark


@pytest.fixture
def exams(policy: str) -> Callable[..., Any]:
    """Makes the settings of a few short exams of that model, which it can learn something in."""
    from homeschool.config import ExamConfig, KeepConfig, OptimConfig, RlConfig, TaskConfig
    from homeschool.types import Sampling

    def config(out: Path, algo: str, steps: int, **settings: Any) -> RlConfig:
        return RlConfig(
            out=str(out),
            policy=policy,
            algo=algo,
            task=TaskConfig("sums", digits=2, operators="+"),
            steps=steps,
            prompts=4,
            sampling=Sampling(max_tokens=4),
            optim=OptimConfig(lr=1e-2),
            exam=ExamConfig(items=4),
            keep=KeepConfig(every=50),
            readiness=False,
            **settings,
        )

    return config
