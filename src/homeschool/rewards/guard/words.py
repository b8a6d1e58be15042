"""In words: what the modes without a gold check have seen, and what they cannot see."""

from collections.abc import Iterator
from statistics import fmean

from homeschool.messages import weaker as say
from homeschool.rewards.guard.canaries import Canaries
from homeschool.rewards.guard.opinion import BANDS, SecondOpinion
from homeschool.rewards.guard.other_keys import OtherKeys
from homeschool.rewards.guard.reexam import escrow
from homeschool.types import RolloutGroup


def label() -> str:
    """To be said once before a run without a gold check."""
    return say.NO_GOLD()


def canary_line(canaries: Canaries) -> str:
    """An alarm with the evidence of the stretch that raised it, or how many passed so far."""
    found = canaries.verdict.evidence()
    if not canaries.verdict.alarm:
        return say.CANARIES_QUIET(passes=found["false_passes"], asked=found["audits"])
    return say.CANARIES_SING(
        passes=found["since_false"], asked=found["since_audits"], tolerance=found["tolerance"], bound=found["bound"]
    )


def other_keys_line(keys: OtherKeys) -> str:
    """An alarm with the evidence of the stretch that raised it."""
    found = keys.verdict.evidence()
    share = found["since_false"] / max(1.0, found["since_audits"])
    return say.ANY_KEY_WILL_DO(
        share=share, items=found["since_audits"], tolerance=found["tolerance"], bound=found["bound"]
    )


def reexam_line(group: RolloutGroup, again: list[float]) -> str:
    """What was held back of one item; ``again``: the scores of its re-exam, at least one, as its own."""
    first = fmean(rollout.score for rollout in group.rollouts if rollout.score is not None)
    kept = escrow(1.0, first, fmean(again))
    return say.HELD_BACK(item=group.prompt.question, first=first, again=fmean(again), kept=kept)


def opinion_lines(opinion: SecondOpinion) -> Iterator[str]:
    """One line for each band of marks in which the graders fell out, or one that there is none."""
    if not opinion.alarm:
        yield say.OPINIONS_AGREE()
    for edge, band in zip(BANDS, opinion.bands, strict=True):
        if band.verdict and band.verdict.alarm:
            yield say.OPINIONS_DIFFER(rate=band.rate, edge=edge, tolerance=band.verdict.tolerance)
