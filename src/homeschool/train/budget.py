"""What a run has spent, against what it may spend: generated tokens, weight updates, seconds, operations."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeschool.config import BudgetConfig


@dataclass(frozen=True)
class Spent:
    """All that the steps so far have cost; exams and checkpoints are not counted."""

    tokens: int = 0
    updates: int = 0
    seconds: float = 0.0
    flops: float = 0.0

    def plus(self, metrics: Mapping[str, float], updates: int) -> "Spent":
        """With one more step, which made this many weight updates and has these metrics."""
        return Spent(
            self.tokens + int(metrics.get("rollout/tokens_sampled", 0)),
            self.updates + updates,
            self.seconds + metrics.get("time/step_s", 0.0),
            self.flops + metrics.get("perf/flops", 0.0),
        )

    def totals(self) -> dict[str, float]:
        """What a line of the metrics says about it."""
        return {
            "perf/tokens_total": float(self.tokens),
            "perf/updates_total": float(self.updates),
            "perf/seconds_total": self.seconds,
            "perf/flops_total": self.flops,
        }

    def share(self, budget: BudgetConfig) -> float:
        """How much of the budget is gone: the largest share of any of its limits; 0 where there is none."""
        limits = {name: limit for name, limit in vars(budget).items() if limit}
        return max((getattr(self, name) / limit for name, limit in limits.items()), default=0.0)
