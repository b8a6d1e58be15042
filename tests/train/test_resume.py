"""Killed at random instants and resumed, a run ends as if nothing had happened: weights bit for bit, same metrics."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

DRIVER = Path(__file__).with_name("kill_and_resume.py")
KILLS = 10


@pytest.mark.parametrize("kind", ["grpo", "grpo_rule", "ppo", "ppo_shared", "ppo_pair", "sft", "reward_model"])
@pytest.mark.timeout(300)
def test_a_killed_run_ends_like_one_never_stopped(kind: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(DRIVER), kind, str(tmp_path), str(KILLS), "0"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert int(result.stdout.split()[-1]) >= 5, "the run finished before it could be killed often enough"
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    last = max((straight / "checkpoints").iterdir()).name
    for file in ("model.safetensors", "state/state.safetensors"):
        wanted, found = (load_file(run / "checkpoints" / last / file) for run in (straight, broken))
        assert wanted.keys() == found.keys()
        for name in wanted:
            assert wanted[name].equal(found[name]), name
    assert metrics(straight) == metrics(broken)
    assert lines(straight / "rollouts.jsonl") == lines(broken / "rollouts.jsonl")
    assert lines(straight / "heldout.jsonl") == lines(broken / "heldout.jsonl")
    assert not list((broken / "checkpoints").glob(".draft*"))
    events = [row["event"] for row in lines(broken / "events.jsonl")]
    assert "resumed" in events and events.count("finished") == 1


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def metrics(run: Path) -> list[dict[str, object]]:
    """Everything but the clock."""
    clocked = ("time/", "perf/")
    return [{k: v for k, v in row.items() if not k.startswith(clocked)} for row in lines(run / "metrics.jsonl")]
