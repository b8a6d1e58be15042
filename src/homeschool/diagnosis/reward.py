"""What the marks say: nothing to tell apart, no progress, progress that the exam does not see, a model destroyed."""

from math import sqrt
from statistics import fmean

from homeschool.diagnosis.finding import Seen
from homeschool.diagnosis.history import MEMORY, SMOOTH, History, rise

TIES = 0.95
"""Share of groups in which all answers earned the same. The readiness check asks for 5 % of questions that differ
before it lets a run begin (``readiness.LEAST_SIGNAL``); this is the same line. Over ten steps the healthy runs of this
repository reach 0.66, at a mean reward of 0.9."""
TIES_STEPS = 10
"""A single step of few questions ties by luck; ten in a row do not."""
NEAR_TOP, NEAR_BOTTOM = 0.9, 0.1
"""Standing of the mean reward in the range of marks from which ties mean "too easy", or "too hard"."""
LOST = 0.4
"""Share of the best reward (over five steps) that is gone. In the healthy runs of this repository noise alone took away
up to 0.28 of it."""
DESTROYED = 0.8
"""With this share gone the model has to be thrown away: what is left earns a fifth. On the quickstart's sums a learning
rate of 1e-3 took all, 5e-4 took 95 % and gave a part back (LOG.md, 2026-11-23)."""
FALL_ERRORS = 5.0
"""Standard errors of a fall. The best of many means is high by luck: the healthy runs here reach 3.4."""
FALL_LEAST = 0.1
"""Smallest fall worth a word, in the range of marks."""
STILL_STEPS = 100
"""Steps without progress that count as long: a quarter of the quickstart's exams, more than its slowest start took."""
STILL_MEMORY = 1000
"""Steps looked back on where the whole run is meant; noisy runs need many until the interval is narrow."""
STILL = 0.05
"""A rise of this share of the range of marks is progress. The finding needs the upper end of the 95 % interval below
it, so a noisy run that may be learning stays unaccused."""
EXAM_RISE = 0.1
"""Rise of the reward, in the range of marks, that a check exam should notice."""
EXAM_LEAST = 4
"""Check exams: the first, and three that did not follow."""


def too_hard(history: History) -> Seen | None:
    """Nearly all groups tie, near the lowest mark."""
    seen = _ties(history)
    return Seen("problem", TIES, seen) if seen and seen["standing"] <= NEAR_BOTTOM else None


def too_easy(history: History) -> Seen | None:
    """Nearly all groups tie, near the highest mark. A note where this was learned here, a warning where it was so from
    the start."""
    seen = _ties(history)
    if not seen or seen["standing"] < NEAR_TOP:
        return None
    start = history.standing(fmean(history.first("reward/mean", SMOOTH)))
    return Seen("warning" if start >= NEAR_TOP else "note", TIES, seen)


def settled(history: History) -> Seen | None:
    """Nearly all groups tie although some questions earn much and some little."""
    seen = _ties(history)
    is_between = seen is not None and NEAR_BOTTOM < seen["standing"] < NEAR_TOP
    return Seen("problem", TIES, seen) if seen and is_between and not constant_reward(history) else None


def constant_reward(history: History) -> Seen | None:
    """Every answer of the run has earned exactly the same, and it is neither the lowest nor the highest mark."""
    if len(history.last("reward/std", TIES_STEPS)) < TIES_STEPS:
        return None
    rewards = history.recent("reward/mean")
    if max(history.recent("reward/std")) > 0 or max(rewards) != min(rewards):
        return None
    if not NEAR_BOTTOM < history.standing(rewards[0]) < NEAR_TOP:
        return None
    return Seen("problem", 0.0, {"mean": rewards[0], "spread": 0.0, **history.span(TIES_STEPS)})


def _ties(history: History) -> dict[str, float] | None:
    """The evidence of ties: of groups where groups are compared, else of all answers of a step."""
    spread, reward = history.last("reward/std", TIES_STEPS), history.last("reward/mean", TIES_STEPS)
    if not spread or not reward:
        return None
    share = fmean(value == 0 for value in spread)
    if history.facts.compares_groups:
        share = fmean(history.last("reward/zero_std_group_frac", TIES_STEPS) or [share])
    if share < TIES:
        return None
    mean = fmean(reward)
    return {"share": share, "mean": mean, "standing": history.standing(mean), **history.span(TIES_STEPS)}


def reward_fell(history: History) -> Seen | None:
    """The reward had been higher, and by far more than noise."""
    late = history.last("reward/mean", SMOOTH)
    if not late or history.best_step >= history.steps[-1]:
        return None
    fall, height = history.best_reward - fmean(late), history.best_reward - history.lowest
    if fall < LOST * height or fall < FALL_LEAST * history.scale:
        return None
    if fall < FALL_ERRORS * history.noise() * sqrt(2 / SMOOTH):
        return None
    evidence = {"best": history.best_reward, "best_step": history.best_step, "mean": fmean(late), "lost": fall / height}
    return Seen(
        "problem" if fall >= DESTROYED * height else "warning",
        LOST,
        evidence | history.highest_rate() | history.span(SMOOTH),
    )


def no_learning(history: History) -> Seen | None:
    """The reward is where it was at the start, and the interval leaves no room for progress."""
    still = None if _has_risen(history) else _still(history, STILL_MEMORY)
    return Seen("warning", STILL, still) if still else None


def plateau(history: History) -> Seen | None:
    """The reward has risen and now stands still."""
    still = _still(history, MEMORY) if _has_risen(history) else None
    return Seen("note", STILL, still) if still else None


def _has_risen(history: History) -> bool:
    change = history.reward_change(20, 20)
    return change is not None and change.is_above(0.02 * history.scale)


def _still(history: History, steps: int) -> dict[str, float] | None:
    rewards = history.recent("reward/mean", steps)
    if len(rewards) < STILL_STEPS or history.standing(fmean(rewards)) >= NEAR_TOP:
        return None
    change = rise(rewards)
    if change.high >= STILL * history.scale:
        return None
    numbers = {"change": change.estimate, "low": change.low, "high": change.high, "mean": fmean(rewards)}
    return numbers | history.span(len(rewards))


def exam_does_not_follow(history: History) -> Seen | None:
    """Since the first check exam the reward has risen, and the exam has not.

    A greedy exam may lie above what sampling earns, and sampling then catches up without any gain in the exam; so an
    exam that stands still counts only when the practised questions earn more than it. One that falls always counts.
    """
    exams = history.dated("eval/check")
    if len(exams) < EXAM_LEAST:
        return None
    first_row, last_row = exams[0][0], exams[-1][0]
    early = history.between("reward/mean", max(1, first_row - SMOOTH + 1), first_row)
    late = history.between("reward/mean", last_row - SMOOTH + 1, last_row)
    rest = [mark for _, mark in exams[1:]][-3:]
    before, after = exams[0][1], fmean(rest)
    if not early or not late or history.standing(after) >= NEAR_TOP:
        return None
    error = _exam_error(history, (before + after) / 2)
    rose = fmean(late) - fmean(early) - 3 * history.noise() * sqrt(2 / SMOOTH) > EXAM_RISE * history.scale
    fell = before - after > max(3 * error, STILL * history.scale)
    is_flat = after - before < STILL * history.scale and fmean(late) - after > max(3 * error, EXAM_RISE * history.scale)
    if not rose or not (fell or is_flat):
        return None
    numbers = {"reward_before": fmean(early), "reward": fmean(late), "exam_before": before, "exam": after}
    steps = {"first_step": history.steps[first_row - 1], "last_step": history.steps[last_row - 1]}
    return Seen("problem" if fell else "warning", EXAM_RISE, numbers | steps)


def _exam_error(history: History, mark: float) -> float:
    """Standard error of a difference of two exams, as if their questions were drawn anew; they are the same, so this is
    more than it is. Never below one question."""
    place = min(max(history.standing(mark), 0.0), 1.0)
    items = history.facts.check_items
    return history.scale * max(sqrt(2 * place * (1 - place) / items), 1 / items)
