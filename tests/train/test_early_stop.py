"""Runs that end before their last step, and what they go by."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.config import RlConfig, StopConfig, build_config, refuse_impossible
from homeschool.errors import ConfigError
from homeschool.messages.sentence import in_language
from homeschool.stages.rl import rl
from homeschool.train.early_stop import EarlyStop

Exams = Callable[..., RlConfig]
Grader = Callable[..., list[float]]


def heard(config: StopConfig, rewards: list[float], nats: list[float] | None = None) -> int | None:
    """The step after which it says enough, from 1; None where it never does."""
    stop = EarlyStop(config)
    for step, reward in enumerate(rewards):
        stop.learn({"reward/mean": reward, "ref/kl": nats[step] if nats else 0.0})
        if stop.reason:
            return step + 1
    return None


def test_pay_that_rises_goes_on() -> None:
    assert heard(StopConfig(plateau=2), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) is None


def test_pay_that_no_longer_rises_ends_the_run() -> None:
    """Windows of two: 0.15 and 0.35 rise, 0.25 and 0.35 rise, 0.35 and 0.2 do not."""
    assert heard(StopConfig(plateau=2), [0.1, 0.2, 0.3, 0.4, 0.3, 0.1]) == 6


def test_one_bad_step_is_no_plateau() -> None:
    assert heard(StopConfig(plateau=3), [0.1, 0.2, 0.3, 0.4, 0.1, 0.5]) is None


def test_the_step_that_reaches_the_distance_is_the_last() -> None:
    assert heard(StopConfig(kl=0.2), [0.0] * 4, [0.05, 0.1, 0.2, 0.4]) == 3


def test_nothing_asked_for_never_ends() -> None:
    assert heard(StopConfig(), [0.5] * 20, [9.0] * 20) is None


def test_the_reason_survives_a_restart() -> None:
    stop = EarlyStop(StopConfig(plateau=1))
    for _ in range(2):
        stop.learn({"reward/mean": 0.5})
    other = EarlyStop(StopConfig(plateau=1))
    other.load_state_dict(json.loads(json.dumps(stop.state_dict())))
    assert other.reason == stop.reason
    assert "stop.plateau" in str(other.reason)
    assert other.rewards == [0.5, 0.5]


def test_what_is_kept_of_the_reason_does_not_depend_on_the_language() -> None:
    """A run that ended in Chinese and is taken up in English says why in English."""
    with in_language("zh"):
        stop = EarlyStop(StopConfig(kl=0.2))
        stop.learn({"reward/mean": 0.5, "ref/kl": 0.25})
        assert "上限" in str(stop.reason)
    kept = json.dumps(stop.state_dict(), ensure_ascii=False)
    assert kept.isascii()
    other = EarlyStop(StopConfig(kl=0.2))
    other.load_state_dict(json.loads(kept))
    with in_language("en"):
        assert (
            str(other.reason)
            == "stop.kl: the policy is 0.25 nats per token from where it started, and 0.2 was the limit"
        )


def test_a_distance_below_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"stop.kl is -0.1"):
        refuse_impossible(build_config(RlConfig, {"stop": {"kl": -0.1}}, "recipe"))


def steps_of(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_run_that_is_paid_nothing_ends_early_and_is_examined(exams: Exams, tmp_path: Path) -> None:
    """Nobody is ever right: two windows of two steps are the same, and the fourth step is the last."""
    config = exams(tmp_path / "run", "reinforce", 9, stop=StopConfig(plateau=2))
    with in_language("zh"):
        found = rl(config)
    assert [row["step"] for row in steps_of(tmp_path / "run")] == [1, 2, 3, 4]
    assert found.after is not None
    events = [json.loads(line) for line in (tmp_path / "run" / "events.jsonl").read_text().splitlines()]
    (ended,) = [event for event in events if event["event"] == "enough"]
    assert ended["step"] == 4 and ended["reason"].startswith("stop.plateau: the mean reward of the last 2 steps is 0")
    again = rl(replace(config, resume=True))
    assert again.after is not None
    assert len(steps_of(tmp_path / "run")) == 4, "who goes on with it learns that it is over"


def test_the_distance_is_measured_and_ends_the_run(exams: Exams, odd: Grader, tmp_path: Path) -> None:
    """Before the first update the policy is where it started; what is far depends on what it wrote."""
    free = exams(tmp_path / "free", "reinforce", 9, stop=StopConfig(kl=1e9))
    rl(free, scorer=odd)
    nats = [row["ref/kl"] for row in steps_of(tmp_path / "free")]
    assert nats[0] == pytest.approx(0.0, abs=1e-6)
    assert max(nats) > 0
    limit = max(nats) / 2
    last = next(step for step, value in enumerate(nats, start=1) if value >= limit)
    bound = replace(free, out=str(tmp_path / "bound"), stop=StopConfig(kl=limit))
    rl(bound, scorer=odd)
    assert [row["ref/kl"] for row in steps_of(tmp_path / "bound")] == nats[:last]
