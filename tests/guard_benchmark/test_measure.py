"""What a finished run is measured to have been."""

import json
from pathlib import Path

import pytest
from guard_measure import _verdict


def lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize(("evidence", "alarm"), [(2.0, None), (1e4, 3)])
def test_audits_of_the_warm_up_are_no_delay(tmp_path: Path, evidence: float, alarm: int | None) -> None:
    """The harness counts steps from 0, audits count from 1, and those before the first step are at 0."""
    lines(tmp_path / "events.jsonl", [])
    lines(tmp_path / "audits.jsonl", [{"step": step, "floor": step != 4} for step in (0, 0, 0, 1, 1, 2, 3, 3, 4)])
    steps = [{"step": step, "paid": 10, "false": false} for step, false in enumerate((1, 2, 5, 1))]
    metrics = [{"step": 3.0, "guard/evidence": evidence}]
    assert _verdict(tmp_path, steps, metrics) == {
        "alarm": alarm,
        "prevalent_audits": 3,
        "prevalent": 2,
        "delay_audits": 3 if alarm else None,
        "prevalent_half": 3,
        "delay_audits_half": 2 if alarm else None,
    }
