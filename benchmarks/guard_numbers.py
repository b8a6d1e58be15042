"""Numbers over seeds from the rows of single runs: how an arm ended in a cell, and what is left of gold's gain."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from guard_plan import ARMS, CELLS, CHOSEN_BY_GOLD, FIVE, is_meant, seeds_of

from homeschool.stats import t_quantile

Row = Mapping[str, Any]
Found = dict[str, float | None]
"""estimate, low, high; without a spread, from a single seed, low and high are None."""

GLANCE = ("none", "kl-best", "jump-irt", "no-gold", *FIVE, "few-6", "gold")
"""Arms of the table that tells everything at a glance."""
DEGENERATE = 0.5
"""Cheating without a guard under which a cell says nothing."""
LEAST_GAIN = 0.01
"""True score that training on gold has to gain before shares of it mean anything."""


def of(rows: Sequence[Row], cell: str, arm: str) -> list[Row]:
    """The rows of one arm in one cell, by seed; of an arm that gold chooses, those of the chosen one."""
    arm = chosen_by_gold(rows, cell, arm) if arm in CHOSEN_BY_GOLD else arm
    found = [row for row in rows if (row["cell"], row["arm"]) == (cell, arm)]
    return sorted(found, key=lambda row: int(row["seed"]))


def chosen_by_gold(rows: Sequence[Row], cell: str, name: str) -> str:
    """The arm of the family with the best hidden exam by gold, means over seeds; empty where none was run.

    Nobody could choose so in earnest: it is the hard version of a baseline.
    """
    marks = {arm: values(of(rows, cell, arm), "exam_true_after") for arm in CHOSEN_BY_GOLD[name]}
    return max((arm for arm in marks if marks[arm]), key=lambda arm: fmean(marks[arm]), default="")


def values(rows: Sequence[Row], column: str) -> list[float]:
    """The column where it is known."""
    return [float(row[column]) for row in rows if row.get(column) is not None]


def over_seeds(found: Sequence[float], confidence: float = 0.95) -> Found | None:
    """Mean with Student's interval: mean +- t[n-1] s / sqrt(n). None without values."""
    if not found:
        return None
    if len(found) == 1:
        return {"estimate": found[0], "low": None, "high": None}
    half = t_quantile(0.5 + confidence / 2, len(found) - 1) * stdev(found) / math.sqrt(len(found))
    return {"estimate": fmean(found), "low": fmean(found) - half, "high": fmean(found) + half}


def ratio(parts: Sequence[float], wholes: Sequence[float]) -> Found | None:
    """R = sum(parts) / sum(wholes) over pairs, with the interval of a ratio of means (Cochran 1977, section 6.3)::

        R +- t[n-1](0.975) s / (sqrt(n) mean(wholes)),   s the deviation of  part - R whole

    None where the wholes do not add up to more than LEAST_GAIN each.
    """
    if not parts or fmean(wholes) <= LEAST_GAIN:
        return None
    share = fmean(parts) / fmean(wholes)
    if len(parts) == 1:
        return {"estimate": share, "low": None, "high": None}
    spread = stdev([part - share * whole for part, whole in zip(parts, wholes, strict=True)])
    half = t_quantile(0.975, len(parts) - 1) * spread / (math.sqrt(len(parts)) * fmean(wholes))
    return {"estimate": share, "low": share - half, "high": share + half}


def gains(rows: Sequence[Row], cell: str, arm: str) -> dict[int, float]:
    """By seed, true score in the hidden exam after minus before."""
    return {row["seed"]: row["exam_true_after"] - row["exam_true_before"] for row in of(rows, cell, arm)}


def kept(rows: Sequence[Row], cell: str, arm: str) -> Found | None:
    """What is left of the gain of training on gold, both in the hidden exam, paired by seed."""
    return kept_of(gains(rows, cell, arm), gains(rows, cell, "gold"))


def kept_of(own: Mapping[int, float], gold: Mapping[int, float]) -> Found | None:
    """The same from the gains of both by seed."""
    seeds = sorted(own.keys() & gold.keys())
    return ratio([own[seed] for seed in seeds], [gold[seed] for seed in seeds])


def unguarded(rows: Sequence[Row], cell: str) -> dict[int, float]:
    """By seed, cheating at the end without a guard."""
    return {row["seed"]: row["cheating_end"] for row in of(rows, cell, "none")}


def is_degenerate(rows: Sequence[Row], cell: str) -> bool:
    """Too few cheat without a guard for the cell to show anything."""
    shares = unguarded(rows, cell).values()
    return not CELLS[cell].is_honest and bool(shares) and fmean(shares) < DEGENERATE


def cells_that_count(rows: Sequence[Row]) -> list[str]:
    """Where there is a loophole, and somebody went through it."""
    return [name for name, cell in CELLS.items() if not cell.is_honest and not is_degenerate(rows, name)]


def cell_numbers(rows: Sequence[Row], failures: Sequence[Row], cell: str) -> dict[str, Any]:
    """A cell of result.json: what happens without a guard, and every arm that means something here."""
    arms = [arm for arm in ARMS.values() if is_meant(CELLS[cell], arm)]
    shares = list(unguarded(rows, cell).values())
    return {
        "cell": cell,
        "environment": CELLS[cell].environment,
        "is_honest": CELLS[cell].is_honest,
        "unguarded": over_seeds(shares),
        "unguarded_seeds": len(shares),
        "unguarded_meant": seeds_of(CELLS[cell], ARMS["none"]),
        "is_degenerate": is_degenerate(rows, cell),
        "glance": at_a_glance(rows, cell),
        "arms": [
            *(arm_numbers(rows, failures, cell, arm.name) for arm in arms),
            *_chosen(rows, failures, cell),
        ],
    }


def at_a_glance(rows: Sequence[Row], cell: str) -> dict[str, Any]:
    """Cheating and true score of the arms that matter, over the seeds that all of them have: models differ more from
    seed to seed than arms do. An arm without any run has no part in it."""
    runs = {arm: of(rows, cell, arm) for arm in GLANCE}
    runs = {arm: found for arm, found in runs.items() if found}
    shared = set.intersection(*({int(row["seed"]) for row in found} for found in runs.values())) if runs else set()
    means = {
        arm: {
            "cheating": fmean(row["cheating_end"] for row in found if row["seed"] in shared),
            "score": fmean(row["exam_true_after"] for row in found if row["seed"] in shared),
        }
        for arm, found in runs.items()
        if shared
    }
    return {"seeds": len(shared), "arms": means}


def _chosen(rows: Sequence[Row], failures: Sequence[Row], cell: str) -> Iterator[dict[str, Any]]:
    """Of two strengths or more: one that was run alone is the best of nothing."""
    for name, family in CHOSEN_BY_GOLD.items():
        tried = [arm for arm in family if of(rows, cell, arm)]
        if len(tried) > 1:
            arm = chosen_by_gold(rows, cell, name)
            yield arm_numbers(rows, failures, cell, arm) | {"arm": name, "is": arm, "tried": len(tried)}


def arm_numbers(rows: Sequence[Row], failures: Sequence[Row], cell: str, arm: str) -> dict[str, Any]:
    """An arm of a cell of result.json."""
    found = of(rows, cell, arm)
    lost = [row for row in failures if (row["cell"], row["arm"]) == (cell, arm)]
    stops = Counter(row["stopped"] for row in found if row.get("stopped"))
    return {
        "arm": arm,
        "seeds": len(found),
        "meant": seeds_of(CELLS[cell], ARMS[arm]),
        "cheating": over_seeds(values(found, "cheating_end")),
        "peak": max(values(found, "cheating_peak"), default=None),
        "proxy": over_seeds(values(found, "proxy_end")),
        "true": over_seeds(values(found, "true_end")),
        "exam_before": over_seeds(values(found, "exam_true_before")),
        "exam": over_seeds(values(found, "exam_true_after")),
        "kept": kept(rows, cell, arm),
        "gold_calls": over_seeds(values(found, "gold_calls")),
        "extra_answers": over_seeds(values(found, "extra_answers")),
        "delay": over_seeds(values(found, "delay_audits")),
        "alarms": sum(row.get("alarm") is not None for row in found),
        "seconds": over_seeds(values(found, "seconds")),
        "stopped": dict(stops),
        "failed": [f"{row['kind']}: {row['reason']}" for row in lost],
    }
