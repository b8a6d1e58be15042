"""From looks at single steps to a story: what began, what got worse, what is over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from homeschool.diagnosis.finding import Finding
from homeschool.diagnosis.history import Facts, History
from homeschool.diagnosis.table import CHECKS

Kind = Literal["began", "worse", "ended"]

OVER = 20
"""Steps in a row without a sign until a finding counts as over; fewer would say the same thing again and again."""


@dataclass(frozen=True)
class Turn:
    """News of one finding."""

    kind: Kind
    finding: Finding

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes a turn the same after a resume."""
        return (self.finding.name, self.kind, self.finding.step)

    def row(self) -> dict[str, Any]:
        """The details of its line in ``events.jsonl``."""
        return {
            "change": self.kind,
            "name": self.finding.name,
            "severity": self.finding.severity,
            "step": self.finding.step,
            "threshold": self.finding.seen.threshold,
            "evidence": shortened(self.finding.seen.evidence),
        }


@dataclass(frozen=True)
class Episode:
    """One finding from its first to its last step."""

    began: int
    last: int
    """The last step at which it was seen."""
    worst: Finding
    """As it was seen last at its highest severity."""
    ended: bool = False

    def row(self) -> dict[str, Any]:
        """Its entry in ``summary.json``."""
        return {
            "name": self.worst.name,
            "severity": self.worst.severity,
            "first_step": self.began,
            "last_step": self.last,
            "ended": self.ended,
            "threshold": self.worst.seen.threshold,
            "evidence": shortened(self.worst.seen.evidence),
        }


@dataclass
class Watch:
    """Looks at a run step by step. What it says depends on the rows alone, so a resumed run goes on where it was."""

    facts: Facts = field(default_factory=Facts)
    said: set[tuple[str, str, int]] = field(default_factory=set)
    """Turns that an earlier process has announced already."""

    def __post_init__(self) -> None:
        self.history = History(self.facts)
        self.over: list[Episode] = []
        self._open: dict[str, Episode] = {}
        self._quiet: dict[str, int] = {}

    def see(self, row: Mapping[str, Any]) -> list[Turn]:
        """Take in one row of metrics; what is new, the most important first."""
        self.history.add(row)
        step = self.history.steps[-1]
        found = {check.name: seen for check in CHECKS if (seen := check.look(self.history))}
        turns: list[Turn] = []
        for check in CHECKS:
            seen, is_open = found.get(check.name), check.name in self._open
            explained = any(name in found or name in self._open for name in check.because_of)
            if seen and is_open:
                turns += self._continue(Finding(check.name, step, seen))
            elif seen and not explained:
                turns.append(self._begin(Finding(check.name, step, seen)))
            elif is_open and not explained:
                turns += self._fade(check.name, step)
        return [turn for turn in turns if turn.key not in self.said]

    def episodes(self) -> list[Episode]:
        """All findings so far: by severity, then those still there before those that are over, then by the table."""
        order = {check.name: place for place, check in enumerate(CHECKS)}
        everything = [*self._open.values(), *self.over]
        return sorted(everything, key=lambda e: (-e.worst.rank, e.ended, order[e.worst.name], e.began))

    def _begin(self, finding: Finding) -> Turn:
        self._open[finding.name] = Episode(finding.step, finding.step, finding)
        self._quiet[finding.name] = 0
        return Turn("began", finding)

    def _continue(self, finding: Finding) -> list[Turn]:
        known = self._open[finding.name]
        is_worse = finding.rank > known.worst.rank
        worst = finding if finding.rank >= known.worst.rank else known.worst
        self._open[finding.name] = replace(known, last=finding.step, worst=worst)
        self._quiet[finding.name] = 0
        return [Turn("worse", finding)] if is_worse else []

    def _fade(self, name: str, step: int) -> list[Turn]:
        self._quiet[name] += 1
        if self._quiet[name] < OVER:
            return []
        episode = replace(self._open.pop(name), ended=True)
        self.over.append(episode)
        return [Turn("ended", replace(episode.worst, step=step))]


def replay(rows: Iterable[Mapping[str, Any]], facts: Facts | None = None) -> Watch:
    """A watch that has seen these rows."""
    watch = Watch(facts or Facts())
    for row in rows:
        watch.see(row)
    return watch


def announced(events: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, int]]:
    """The turns that lines of ``events.jsonl`` tell of."""
    return {
        (str(row.get("name")), str(row.get("change")), int(row.get("step", 0)))
        for row in events
        if row.get("event") == "finding"
    }


def shortened(evidence: Mapping[str, float]) -> dict[str, float]:
    """Five significant digits; steps stay whole."""
    return {name: value if isinstance(value, int) else float(f"{value:.5g}") for name, value in evidence.items()}
