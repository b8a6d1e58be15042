"""The verdict of a comparison in plain words. Where nothing is shown, that is what it says."""

from collections.abc import Iterator, Sequence
from textwrap import shorten

from homeschool.comparison.judge import ArmOutcome, AxisOutcome, Comparison, TaskOutcome
from homeschool.messages import comparison as words
from homeschool.messages.sentence import COMMA
from homeschool.stats import Interval

REASON = 160
"""Characters of a reason; all of it stands in runs.csv."""


def verdict(outcomes: Sequence[TaskOutcome]) -> list[str]:
    """The lines, in the language that is spoken."""
    return [line for outcome in outcomes for line in _task(outcome)]


def points(interval: Interval, top: float) -> str:
    """In points of 100 where marks are shares, else as they are."""
    return interval.points(100.0 if top == 1 else 1.0)


def chance(p: float) -> str:
    """``= 0.03``, ``< 0.001``."""
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"


def _task(outcome: TaskOutcome) -> Iterator[str]:
    if outcome.name:
        yield words.TASK(task=outcome.name)
    baseline = outcome.arm(outcome.baseline)
    yield _baseline(baseline, outcome.top)
    for arm in outcome.arms:
        if arm.comparison and arm.comparison.difference:
            yield _against(arm, arm.comparison, outcome)
        yield from _stability(arm)
    if all(arm.runs == 1 for arm in outcome.arms):
        yield words.ONE_SEED()
    for arm in outcome.arms:
        yield from _cost(arm, baseline)
    yield from (_axis(axis, outcome.baseline) for axis in outcome.axes if axis.comparisons)


def _baseline(arm: ArmOutcome, top: float) -> str:
    if arm.mark is None:
        return words.NO_BASELINE(arm=arm.name)
    before = "?" if arm.before is None else f"{arm.before * (100 if top == 1 else 1):.1f}"
    return words.BASELINE(arm=arm.name, mark=points(arm.mark, top), before=before, seeds=arm.runs - len(arm.failures))


def _against(arm: ArmOutcome, comparison: Comparison, outcome: TaskOutcome) -> str:
    assert comparison.difference
    form = {"better": words.BETTER, "worse": words.WORSE}.get(comparison.outcome, words.NOT_SHOWN)
    return form(
        arm=arm.name,
        baseline=outcome.baseline,
        difference=points(comparison.difference, outcome.top),
        p=chance(comparison.p_corrected),
        corrected=words.CORRECTED(family=comparison.family) if comparison.family > 1 else "",
        detectable=f"{comparison.detectable * (100 if outcome.top == 1 else 1):.1f}",
    )


def _stability(arm: ArmOutcome) -> Iterator[str]:
    if arm.failures:
        reason = shorten(arm.failures[0], REASON, placeholder=" ...")
        yield words.FAILED(arm=arm.name, failed=len(arm.failures), runs=arm.runs, reason=reason)
    if arm.collapses:
        yield words.COLLAPSED(arm=arm.name, count=arm.collapses, runs=arm.runs)


def _cost(arm: ArmOutcome, baseline: ArmOutcome) -> Iterator[str]:
    if arm is baseline or not (arm.spent["seconds"] and baseline.spent["seconds"] and baseline.peak_bytes):
        return
    line = words.COST(
        arm=arm.name,
        baseline=baseline.name,
        time=arm.spent["seconds"] / baseline.spent["seconds"],
        memory=arm.peak_bytes / baseline.peak_bytes,
    )
    if arm.critic_bytes:
        share = arm.seconds["critic"] / arm.spent["seconds"]
        line += words.WAGE(share=share, mib=arm.critic_bytes / 2**20)
    yield line


def _axis(axis: AxisOutcome, baseline: str) -> str:
    forms = {"better": words.AXIS_BETTER, "worse": words.AXIS_WORSE, "not shown": words.AXIS_NOT_SHOWN}
    parts = []
    for outcome, form in forms.items():
        arms = [arm for arm, comparison in axis.comparisons.items() if comparison.outcome == outcome]
        if arms:
            parts.append(form(baseline=baseline, arms=COMMA().join(arms)))
    cut = words.UNITS[axis.axis](value=axis.cut)
    return words.AXIS(axis=words.AXES[axis.axis](), cut=cut, by=axis.cut_by, found=words.SEPARATOR().join(parts))
