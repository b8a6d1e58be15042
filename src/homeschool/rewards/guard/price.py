"""What a guard costs besides the gold check itself: seconds, and their share of a step.

Standard library only.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Price:
    """Seconds of the ``with`` blocks around a guard's work, less those that its gold check took."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds = self.gold_seconds = self.rest_seconds = 0.0
        """Of all steps of the run: the guard, the gold check, and everything else."""
        self._guard = self._gold = 0.0
        self._started: float | None = None

    def __enter__(self) -> None:
        self._started = self._clock()

    def __exit__(self, *_: object) -> None:
        if self._started is not None:
            self._guard += self._clock() - self._started
        self._started = None

    @contextmanager
    def gold(self) -> Iterator[None]:
        """What happens in here is the gold check's; before the first step nobody counts."""
        began = self._clock()
        try:
            yield
        finally:
            if self._started is not None:
                self._gold += self._clock() - began

    @property
    def share(self) -> float:
        """Seconds of the guard / seconds of the steps without guard and gold check; 0 before the first step."""
        return self.seconds / self.rest_seconds if self.rest_seconds > 0 else 0.0

    def of_step(self, seconds: float) -> dict[str, float]:
        """The metrics of a step that took so many ``seconds`` in all."""
        guard, gold = self._guard - self._gold, self._gold
        rest = max(seconds - self._guard, 0.0)
        self.seconds, self.gold_seconds = self.seconds + guard, self.gold_seconds + gold
        self.rest_seconds += rest
        self._guard = self._gold = 0.0
        return {"perf/guard_s": guard, "perf/gold_s": gold, "perf/guard_share": guard / rest if rest > 0 else 0.0}

    def state_dict(self) -> dict[str, float]:
        """The seconds of the steps so far. To be asked between steps."""
        return {"seconds": self.seconds, "gold_seconds": self.gold_seconds, "rest_seconds": self.rest_seconds}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.seconds, self.gold_seconds = state["seconds"], state["gold_seconds"]
        self.rest_seconds = state["rest_seconds"]
