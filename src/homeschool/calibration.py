"""Does a model that says "70 %" win seven times in ten? Chances against what happened.

Chances and outcomes come as lists of equal length: the chance that was stated, from 0 to 1, and 1 or 0 (or 1/2 for a
tie). Numpy only; intervals are at 95 %.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from homeschool.errors import UsageError
from homeschool.stats import RESAMPLES, TAIL, Interval
from homeschool.streams import stream

BINS = 10
_BLOCK = 1_000_000  # draws held at once while resampling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """The cases whose stated chance lies from ``low`` to ``high``: what was said, and what came true."""

    low: float
    high: float
    count: int
    stated: float
    """Mean of the stated chances."""
    observed: float
    """Share that came true."""


def reliability(chances: ArrayLike, outcomes: ArrayLike, lowest: float = 0.0, bins: int = BINS) -> list[ReliabilityBin]:
    """Bins of equal width from ``lowest`` to 1; those without a case are left out. A chance of 1 is in the last."""
    stated, true = _pair(chances, outcomes, lowest)
    places = _places(stated, lowest, bins)
    found = []
    for place in np.unique(places):
        inside = places == place
        low, high = (lowest + (1 - lowest) * edge / bins for edge in (place, place + 1))
        found.append(
            ReliabilityBin(
                float(low), float(high), int(inside.sum()), float(stated[inside].mean()), float(true[inside].mean())
            )
        )
    return found


def calibration_error(chances: ArrayLike, outcomes: ArrayLike, lowest: float = 0.0, bins: int = BINS) -> float:
    """Expected calibration error: the gap between stated and observed, averaged over the cases::

        sum over bins of count / n * |observed - stated|

    0 is perfect; never below what chance alone gives, see :func:`calibration_floor`. arXiv:1706.04599.
    """
    stated, true = _pair(chances, outcomes, lowest)
    return float(_errors(_places(stated, lowest, bins)[None], (true - stated)[None], bins)[0])


def calibration_interval(
    chances: ArrayLike, outcomes: ArrayLike, lowest: float = 0.0, bins: int = BINS, seed: int = 0
) -> Interval:
    """The expected calibration error with a bootstrap interval over cases.

    Each resample adds noise, and noise only ever adds to this error, so plain percentiles lie too high. The interval is
    therefore the reversed one, [2 e - q97.5, 2 e - q2.5], cut off at 0: what resampling adds is taken off again
    (Davison and Hinkley 1997, section 5.2).
    """
    stated, true = _pair(chances, outcomes, lowest)
    places, gaps, n = _places(stated, lowest, bins), true - stated, stated.size
    generator = stream(seed, "bootstrap", "calibration")
    errors = []
    for rows in _blocks(n):
        picked = generator.integers(n, size=(rows, n))
        errors.append(_errors(places[picked], gaps[picked], bins))
    estimate = float(_errors(places[None], gaps[None], bins)[0])
    low, high = np.quantile(np.concatenate(errors), [TAIL, 1 - TAIL])
    return Interval(estimate, max(0.0, 2 * estimate - float(high)), max(0.0, 2 * estimate - float(low)))


def calibration_floor(chances: ArrayLike, lowest: float = 0.0, bins: int = BINS, seed: int = 0) -> float:
    """The expected calibration error that a perfect model shows on so few cases, on average.

    Outcomes are drawn from the stated chances themselves, so whatever error remains is chance.
    """
    stated, _ = _pair(chances, chances, lowest)
    places, n = _places(stated, lowest, bins), stated.size
    generator = stream(seed, "bootstrap", "calibration floor")
    errors = [
        _errors(np.broadcast_to(places, (rows, n)), (generator.random((rows, n)) < stated) - stated, bins)
        for rows in _blocks(n)
    ]
    return float(np.concatenate(errors).mean())


def brier_scores(chances: ArrayLike, outcomes: ArrayLike) -> list[float]:
    """(chance - outcome)^2 of each case: 0 for certain and right, 0.25 for "half and half", 1 for certain and wrong."""
    stated, true = _pair(chances, outcomes, 0.0)
    return [float(value) for value in (stated - true) ** 2]


def log_losses(leads: ArrayLike) -> list[float]:
    """-log sigmoid(lead) of each pair, in nats; 0.693 for a lead of 0. Takes leads, not chances, so it never overflows.

    A lead is the score of the side that won minus the score of the other.
    """
    return [float(value) for value in np.logaddexp(0.0, -_finite(leads, "leads"))]


def calibrating_temperature(leads: ArrayLike) -> float:
    """The T at which sigmoid(lead / T) explains the outcomes best: above 1 it claimed too much, below too little.

    A lead is the score of the side that won minus the score of the other. The log loss is convex in 1/T, and its slope
    is -mean(lead * sigmoid(-lead / T)); the root is found by bisection. If the model is wrong on balance (mean lead
    not above 0) no T helps and the answer is infinite; if it never errs, any claim was too modest and the answer is 0.
    arXiv:1706.04599.
    """
    values = _finite(leads, "leads")
    if values.mean() <= 0:
        return math.inf
    if values.min() >= 0:
        return 0.0
    scale = float(np.abs(values).max())
    low, high = 0.0, 1.0
    while _slope(values / scale, high) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(values / scale, middle) > 0 else (low, middle)
    return scale / ((low + high) / 2)


def _slope(leads: Floats, sharpness: float) -> float:
    """How fast the mean log likelihood grows with 1/T."""
    return float((leads * np.exp(-np.logaddexp(0.0, leads * sharpness))).mean())


def _places(stated: Floats, lowest: float, bins: int) -> NDArray[np.int64]:
    return np.clip(((stated - lowest) / (1 - lowest) * bins).astype(np.int64), 0, bins - 1)


def _errors(places: NDArray[np.int64], gaps: Floats, bins: int) -> Floats:
    """Calibration error of each row. The sum of gaps in a bin is its count times (observed - stated)."""
    rows, n = places.shape
    slots = (places + bins * np.arange(rows)[:, None]).ravel()
    sums = np.bincount(slots, gaps.ravel(), minlength=rows * bins).reshape(rows, bins)
    errors: Floats = np.abs(sums).sum(1) / n
    return errors


def _blocks(n: int) -> list[int]:
    """Numbers of resamples that are held at once."""
    rows = max(1, _BLOCK // n)
    return [min(rows, RESAMPLES - start) for start in range(0, RESAMPLES, rows)]


def _pair(chances: ArrayLike, outcomes: ArrayLike, lowest: float) -> tuple[Floats, Floats]:
    stated, true = _finite(chances, "chances"), _finite(outcomes, "outcomes")
    if stated.size != true.size:
        raise UsageError(f"{stated.size} chances and {true.size} outcomes; expected one outcome for each chance")
    for name, values, least in (("chances", stated, lowest), ("outcomes", true, 0.0)):
        if values.min() < least or values.max() > 1:
            raise UsageError(
                f"{name} go from {values.min():g} to {values.max():g}; expected numbers from {least:g} to 1"
            )
    return stated, true


def _finite(values: ArrayLike, name: str) -> Floats:
    numbers = np.asarray(values, dtype=float)
    if numbers.ndim != 1 or numbers.size == 0 or not np.isfinite(numbers).all():
        raise UsageError(f"{name} must be a list of finite numbers with at least one in it; received {values!r:.80}")
    return numbers
