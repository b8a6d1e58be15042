"""What is said, and when: once, again when it gets worse, and when it is over."""

from typing import Any

from homeschool.diagnosis.table import CHECKS
from homeschool.diagnosis.watch import OVER, Watch, announced, replay


def cut(share: float, count: int, start: int = 1, mean: float = 0.2) -> list[dict[str, Any]]:
    """Steps in which this share of the answers was cut off."""
    return [
        {"step": step, "rollout/truncated_frac": share, "reward/mean": mean, "reward/std": 0.4}
        for step in range(start, start + count)
    ]


def told(rows: list[dict[str, Any]], watch: Watch | None = None) -> list[tuple[str, str, str, int]]:
    watch = watch or Watch()
    turns = [turn for row in rows for turn in watch.see(row)]
    return [(turn.kind, turn.finding.name, turn.finding.severity, turn.finding.step) for turn in turns]


def test_a_finding_is_said_when_it_begins_when_it_gets_worse_and_when_it_is_over() -> None:
    rows = cut(0.6, 15) + cut(0.94, 25, 16) + cut(0.0, 40, 41)
    began, worse, over = told(rows)
    assert began == ("began", "cut_off", "warning", 10)
    assert worse[:3] == ("worse", "cut_off", "problem") and 30 <= worse[3] <= 40
    assert over[:3] == ("ended", "cut_off", "problem")
    # Six steps of 0.94 in the last ten make 0.564, five 0.47: seen last at step 44.
    assert over[3] == 44 + OVER


def test_a_finding_that_comes_and_goes_within_the_patience_is_said_once() -> None:
    rows: list[dict[str, Any]] = []
    for wave in range(4):
        rows += cut(0.6, 15, 30 * wave + 1) + cut(0.4, 15, 30 * wave + 16)
    assert [turn[0] for turn in told(rows) if turn[1] == "cut_off"] == ["began"]


def test_a_symptom_is_silent_while_its_reason_is_there() -> None:
    hopeless = [{**row, "reward/zero_std_group_frac": 1.0, "reward/std": 0.0} for row in cut(1.0, 40, mean=0.0)]
    assert {turn[1] for turn in told(hopeless)} == {"never_stops"}


def test_the_order_is_by_severity_then_by_what_is_still_there() -> None:
    watch = replay(cut(0.6, 30) + [{**row, "policy/mismatch_kl": 0.3} for row in cut(0.0, 40, 31)])
    assert [(e.worst.name, e.worst.severity, e.ended) for e in watch.episodes()] == [
        ("sampler_differs", "problem", False),
        ("cut_off", "warning", True),
    ]
    assert (watch.episodes()[1].began, watch.episodes()[1].last) == (10, 31)


def test_a_resumed_watch_says_nothing_twice() -> None:
    """Stopped after step 12 with a checkpoint at step 8: steps 9 to 12 are done again, the news of step 10 is old."""
    rows = cut(0.6, 15) + cut(0.94, 25, 16)
    straight = Watch()
    news = [{"event": "finding", **turn.row()} for row in rows[:12] for turn in straight.see(row)]
    assert [line["step"] for line in news] == [10]
    resumed = replay(rows[:8])
    resumed.said = announced([*news, {"event": "resumed", "step": 8}])
    again = told(rows[8:], resumed)
    assert [turn[0] for turn in again] == ["worse"]
    assert resumed.episodes() == replay(rows).episodes()


def test_evidence_keeps_five_digits_and_whole_steps() -> None:
    watch = Watch()
    (turn,) = [turn for row in cut(2 / 3, 10) for turn in watch.see(row)]
    assert turn.row() == {
        "change": "began",
        "name": "cut_off",
        "severity": "warning",
        "step": 10,
        "threshold": 0.5,
        "evidence": {"share": 0.66667, "length": 0.0, "first_step": 1, "last_step": 10},
    }


def test_reasons_are_rows_of_the_table() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert {reason for check in CHECKS for reason in check.because_of} <= set(names)


def test_strange_rows_do_no_harm() -> None:
    watch = Watch()
    assert watch.see({}) == []
    assert watch.see({"step": 2, "reward/mean": None, "policy/loss": "nan", "value/loss": float("inf")}) == []
    assert watch.episodes() == []
