"""Healthy runs stay silent: every run whose metrics are kept in benchmarks/results, replayed step by step."""

import json
from pathlib import Path

import pytest

from homeschool.diagnosis.run import read_facts
from homeschool.diagnosis.watch import Watch

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
RUNS = [
    "2026-11-23-quickstart-grpo/pretrain",
    "2026-11-23-quickstart-grpo/sft",
    "2026-11-23-quickstart-grpo/rl",
    "2026-11-23-quickstart-ppo/pretrain",
    "2026-11-23-quickstart-ppo/sft",
    "2026-11-23-smollm2-reverse/sft",
    "2026-11-23-smollm2-reverse/rl",
]


def spoken(name: str) -> list[tuple[str, str, str, int]]:
    """What the console would have said."""
    watch = Watch(read_facts(RESULTS / name))
    rows = [json.loads(line) for line in (RESULTS / name / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    turns = [turn for row in rows for turn in watch.see(row) if turn.finding.severity != "note"]
    assert len(rows) >= 10
    return [(turn.kind, turn.finding.name, turn.finding.severity, turn.finding.step) for turn in turns]


@pytest.mark.parametrize("name", RUNS)
def test_a_healthy_run_hears_nothing(name: str) -> None:
    assert spoken(name) == []


def test_the_run_whose_critic_learned_late_hears_just_that() -> None:
    """PPO in the quickstart: the critic explains nothing at first, and more than a twentieth from step 107 on."""
    assert spoken("2026-11-23-quickstart-ppo/rl") == [
        ("began", "critic_explains_nothing", "warning", 20),
        ("ended", "critic_explains_nothing", "warning", 127),
    ]
