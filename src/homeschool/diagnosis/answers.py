"""What the answers say: they do not end, they grow without earning more, the scorer fails on them."""

from statistics import fmean

from homeschool.diagnosis.finding import Seen
from homeschool.diagnosis.history import SMOOTH, History, difference

NEVER = 0.95
"""Share of the answers since the start that were cut off. A model that has not learned to end still draws the stop
token now and then, so this is not 1."""
HAD_ENDED = 0.5
"""Share of the first answers that were cut off, at most, for "they used to end" to be true."""
CUT_OFF = 0.5
"""Above it most of what is marked are fragments. A PPO run of this repository reached 0.24 while it learned."""
CUT_OFF_NEARLY_ALL = 0.9
"""As in the readiness check."""
CUT_OFF_STEPS = 10
PATIENCE = 15
"""Steps at the start and at the end that are compared before fragments are called a problem: some tasks mark only how
an answer begins."""
LONGER = 1.5
"""Growth of the mean length. Length that pays is welcome at any size, so this only asks for enough to be seen."""
LONGER_STEPS = 20
WORTH = 0.05
"""Rise of the reward, in the range of marks, that pays for longer answers; as ``reward.STILL``."""
FAILING = 0.05
"""Rise of the share of answers without a mark. By itself the run stops at ``reward.max_failures``, 0.2."""
FAILING_STEPS = 10


def never_stops(history: History) -> Seen | None:
    """Hardly an answer of the run has ended by itself. A problem once the reward has had time to rise and has not."""
    cut = history.last("rollout/truncated_frac", SMOOTH)
    share = fmean(history.recent("rollout/truncated_frac") or [0.0])
    if not cut or min(share, fmean(cut)) < NEVER or history.facts.ignores_stop:
        return None
    evidence = {"share": share, "length": fmean(history.last("rollout/length_mean", SMOOTH) or [0.0])}
    return Seen("problem" if _earns_nothing(history) else "warning", NEVER, evidence | history.span(SMOOTH))


def endings_lost(history: History) -> Seen | None:
    """Answers used to end, now nearly all are cut off, and the reward has not risen for it."""
    early, late = history.first("rollout/truncated_frac", SMOOTH), history.last("rollout/truncated_frac", SMOOTH)
    rewards = history.first("reward/mean", SMOOTH), history.last("reward/mean", SMOOTH)
    if not early or not late or not all(rewards) or history.facts.ignores_stop:
        return None
    if fmean(early) > HAD_ENDED or fmean(late) < CUT_OFF_NEARLY_ALL or difference(*rewards).is_above(0):
        return None
    evidence = {"share_before": fmean(early), "share": fmean(late)} | history.highest_rate()
    return Seen("problem", CUT_OFF_NEARLY_ALL, evidence | history.span(SMOOTH))


def cut_off(history: History) -> Seen | None:
    """Most answers are cut off, though enough have ended to learn it from."""
    cut = history.last("rollout/truncated_frac", CUT_OFF_STEPS)
    if not cut or fmean(cut) < CUT_OFF or history.facts.ignores_stop:
        return None
    is_bad = fmean(cut) >= CUT_OFF_NEARLY_ALL and _earns_nothing(history)
    evidence = {"share": fmean(cut), "length": fmean(history.last("rollout/length_mean", CUT_OFF_STEPS) or [0.0])}
    return Seen("problem" if is_bad else "warning", CUT_OFF, evidence | history.span(CUT_OFF_STEPS))


def longer_not_better(history: History) -> Seen | None:
    """Answers have grown by half, and the reward shows nothing for it."""
    early, late = history.first("rollout/length_mean", 10), history.last("rollout/length_mean", LONGER_STEPS)
    change = history.reward_change(10, LONGER_STEPS)
    if not early or not late or change is None or fmean(late) < LONGER * fmean(early):
        return None
    if change.is_above(0) or change.estimate > WORTH * history.scale:
        return None
    evidence = {"length_before": fmean(early), "length": fmean(late), "change": change.estimate}
    numbers = evidence | {"low": change.low, "high": change.high} | history.span(LONGER_STEPS)
    return Seen("warning", LONGER, numbers)


def scorer_fails_more(history: History) -> Seen | None:
    """More answers go without a mark than at the start."""
    early, late = history.first("rollout/unmarked_frac", SMOOTH), history.last("rollout/unmarked_frac", FAILING_STEPS)
    if not early or not late or len(history.steps) < SMOOTH + FAILING_STEPS:
        return None
    before, after = fmean(early), fmean(late)
    if after - before < FAILING or after < 2 * before:
        return None
    return Seen("warning", FAILING, {"share_before": before, "share": after, **history.span(FAILING_STEPS)})


def _earns_nothing(history: History) -> bool:
    """The reward has had time to rise, and has not beyond noise."""
    change = history.reward_change(PATIENCE, PATIENCE)
    return change is not None and not change.is_above(0)
