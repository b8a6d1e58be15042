"""How sure is a mark: intervals for one exam, for the gain between two, and over several seeds.

Every interval here is at 95 %. Items are the unit that is resampled: an exam is a sample of the questions that could
have been asked, so the interval says how far the score may move on other questions of the same kind.
Numpy and the standard library only. Randomness comes from a named stream: same scores, same seed, same interval.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from homeschool.errors import UsageError
from homeschool.streams import stream

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
RESAMPLES = 10_000
_BLOCK = 1_000_000  # draws held at once while resampling: bounds the memory whatever the number of items

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate and the 95 % interval around it, in the unit of the scores.

    ``str(Interval(0.462, 0.41, 0.513))`` is ``"0.462 [0.410, 0.513]"``; ``.points(100)`` gives ``"46.2 [41.0, 51.3]"``.
    """

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        decimals = 1 if max(abs(self.estimate), abs(self.low), abs(self.high)) >= 10 else 3
        return f"{self.estimate:.{decimals}f} [{self.low:.{decimals}f}, {self.high:.{decimals}f}]"

    def points(self, scale: float) -> str:
        """The three numbers times ``scale``, one decimal each: 100 for scores between 0 and 1."""
        return f"{short(scale * self.estimate)} [{short(scale * self.low)}, {short(scale * self.high)}]"

    @property
    def excludes_zero(self) -> bool:
        """The whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def short(value: float) -> str:
    """One decimal; three digits and a power of ten from a million on. ``short(46.25)`` is ``"46.2"``."""
    return f"{value:.1f}" if abs(value) < 1e6 else f"{value:.3g}"


def mean_interval(scores: ArrayLike, seed: int = 0) -> Interval:
    """Mean score of one exam.

    Scores that are all 0 or 1 get the exact Clopper-Pearson interval, others a bootstrap over items. If all the other
    scores are equal, resampling shows no spread; see ``_unanimous`` for what is returned then.
    Raises UsageError on no scores, or on one that is not a finite number.
    """
    values = _checked(scores, "scores")
    if _is_binary(values):
        return clopper_pearson(int(values.sum()), values.size)
    if np.ptp(values) == 0:
        return _unanimous(float(values[0]), values.size, *_mark_range(values))
    return _bootstrap(values, float(values.mean()), stream(seed, "bootstrap", "mean"))


def paired_difference(before: ArrayLike, after: ArrayLike, seed: int = 0) -> Interval:
    """Mean gain from ``before`` to ``after`` on the same items in the same order; a bootstrap over items.

    For 0/1 scores two imaginary items join the resampling, one gained and one lost (the adjustment of Bonett and Price,
    2012). Without them four gained items among 300 and none lost would count as proof, which a sign test refuses; their
    weight vanishes as the exam grows. The estimate itself is the plain mean.
    Raises UsageError on no items, on lists of different lengths, or on a score that is not a finite number.
    """
    first, second = _pair(before, after)
    differences = second - first
    generator = stream(seed, "bootstrap", "paired")
    estimate = float(differences.mean())
    if _is_binary(first) and _is_binary(second):
        return _bootstrap(_with_one_gained_one_lost(differences), estimate, generator)
    if np.ptp(differences) == 0:
        lowest, highest = _mark_range(np.concatenate((first, second)))
        return _unanimous(estimate, differences.size, lowest - highest, highest - lowest)
    return _bootstrap(differences, estimate, generator)


def difference_sd(before: ArrayLike, after: ArrayLike) -> float:
    """Standard deviation of the paired differences, for ``detectable_effect``.

    0/1 scores get the two imaginary items of ``paired_difference``, and so do marks that all changed by the same, each
    as far off as marks can be: an exam on which nothing changed does not claim to detect everything. Raises UsageError
    on fewer than 2 items and as ``paired_difference`` does.
    """
    first, second = _pair(before, after)
    if first.size < 2:
        raise UsageError("1 item has no spread; expected at least 2 items")
    differences = second - first
    if _is_binary(first) and _is_binary(second):
        differences = _with_one_gained_one_lost(differences)
    elif np.ptp(differences) == 0:
        lowest, highest = _mark_range(np.concatenate((first, second)))
        differences = np.append(differences, differences[0] + np.array([highest - lowest, lowest - highest]))
    return float(differences.std(ddof=1))


def detectable_effect(sd: float, n: int, power: float = 0.8) -> float:
    """Smallest true gain that an exam of ``n`` items shows with this power::

        (t[n-1](0.975) + t[n-1](power)) sd / sqrt(n)

    ``sd`` is that of the paired differences (``difference_sd``), and the answer is in its unit. A smaller gain may
    exist; this exam would probably miss it. ``sd`` 0 gives 0.
    Raises UsageError if n < 2, sd is negative or not finite, or power lies outside (0.5, 1).
    """
    if n < 2:
        raise UsageError(f"n is {n}; an effect can be told from noise with at least 2 items")
    if not (math.isfinite(sd) and sd >= 0):
        raise UsageError(f"sd is {sd}; expected a finite number, 0 or more")
    if not 0.5 < power < 1:
        raise UsageError(f"power is {power}; expected a chance between 0.5 and 1, commonly 0.8")
    return (t_quantile(1 - TAIL, n - 1) + t_quantile(power, n - 1)) * sd / math.sqrt(n)


def clopper_pearson(successes: int, n: int) -> Interval:
    """Exact interval of a share: its true value is inside at least 95 % of the time, for every share and every n.

    No success gives low = 0, all successes give high = 1. Raises UsageError unless 0 <= successes <= n and n >= 1.
    """
    if not (n >= 1 and 0 <= successes <= n):
        raise UsageError(f"{successes} successes of {n}; expected at least 1 trial and a count between 0 and n")
    failures = n - successes
    low = beta_quantile(TAIL, successes, failures + 1) if successes else 0.0
    high = beta_quantile(1 - TAIL, successes + 1, failures) if failures else 1.0
    return Interval(successes / n, low, high)


def wilson(successes: float, n: int) -> Interval:
    """Wilson's score interval of a share, with z = 1.96 and p = successes / n::

        (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Covers 95 % on average over shares, where ``clopper_pearson`` covers at least that for each and is wider. Half a
    success, for a tie, is allowed. Raises UsageError unless 0 <= successes <= n and n >= 1. Wilson (1927).
    """
    if not (n >= 1 and 0 <= successes <= n):
        raise UsageError(f"{successes} successes of {n}; expected at least 1 trial and a count between 0 and n")
    z = NormalDist().inv_cdf(1 - TAIL)
    share, weight = successes / n, z * z / n
    half = math.sqrt(weight * share * (1 - share) + weight * weight / 4)
    low, high = (share + weight / 2 - half) / (1 + weight), (share + weight / 2 + half) / (1 + weight)
    return Interval(share, max(0.0, low) if successes else 0.0, min(1.0, high) if successes < n else 1.0)


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The x at which the regularised incomplete beta function I_x(a, b) reaches ``probability``, by bisection."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        low, high = (middle, high) if _incomplete_beta(middle, a, b) < probability else (low, middle)


def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t with ``freedom`` degrees of freedom; infinitely many give the normal quantile.

    Uses P(|T| > t) = I_x(freedom / 2, 1 / 2) at x = freedom / (freedom + t^2).
    """
    if probability == 0.5:
        return 0.0
    if math.isinf(freedom):
        return NormalDist().inv_cdf(probability)
    two_tails = 2 * min(probability, 1 - probability)
    x = beta_quantile(two_tails, freedom / 2, 0.5)
    return math.copysign(math.sqrt(freedom * (1 - x) / x), probability - 0.5)


def t_tails(t: float, freedom: float) -> float:
    """Chance that Student's t lies further from 0 than ``t``: the two-sided p-value, by the same formula."""
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def f_tail(ratio: float, above: float, below: float) -> float:
    """Chance that the ratio of two variances of ``above`` and ``below`` degrees of freedom exceeds ``ratio``, if both
    are the same."""
    return _incomplete_beta(below / (below + above * ratio), below / 2, above / 2)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function; the fraction converges fast on the side of the mode taken here."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _beta_fraction(x, a, b))


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Denominator 1 + d1/(1 + d2/(1 + ...)) by the modified Lentz method; the terms are those of DLMF 8.17.22.

    The number of terms needed grows with sqrt(a + b), so the bound below is far beyond any exam.
    """
    tiny = 1e-300
    value = c = 1.0
    d = 0.0
    for term in range(1, 100_000):
        m = term // 2
        if term % 2:
            coefficient = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            coefficient = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + coefficient * d) or tiny)
        c = (1 + coefficient / c) or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            return value
    raise ArithmeticError(f"incomplete beta function did not converge at x={x}, a={a}, b={b}")


def _bootstrap(values: Floats, estimate: float, generator: np.random.Generator) -> Interval:
    """Percentile interval of resampled means, its tails moved outwards as Student's t asks of a small sample.

    Plain percentiles are too narrow by sqrt((n-1)/n) and ignore that the spread is estimated (Hesterberg 2015).
    Percentiles are taken at resampled means on the outer side, so ties never narrow the interval.
    """
    n = values.size
    tail = NormalDist().cdf(-math.sqrt(n / (n - 1)) * t_quantile(1 - TAIL, n - 1))
    means = _resampled_means(values, generator)
    low = float(np.quantile(means, tail, method="lower"))
    high = float(np.quantile(means, 1 - tail, method="higher"))
    return Interval(estimate, low, high)


def _resampled_means(values: Floats, generator: np.random.Generator) -> Floats:
    rows = max(1, _BLOCK // values.size)
    blocks = []
    for start in range(0, RESAMPLES, rows):
        shape = (min(rows, RESAMPLES - start), values.size)
        blocks.append(values[generator.integers(values.size, size=shape)].mean(axis=1))
    return np.concatenate(blocks)


def _unanimous(value: float, n: int, lowest: float, highest: float) -> Interval:
    """All n items gave the same value: resampling would claim certainty, even from a single item.

    At 97.5 % on each side, at most a share q = 1 - 0.025^(1/n) of all items differs, and a differing item can lie
    anywhere in the range: low = value - q (value - lowest), high = value + q (highest - value).
    """
    share = 1 - TAIL ** (1 / n)
    return Interval(value, value - share * (value - lowest), value + share * (highest - value))


def _mark_range(values: Floats) -> tuple[float, float]:
    """The range marks can take, as far as it shows: from 0 or the lowest seen to 1 or the highest seen."""
    return min(0.0, float(values.min())), max(1.0, float(values.max()))


def _with_one_gained_one_lost(differences: Floats) -> Floats:
    return np.append(differences, (1.0, -1.0))


def _is_binary(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _pair(before: ArrayLike, after: ArrayLike) -> tuple[Floats, Floats]:
    first, second = _checked(before, "before"), _checked(after, "after")
    if first.size != second.size:
        raise UsageError(
            f"before has {first.size} scores and after has {second.size}; expected the same items in the same order"
        )
    return first, second


def _checked(scores: ArrayLike, name: str) -> Floats:
    try:
        values = np.asarray(scores, dtype=float)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} cannot be read as numbers ({error}); expected one number per item") from error
    if values.ndim != 1 or values.size == 0:
        raise UsageError(f"{name} has shape {values.shape}; expected a list with at least one score")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise UsageError(
            f"{name}: {bad.size} of {values.size} are not finite, the first is item {bad[0]} ({values[bad[0]]}); "
            "leave items without a mark out of every exam that is compared"
        )
    return values
