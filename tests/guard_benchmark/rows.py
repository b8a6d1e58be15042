"""Rows made by hand."""

from collections.abc import Sequence
from typing import Any

from guard_plan import ARMS, CELLS, is_meant, seeds_of

CHEATED = tuple(cell.name for cell in CELLS.values() if cell.core and not cell.is_honest)
"""The cells of the core with a loophole."""


def row(cell: str, arm: str, seed: int = 0, **values: Any) -> dict[str, Any]:
    """A run that gained ten points and did not cheat."""
    return {
        "cell": cell,
        "arm": arm,
        "seed": seed,
        "cheating_end": 0.0,
        "cheating_peak": 0.0,
        "proxy_end": 0.3,
        "true_end": 0.2,
        "exam_true_before": 0.1,
        "exam_true_after": 0.2,
        "gold_calls": 0.04,
        "extra_answers": 0.0,
        "delay_audits": None,
        "prevalent": None,
        "prevalent_audits": 60,
        "alarm": None,
        "seconds": 60.0,
        "step_seconds": 50.0,
        "audit_seconds": 1.0,
        "true_area": 0.2,
        "true_after_jump": 0.2,
        "stopped": None,
    } | values


def every(arm: str, cells: Sequence[str] = CHEATED, **values: Any) -> list[dict[str, Any]]:
    """All seeds of the plan, in those of the cells in which the arm means something."""
    meant = [cell for cell in cells if is_meant(CELLS[cell], ARMS[arm])]
    return [row(cell, arm, seed, **values) for cell in meant for seed in range(seeds_of(CELLS[cell], ARMS[arm]))]
