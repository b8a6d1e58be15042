"""What a check has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["note", "warning", "problem"]
"""note: worth knowing, nothing is wrong; warning: time or marks may be lost; problem: the run will not do its work."""
RANKS: dict[Severity, int] = {"note": 0, "warning": 1, "problem": 2}


@dataclass(frozen=True)
class Seen:
    """One look that found something.

    ``Seen("problem", 0.95, {"share": 1.0, "mean": 0.0, "first_step": 1, "last_step": 10})``
    """

    severity: Severity
    threshold: float
    """The bound that was crossed."""
    evidence: Mapping[str, float]
    """The numbers, with the steps they were taken from."""


@dataclass(frozen=True)
class Finding:
    """What is the matter at one step."""

    name: str
    """Row of the table in ``diagnosis.table``."""
    step: int
    seen: Seen

    @property
    def severity(self) -> Severity:
        return self.seen.severity

    @property
    def rank(self) -> int:
        return RANKS[self.seen.severity]
