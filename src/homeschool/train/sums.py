"""Metrics of an update: added up over micro-batches, divided once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Sums:
    """Metrics as weighted sums, divided once at the end: a mean over tokens, not over micro-batches.

    What is added stays on its device until it is asked for: a number read in the middle of an update would have a GPU
    wait with every micro-batch.
    """

    weights: Counter[str] = field(default_factory=Counter)
    _totals: Counter[str] = field(default_factory=Counter)
    _unread: list[tuple[str, Tensor]] = field(default_factory=list)

    def add(self, name: str, values: Tensor) -> None:
        """Values of single tokens; their mean will be reported."""
        self._unread.append((name, values.detach().sum()))
        self.weights[name] += values.numel()

    def add_sum(self, name: str, value: Tensor) -> None:
        """A part of a sum, one number; the sum will be reported."""
        self._unread.append((name, value.detach()))

    @property
    def totals(self) -> Mapping[str, float]:
        """All that was added, by name; here a GPU is waited for."""
        for name, value in self._unread:
            self._totals[name] += float(value)  # type: ignore[assignment]
        self._unread.clear()
        return self._totals

    def result(self) -> dict[str, float]:
        """Means and sums by name."""
        return {name: total / (self.weights[name] or 1) for name, total in sorted(self.totals.items())}
