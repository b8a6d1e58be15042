"""The examiner of one run: one scorer or several, their time limit, and how many failures are tolerated."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from homeschool.errors import ConfigError, ScorerError
from homeschool.messages.refusals import rewards as say
from homeschool.rewards.scorers import ScoredBatch, ScorerReport, check_scorer, score_completions
from homeschool.types import Completion, Prompt

AnyScorer = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class MarkedBatch(ScoredBatch):
    """Scores, and the marks of the single scorers that they were added up from."""

    parts: tuple[tuple[float, ...], ...] = ()
    """For each completion one mark per scorer; empty for one without a score, and where there is one scorer."""


@dataclass
class Marker:
    """Marks completions; a bad one stays without a mark, too many bad ones end the run.

    ``Marker(f)`` or, for a weighted sum, ``Marker((f, g), weights=(1.0, 0.2))``.
    """

    scorer: AnyScorer | Sequence[AnyScorer]
    timeout_s: float = 20.0
    max_failures: float = 0.2
    """Largest tolerated share of completions without a mark."""
    weights: Sequence[float] = ()
    """One for each scorer; none: 1 each."""
    who: str = ""
    """Whom an error blames; empty: the scorer."""
    seconds: float = field(default=0.0, init=False)
    """Time spent in the scorers so far."""

    def __post_init__(self) -> None:
        if not self.scorers:
            raise ConfigError(say.NO_SCORER())
        if self.weights and len(self.weights) != len(self.scorers):
            raise ConfigError(
                say.OTHER_WEIGHTS(count=len(self.weights), weights=list(self.weights), scorers=len(self.scorers))
            )

    @property
    def scorers(self) -> tuple[AnyScorer, ...]:
        """All of them, also where there is one."""
        return tuple(self.scorer) if isinstance(self.scorer, Sequence) else (self.scorer,)

    def check(self, prompts: Sequence[Prompt]) -> list[ScorerReport]:
        """Try each scorer on made-up completions before anything long starts."""
        return [check_scorer(scorer, list(prompts), timeout_s=self.timeout_s) for scorer in self.scorers]

    def score(self, prompts: Sequence[Prompt], completions: Sequence[Completion]) -> MarkedBatch:
        """One mark per completion, None where there is none. Raises ScorerError above ``max_failures``."""
        single = [
            score_completions(scorer, list(prompts), list(completions), timeout_s=self.timeout_s)
            for scorer in self.scorers
        ]
        marks = combined(single, self.weights or [1.0] * len(single))
        self.seconds += marks.seconds
        if marks.failed > self.max_failures * len(completions):
            counts = Counter(name for names in marks.findings for name in names)
            found = ", ".join(f"{name} {count}" for name, count in counts.most_common())
            raise ScorerError(
                say.TOO_MANY_UNMARKED(
                    failed=marks.failed,
                    count=len(completions),
                    who=self.who or say.THE_SCORER(),
                    share=self.max_failures,
                    found=found,
                    messages="; ".join(marks.messages[:3]),
                )
            )
        return marks

    def close(self) -> None:
        """End the worker processes of the scorers that have one."""
        for scorer in self.scorers:
            close = getattr(scorer, "close", None)
            if close:
                close()


def combined(single: Sequence[ScoredBatch], weights: Sequence[float]) -> MarkedBatch:
    """The weighted sum of the marks of several scorers; where one of them gave none, the completion has none.

    Findings are those of all scorers, each once. A single scorer leaves no parts.
    """
    rows = list(zip(*(batch.scores for batch in single), strict=True))
    whole = [tuple(mark for mark in row if mark is not None) for row in rows]
    parts = [marks if len(marks) == len(single) else () for marks in whole]
    scores = [
        sum(weight * mark for weight, mark in zip(weights, marks, strict=True)) if marks else None for marks in parts
    ]
    findings = [
        tuple(dict.fromkeys(name for names in found for name in names))
        for found in zip(*(batch.findings for batch in single), strict=True)
    ]
    return MarkedBatch(
        scores,
        findings,
        sum(batch.seconds for batch in single),
        tuple(dict.fromkeys(message for batch in single for message in batch.messages)),
        tuple(parts) if len(single) > 1 else ((),) * len(scores),
    )
