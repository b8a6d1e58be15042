"""Metrics of an update: added up over micro-batches, divided once."""

from collections import Counter
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Sums:
    """Metrics as weighted sums, divided once at the end: a mean over tokens, not over micro-batches."""

    totals: Counter[str] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, values: Tensor) -> None:
        """Values of single tokens; their mean will be reported."""
        self.totals[name] += float(values.detach().sum())  # type: ignore[assignment]
        self.weights[name] += values.numel()

    def add_sum(self, name: str, value: float) -> None:
        """A part of a sum; the sum will be reported."""
        self.totals[name] += value  # type: ignore[assignment]

    def result(self) -> dict[str, float]:
        """Means and sums by name."""
        return {name: total / (self.weights[name] or 1) for name, total in sorted(self.totals.items())}
