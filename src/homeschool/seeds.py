"""What several seeds show: intervals for one arm, for the difference between arms, and how many looks were taken.

A run is a draw: another seed gives another mark. So the unit here is the seed, and the spread between seeds is what
every interval rests on; the spread between questions only sets a floor below which no interval may fall. Every interval
is at 95 %. Standard library and numpy; the quantiles are those of :mod:`homeschool.stats`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from homeschool.errors import UsageError
from homeschool.stats import TAIL, Interval, f_tail, t_quantile, t_tails

Floats = NDArray[np.float64]

TRIMMED = 0.25
"""Share of the runs that the interquartile mean leaves out at each end."""
POWER = 0.8
OUT_OF_LINE = 0.05


@dataclass(frozen=True)
class Difference:
    """One arm minus the baseline, in marks."""

    interval: Interval
    p: float
    """Chance of a difference this large, either way, if there were none."""
    standard_error: float
    freedom: float
    """Degrees of freedom of Student's t; infinite where the spread is known from many questions only."""

    def detectable(self, level: float = 2 * TAIL) -> float:
        """Smallest true difference that is found with a chance of 80 % when ``level`` of false alarms is allowed::

        (t(1 - level / 2) + t(0.8)) standard_error
        """
        return (t_quantile(1 - level / 2, self.freedom) + t_quantile(POWER, self.freedom)) * self.standard_error


def seed_mean(scores: ArrayLike, floor: float = 0.0) -> Interval:
    """Mean over seeds, mean +- t[S-1](0.975) max(s / sqrt(S), floor).

    ``floor`` is the standard error that the questions alone give the mean; equal marks of all seeds then do not pass
    for certainty. Raises UsageError on fewer than 2 seeds, which show no spread.
    """
    values = _marks(scores, 2)
    error = max(float(values.std(ddof=1)) / math.sqrt(values.size), floor)
    return _around(float(values.mean()), error, values.size - 1)


def interquartile_mean(scores: ArrayLike, floor: float = 0.0) -> Interval:
    """Mean of the middle half of the runs, with the interval of Tukey and McLaughlin (1963)::

        mean_trimmed +- t[h-1](0.975) s_w / ((1 - 2 g / n) sqrt(n)),   g = floor(n / 4) if n > 4,   h = n - 2 g

    ``s_w`` is the deviation of the winsorised marks. One run that went astray does not move it. With 4 runs or
    fewer nothing is left out and it is the mean with Student's interval. ``floor`` as in :func:`seed_mean`.
    Raises UsageError on fewer than 2 runs.
    """
    values = np.sort(_marks(scores, 2))
    n = values.size
    cut = int(TRIMMED * n) if n > 4 else 0
    kept = values[cut : n - cut]
    winsorised = np.clip(values, kept[0], kept[-1])
    error = max(float(winsorised.std(ddof=1)) / ((1 - 2 * cut / n) * math.sqrt(n)), floor)
    return _around(float(kept.mean()), error, kept.size - 1)


def improvement_chance(baseline: ArrayLike, arm: ArrayLike) -> Interval:
    """Chance that a run of ``arm`` beats a run of ``baseline``: share of the pairs of runs, a tie counts half.

    The interval is method 5 of Newcombe (2006, doi:10.1002/sim.2324): all chances c with::

        |estimate - c| <= t sqrt(c (1 - c) (1 + N (1 - c) / (2 - c) + N c / (1 + c)) / (m n)),   N = (m + n) / 2 - 1

    with Student's t[m+n-2](0.975) for his 1.96, because with three runs each that covers too seldom. It stays in [0, 1]
    and does not shrink to a point when all runs of one arm beat all of the other.
    Raises UsageError where an arm has no run.
    """
    first, second = _marks(baseline, 1), _marks(arm, 1)
    wins = (second[:, None] > first[None, :]) + 0.5 * (second[:, None] == first[None, :])
    estimate, pairs = float(wins.mean()), wins.size
    more = (first.size + second.size) / 2 - 1
    t = t_quantile(1 - TAIL, max(1, first.size + second.size - 2))

    def is_compatible(chance: float) -> bool:
        shape = 1 + more * (1 - chance) / (2 - chance) + more * chance / (1 + chance)
        return abs(estimate - chance) <= t * math.sqrt(chance * (1 - chance) * shape / pairs)

    return Interval(estimate, _edge(is_compatible, estimate, 0.0), _edge(is_compatible, estimate, 1.0))


def differences(scores: ArrayLike, baseline: int, floors: Sequence[float]) -> list[Difference]:
    """Every arm of ``scores`` [arms, seeds] minus arm ``baseline``, seed by seed; the baseline itself gives 0.

    Two arms: the paired t-test. More of them lend each other strength, for a few seeds tell a variance badly: seeds are
    the blocks of a randomised complete block design, what all arms share in a seed is taken out, and one spread is
    pooled from what is left::

        r[k,s] = x[k,s] - mean_s(x[k]) - mean_k(x[s]) + mean(x)
        v[k] = sum_s r[k,s]^2 / ((S - 1)(1 - 1 / A)),   standard_error = sqrt(2 mean(v) / S),   freedom = (A - 1)(S - 1)

    An arm whose v[k] is out of line with the others (F-test at 5 %) shares nothing: it meets the baseline in a paired
    t-test of their own; where the baseline is such an arm, all do. ``floors`` are the standard errors, by arm, that the
    questions alone give. Raises UsageError unless there are 2 arms and 2 seeds.
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise UsageError(f"scores have shape {table.shape}; expected a finite mark for each of 2 arms and 2 seeds")
    calm = _calm(table)
    found = []
    for arm, floor in enumerate(floors):
        if arm == baseline:
            found.append(difference(0.0, 0.0, math.inf))
            continue
        together = calm if arm in calm and baseline in calm else sorted({arm, baseline})
        variances, freedom = _spreads(table[together]), (len(together) - 1) * (table.shape[1] - 1)
        error = max(math.sqrt(2 * float(variances.mean()) / table.shape[1]), floor)
        estimate = float((table[arm] - table[baseline]).mean())
        found.append(difference(estimate, error, freedom))
    return found


def _spreads(table: Floats) -> Floats:
    """Variance of each arm around what its seeds share with the other arms."""
    arms, seeds = table.shape
    residuals = table - table.mean(1, keepdims=True) - table.mean(0, keepdims=True) + table.mean()
    spreads: Floats = (residuals**2).sum(1) / ((seeds - 1) * (1 - 1 / arms))
    return spreads


def _calm(table: Floats) -> list[int]:
    """Arms whose spread is in line with that of the others."""
    arms, seeds = table.shape
    variances = _spreads(table)
    others = (variances.sum() - variances) / (arms - 1)

    def is_wild(arm: int) -> bool:
        if arms == 2 or variances[arm] == 0:
            return False
        ratio = variances[arm] / others[arm] if others[arm] else math.inf
        return math.isinf(ratio) or f_tail(float(ratio), seeds - 1, (arms - 2) * (seeds - 1)) < OUT_OF_LINE

    return [arm for arm in range(arms) if not is_wild(arm)]


def difference(estimate: float, standard_error: float, freedom: float) -> Difference:
    """A difference with this standard error: its interval and its p."""
    if standard_error == 0:
        return Difference(Interval(estimate, estimate, estimate), float(estimate == 0), 0.0, freedom)
    interval = _around(estimate, standard_error, freedom)
    return Difference(interval, t_tails(estimate / standard_error, freedom), standard_error, freedom)


def holm(chances: Sequence[float]) -> list[float]:
    """p-values as Holm (1979) corrects them for their number: the chance of any false alarm among all stays below 5 %.

    ``holm([0.01, 0.04, 0.03])`` is ``[0.03, 0.06, 0.06]``. None in, none out.
    """
    order = sorted(range(len(chances)), key=lambda index: chances[index])
    adjusted, largest = [0.0] * len(chances), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[index]))
        adjusted[index] = largest
    return adjusted


def _around(estimate: float, error: float, freedom: float) -> Interval:
    half = t_quantile(1 - TAIL, freedom) * error
    return Interval(estimate, estimate - half, estimate + half)


def _edge(holds, inside: float, end: float) -> float:  # type: ignore[no-untyped-def]
    """The last point from ``inside`` towards ``end`` at which ``holds``, by bisection."""
    for _ in range(60):
        middle = (inside + end) / 2
        inside, end = (middle, end) if holds(middle) else (inside, middle)
    return (inside + end) / 2


def _marks(scores: ArrayLike, least: int) -> Floats:
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or values.size < least or not np.isfinite(values).all():
        raise UsageError(f"marks of runs are {scores!r}; expected at least {least} finite numbers, one per seed")
    return values
