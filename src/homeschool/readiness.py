"""Readiness: is there anything to learn from this task at this level? Sampled before the first step, never assumed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from homeschool.errors import TaskError
from homeschool.messages import school as say
from homeschool.rewards.marker import Marker
from homeschool.rollout.collect import Engine, collect
from homeschool.types import Prompt, RolloutGroup, Sampling

READINESS_PROMPTS = 48
READINESS_GROUP = 8
"""Answers to each."""
LEAST_SIGNAL = 0.05
"""Share of prompts whose answers must differ in score: below it, nearly every group teaches nothing."""


@dataclass(frozen=True)
class Readiness:
    """What some answers of the untrained policy say about the task."""

    answers: int
    mean_score: float
    lowest: float
    highest: float
    signal: float
    """Share of prompts whose answers did not all earn the same."""
    truncated: float
    """Share of answers cut off at max_tokens."""

    @property
    def is_ready(self) -> bool:
        return self.signal >= LEAST_SIGNAL

    def explain(self) -> str:
        """One or two plain sentences with the numbers and the way out."""
        seen = say.READINESS_SEEN(
            answers=self.answers, mean=self.mean_score, lowest=self.lowest, highest=self.highest, signal=self.signal
        )
        if self.is_ready:
            return say.READY(seen=seen)
        if self.truncated > 0.9:
            return say.READINESS_CUT_OFF(seen=seen, truncated=self.truncated)
        middle = (self.lowest + self.highest) / 2
        if self.highest > self.lowest and self.mean_score > middle:
            return say.READINESS_TOO_EASY(seen=seen)
        return say.READINESS_TOO_HARD(seen=seen)


def measure_readiness(
    engine: Engine, marker: Marker, prompts: Sequence[Prompt], sampling: Sampling, seed: int
) -> Readiness:
    """Sample a group of answers to each prompt and look at their scores."""
    how = replace(sampling, temperature=sampling.temperature or 1.0)
    groups = collect(engine, marker, prompts, how, group_size=READINESS_GROUP, seed=seed, step="readiness")
    return summarize(groups)


def summarize(groups: Sequence[RolloutGroup]) -> Readiness:
    """The figures of :class:`Readiness`."""
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    scores = [rollout.score for rollout in rollouts if rollout.score is not None] or [0.0]
    return Readiness(
        answers=len(rollouts),
        mean_score=fmean(scores),
        lowest=min(scores),
        highest=max(scores),
        signal=fmean(not group.is_uniform for group in groups),
        truncated=fmean(rollout.completion.finish_reason == "length" for rollout in rollouts),
    )


def require_readiness(readiness: Readiness) -> None:
    """TaskError when there is nothing to learn; the message holds the measured rate and a suggestion."""
    if not readiness.is_ready:
        raise TaskError(say.NOT_READY(why=readiness.explain()))
