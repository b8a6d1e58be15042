"""What settings alone say cannot be is refused before anything is loaded or made."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from homeschool.config import (
    AlgorithmColumns,
    ExamConfig,
    GradientPenaltyConfig,
    GuardConfig,
    RewardConfig,
    RlConfig,
    TaskConfig,
)
from homeschool.errors import ConfigError, ModelError, TaskError
from homeschool.explain import explain
from homeschool.models.load import load_policy
from homeschool.stages.rl import rl

PENALTY = GradientPenaltyConfig(0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algo": "ppo", "gradient_penalty": PENALTY}, "would teach the critic twice"),
        ({"gradient_penalty": PENALTY, "dtype": "bf16"}, "the weights are bfloat16"),
        ({"algo": "ppo", "rl": AlgorithmColumns(critic="shared"), "critic_from": "x"}, "has no layers of its own"),
        ({"algo": "ppo", "rl": AlgorithmColumns(critic_layers=1), "critic_from": "x"}, "would cut off"),
        ({"algo": "dapo", "follow_notebook": True}, "both choose the prompts"),
        ({"reward": RewardConfig(ensemble="minimum")}, "names no reward models"),
        ({"guard": GuardConfig(mode="audited", gold="task")}, "the guard cannot work with"),
        ({"guard": GuardConfig(rate=0.2)}, "guard.rate is 0.2, but nothing reads it"),
        ({"guard": GuardConfig(mode="observe", gold="task", canaries=0.1)}, "only --guard weak reads it"),
    ],
)
def test_a_run_that_no_model_could_save(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    """There is no model either, and that is not what is said."""
    config = replace(RlConfig(policy="no/such/model", out=str(tmp_path / "run")), **settings)
    for verb in (rl, partial(explain, "rl")):
        with pytest.raises(ConfigError, match=message):
            verb(config)
    assert not (tmp_path / "run").exists()
    with pytest.raises(ModelError, match="no model"):
        rl(replace(config, **{name: getattr(RlConfig(), name) for name in settings}))


def test_an_exam_of_one_question(policy: str, tmp_path: Path) -> None:
    task = TaskConfig("sums", digits=1)
    config = RlConfig(policy=policy, task=task, out=str(tmp_path / "run"), exam=ExamConfig(items=1))
    with pytest.raises(TaskError, match=r"a difference needs at least 2; exam.items is 1: raise it"):
        rl(config)
    assert not (tmp_path / "run").exists()


def test_a_file_of_three_questions(policy: str, tmp_path: Path) -> None:
    """More items of the exam would not help it."""
    path = tmp_path / "three.jsonl"
    path.write_text("".join(f'{{"prompt": "{n} + 4 =", "answer": "{n + 4}"}}\n' for n in range(3)))
    config = RlConfig(policy=policy, task=TaskConfig("jsonl", path=str(path)), out=str(tmp_path / "run"))
    with pytest.raises(TaskError, match=r"has 1 question\(s\), .*; the task \"jsonl\" has no more: add questions"):
        rl(config, scorer=lambda completions: [0.0] * len(completions))
    assert not (tmp_path / "run").exists()


def test_weights_too_coarse_for_the_penalty_are_found_before_the_exam(policy: str, tmp_path: Path) -> None:
    config = RlConfig(policy=policy, out=str(tmp_path / "run"), gradient_penalty=PENALTY)
    with pytest.raises(ConfigError, match="the weights are bfloat16"):
        rl(config, policy=load_policy(policy, "bf16"))
    assert not (tmp_path / "run").exists()
