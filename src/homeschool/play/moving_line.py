"""A passing line that follows the child: full pay from there on, nothing below. Standard library only, as any rule.

The line stands ``margin`` marks above one of LINES: where it was put in the beginning; the mean or a quantile of the
last ``k`` exams, of which the one n exams back counts (1 - decay)^n; or the best exam ever, which with every exam
loses the share ``decay`` of its lead over that exam.
"""

from itertools import accumulate
from typing import Any

History = dict[str, Any]


def start(
    line: str = "mean", k: int = 5, margin: float = 0.0, first: float = 90.0, quantile: float = 0.5, decay: float = 0.0
) -> History:
    """``line``: one of LINES; ``k``: exams that are remembered; ``first``: the line before anything is known.

    ``quantile``: share of the remembered exams that the line lets pass below it; ``decay``: from 0, nothing, to 1,
    everything but the last exam is forgotten.
    """
    settings = {"line": line, "k": k, "margin": margin, "first": first, "quantile": quantile, "decay": decay}
    return settings | {"recent": [], "best": None}


def rule(attempt: dict[str, Any], history: History) -> float:
    """1 from the line on, 0 below."""
    return float(attempt["score"] >= edge(history))


def learn(attempts: list[dict[str, Any]], history: History) -> History:
    """Remember the mean of this exam."""
    if not attempts:
        return history
    mean = sum(attempt["score"] for attempt in attempts) / len(attempts)
    before = mean if history["best"] is None else history["best"]
    best = max(mean, before - history["decay"] * (before - mean))
    return history | {"recent": (history["recent"] + [mean])[-history["k"] :], "best": best}


def edge(history: History) -> float:
    """Where the line stands, at most 100 marks."""
    if history["line"] == "fixed" or not history["recent"]:
        return float(history["first"])
    return float(min(FOLLOWS[history["line"]](history) + history["margin"], 100.0))


def _mean(history: History) -> float:
    weighed = _weighed(history)
    return sum(mark * weight for mark, weight in weighed) / sum(weight for _, weight in weighed)


def _quantile(history: History) -> float:
    """The lowest mark up to which that share of the weight lies."""
    weighed = sorted(_weighed(history))
    reached = list(accumulate(weight for _, weight in weighed))
    wanted = history["quantile"] * reached[-1] - 1e-9  # a sum of shares may fall short of itself in the last digit
    return next(mark for (mark, _), share in zip(weighed, reached, strict=True) if share >= wanted)


def _best(history: History) -> float:
    return float(history["best"])


def _weighed(history: History) -> list[tuple[float, float]]:
    """The remembered exams, each with what it counts."""
    back = reversed(range(len(history["recent"])))
    return [(mark, (1 - history["decay"]) ** n) for mark, n in zip(history["recent"], back, strict=True)]


FOLLOWS = {"mean": _mean, "quantile": _quantile, "best": _best}
LINES = ("fixed", *FOLLOWS)
