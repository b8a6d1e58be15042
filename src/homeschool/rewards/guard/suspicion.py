"""Which rewarded answers look odd. It steers audits and never voids a reward: honest learning looks odd as well.

Every sign is one number of an answer, turned into a p-value: uniform on honest answers, small where something is odd.
What counts as honest is learned from audited answers alone, so a cheat cannot teach what is normal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import comb, exp, floor, log, nan, pi, sqrt
from statistics import fmean
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from homeschool.errors import UsageError
from homeschool.rewards.ability import Ability, Outlook, Result
from homeschool.rewards.guard.verdict import is_false_pass
from homeschool.streams import stream
from homeschool.types import Rollout, RolloutGroup

MEMORY = 200
"""Audited honest answers that are kept for comparison."""
FEWEST = 20
"""Below so many a sign is silent."""
FORGETTING = 0.99
"""Weight of the older audits, for each new one, in the share of false passes: about a hundred count."""
DRIFTS = (0.5, 1.0, 2.0)
"""Bets of the surge detector, in predictive standard deviations."""
SURGE_BOUND = 1000.0
"""Honest steps, on average at least, until a surge is seen falsely."""
SURGE_STEPS = 20
"""Steps for which a surge asks for more audits."""

NODES = np.linspace(-6.0, 6.0, 31)
"""Standard deviations at which a normal density is summed; as smooth as it is, the sum is exact to a part in a
thousand."""
WEIGHTS = 0.4 * np.exp(-NODES * NODES / 2) / sqrt(2 * pi)

Side = Literal["high", "low", "both"]
Floats = NDArray[np.float64]


def answer_of(text: str) -> str:
    """What two answers share when they say the same: the last line that is not empty, lower case, spaces as one."""
    lines = text.rstrip().splitlines()
    return " ".join(lines[-1].lower().split()) if lines else ""


def length(rollout: Rollout) -> float:
    """Tokens."""
    return len(rollout.completion.tokens)


def variety(rollout: Rollout) -> float:
    """Different runs of three characters / all of them: near 0 where a text repeats itself; 1 below four characters."""
    text = rollout.completion.text
    threes = [text[place : place + 3] for place in range(len(text) - 2)]
    return len(set(threes)) / len(threes) if threes else 1.0


def dominance(rollout: Rollout) -> float | None:
    """Largest part of a reward of several parts / all of them; None for a reward of one part."""
    sizes = [abs(part) for part in rollout.parts]
    total = sum(sizes)
    return max(sizes) / total if len(sizes) > 1 and total > 0 else None


STATISTICS: dict[str, Callable[[Rollout], float | None]] = {
    "length": length,
    "variety": variety,
    "dominance": dominance,
}
"""What is read off an answer by itself; None where it does not apply."""
ODD_SIDES: dict[str, Side] = {
    "same_answer": "high",
    "dominance": "high",
    "disagreement": "high",
    "logprob": "low",
    "ref_logprob": "low",
}
"""On which side a sign is odd; one that is not named here is odd on both. The last three are features that the caller
measures: spread of an ensemble, mean log-probability per token as sampled, and under the reference."""


def counts(asked: int, mean: float, variance: float) -> list[float]:
    """Chances of 0, 1 ... ``asked`` successes, with logit z ~ N(mean, variance)::

    P(k) = E[ Binomial(k; asked, sigmoid(z)) ]
    """
    return counts_of(asked, [(mean, variance)])[0]


def counts_of(asked: int, logits: Sequence[tuple[float, float]]) -> list[list[float]]:
    """The same for several items, by the mean and variance of their logits."""
    means, variances = np.array(logits).T[:, :, None]
    p = 1 / (1 + np.exp(-(means + np.sqrt(variances) * NODES)))[:, :, None]
    k = np.arange(asked + 1)
    ways = np.array([comb(asked, count) for count in range(asked + 1)], dtype=float)
    found: list[list[float]] = (WEIGHTS @ (ways * p**k * (1 - p) ** (asked - k))).tolist()
    return found


def seen_from_within(chances: Sequence[float]) -> list[float]:
    """The same counts as one of the successes meets them: k P(k) / E[k]. Large counts have more members."""
    mean = sum(k * chance for k, chance in enumerate(chances))
    return [k * chance / mean for k, chance in enumerate(chances)]


def tail(chances: Sequence[float], count: float, luck: float) -> float:
    """Chance of more than ``count``, and ``luck`` in [0, 1) of the chance of just as many.

    Uniform on [0, 1) if count has these chances and luck is uniform. Between two counts it is interpolated.
    """
    whole = min(floor(count), len(chances) - 1)
    here = sum(chances[whole + 1 :]) + luck * chances[whole]
    above = sum(chances[whole + 2 :]) + luck * sum(chances[whole + 1 : whole + 2])
    return min(max(here + (count - whole) * (above - here), 0.0), 1.0)


def ranks(values: Floats, honest: Floats, luck: Floats, side: Side = "both") -> Floats:
    """Conformal p-values of numbers among those of honest answers in rising order, ties broken by luck in [0, 1)::

        high = (#{h > value} + luck * (1 + #{h = value})) / (n + 1)      low = 1 - high      both = 2 min(high, low)

    Uniform if an answer is exchangeable with the honest ones, whatever their distribution. None of them: pure luck.
    A value that is not a number, for a sign that does not apply, has none either.
    """
    first, last = np.searchsorted(honest, values, "left"), np.searchsorted(honest, values, "right")
    high = (len(honest) - last + luck * (1 + last - first)) / (len(honest) + 1)
    found = {"high": high, "low": 1 - high, "both": 2 * np.minimum(high, 1 - high)}[side]
    out: Floats = np.where(np.isnan(values), nan, found)
    return out


def combined(p_values: Floats) -> Floats:
    """Sidak along the last axis: 1 - (1 - smallest)^n, over those that are numbers. Uniform for independent p-values,
    cautious for related ones; 1 for none."""
    known = ~np.isnan(p_values)
    smallest = np.where(known, p_values, 1.0).min(-1, initial=1.0)
    out: Floats = -np.expm1(known.sum(-1) * np.log1p(-np.where(smallest < 1, smallest, 0.0)))
    return np.where(smallest < 1, out, 1.0)


@dataclass
class Surge:
    """Do all items together rise faster than a learner does? A CUSUM of e-values over the shared level.

    For z, normal with variance 1 while the learner drifts as assumed, and every d of DRIFTS::

        M <- max(M, 1) * exp(d z - d^2 / 2)         a surge when the mean of all M reaches SURGE_BOUND

    An insight looks the same as cheating everywhere, so all it may do is ask for audits.
    """

    capitals: list[float] = field(default_factory=lambda: [1.0] * len(DRIFTS))
    steps_left: int = 0
    """Of the latest surge."""

    @property
    def began(self) -> bool:
        """In the latest step."""
        return self.steps_left == SURGE_STEPS

    def observe(self, z: float) -> None:
        """One step. A surge begins the processes anew; one bet alone can bring it about, and need not win more."""
        self.steps_left = max(0, self.steps_left - 1)
        enough = log(len(DRIFTS) * SURGE_BOUND)
        self.capitals = [
            max(capital, 1.0) * exp(min(drift * z - drift * drift / 2, enough))
            for capital, drift in zip(self.capitals, DRIFTS, strict=True)
        ]
        if fmean(self.capitals) >= SURGE_BOUND:
            self.capitals, self.steps_left = [1.0] * len(DRIFTS), SURGE_STEPS


class Suspicion:
    """One p-value for every rollout; small is suspicious. Unrewarded answers get 1: there is nothing to audit.

    The p-values of all signs that can speak are combined by ``combined``:

    - the item: so many rewarded answers where the ability tracker expected fewer, judged after the drift that the other
      items show in the same step; it finds an item whose answer leaked;
    - the answer itself, by rank among audited honest answers: length, variety, dominance of one part of the reward,
      likelihood under the reference, disagreement of an ensemble, and how many other items got the same answer.

    After the step, ``learn`` takes the gold marks of those that were audited. The tracker is told the rewards times the
    audited share of true passes, and the gold mark where there is one, so faked marks raise nobody's ability.

    ``full_marks``: the score of a right answer; ``rewarded_above``: scores above it count as paid.
    One step is one call of ``p_values`` and then one of ``learn``; the state is complete between steps.
    """

    def __init__(self, seed: int = 0, full_marks: float = 1.0, rewarded_above: float = 0.0) -> None:
        self.seed, self.full_marks, self.rewarded_above, self.step = seed, full_marks, rewarded_above, 0
        self.ability, self.surge = Ability(), Surge()
        self.true_passes, self.false_passes = 1.0, 0.0
        """Of uniformly audited answers, the older ones counting less. At first the grader is believed."""
        self.honest: dict[str, list[float]] = {}
        self._seen: dict[str, Floats] = {}
        self._outlook: Outlook | None = None
        self.signs: dict[str, Floats] = {}
        """Of each rollout of the latest step, the p-values of each sign; not a number where it does not speak."""

    def p_values(
        self, groups: Sequence[RolloutGroup], features: Mapping[str, Sequence[float]] | None = None
    ) -> list[float]:
        """One for each rollout, group after group.

        ``features``: numbers of each rollout by name, in the same order; see ODD_SIDES. UsageError if one has another
        length.
        """
        rollouts = [rollout for group in groups for rollout in group.rollouts]
        paid = [place for place, rollout in enumerate(rollouts) if self.is_rewarded(rollout)]
        self._seen = self._statistics(groups, rollouts, paid, features or {})
        self._outlook = self._looked_out(groups)
        found = self._judged(groups, len(rollouts), paid)
        self.signs = {name: _spread(values, paid, len(rollouts), nan) for name, values in found.items()}
        smallest = combined(np.column_stack(list(found.values()))) if found else np.ones(len(paid))
        p_values: list[float] = _spread(smallest, paid, len(rollouts), 1.0).tolist()
        return p_values

    def learn(self, groups: Sequence[RolloutGroup], golds: Sequence[float | None]) -> None:
        """The step is over. ``golds``: the gold mark of each rollout that was audited, None for the others.

        ``groups`` are those that ``p_values`` was asked about. UsageError if the number of marks is another.
        """
        rollouts = [rollout for group in groups for rollout in group.rollouts]
        if len(golds) != len(rollouts):
            raise UsageError(f"{len(golds)} gold marks for {len(rollouts)} rollouts; expected one for each, or None")
        self._note(rollouts, golds)
        self.surge.observe((self._outlook or self._looked_out(groups)).surge)
        self.ability.observe(self._results(groups, golds, self.trust))
        self.step, self._seen, self._outlook = self.step + 1, {}, None

    def _looked_out(self, groups: Sequence[RolloutGroup]) -> Outlook:
        """What the tracker expected, given what all items together earned."""
        return self.ability.outlook(self._results(groups, [None] * sum(len(group.rollouts) for group in groups), 1.0))

    @property
    def trust(self) -> float:
        """Share of rewarded answers that the audits of late found true."""
        return self.true_passes / (self.true_passes + self.false_passes)

    def is_rewarded(self, rollout: Rollout) -> bool:
        """The grader paid something."""
        return rollout.score is not None and rollout.score > self.rewarded_above

    def _share(self, scores: Floats) -> Floats:
        out: Floats = np.clip(scores / self.full_marks, 0.0, 1.0)
        return out

    def _note(self, rollouts: Sequence[Rollout], golds: Sequence[float | None]) -> None:
        for place, gold in enumerate(golds):
            if gold is None:
                continue
            rollout = rollouts[place]
            is_uniform = rollout.audit is None or rollout.audit.floor
            if not is_uniform or not self.is_rewarded(rollout):
                continue
            is_false = is_false_pass(rollout.score or 0.0, gold)
            self.true_passes = FORGETTING * self.true_passes + (not is_false)
            self.false_passes = FORGETTING * self.false_passes + is_false
            for name, values in self._seen.items():
                value = float(values[place])
                if not is_false and value == value:
                    self.honest[name] = [*self.honest.get(name, []), value][-MEMORY:]

    def _results(self, groups: Sequence[RolloutGroup], golds: Sequence[float | None], trust: float) -> list[Result]:
        """What each item achieved: the gold mark where there is one, else the reward times ``trust``."""
        scores = np.array([rollout.score for group in groups for rollout in group.rollouts], dtype=float)
        shares = trust * self._share(scores)
        for place, gold in enumerate(golds):
            if gold is not None and scores[place] == scores[place]:
                shares[place] = min(max(gold / self.full_marks, 0.0), 1.0)
        marked = ~np.isnan(scores)
        places: dict[str, int] = {}
        items = [places.setdefault(group.prompt.id, len(places)) for group in groups]
        of_answer = np.repeat(items, [len(group.rollouts) for group in groups])[marked]
        right = np.bincount(of_answer, shares[marked], len(places)).tolist()
        asked = np.bincount(of_answer, None, len(places)).tolist()
        return [Result(item, right[place], asked[place]) for item, place in places.items() if asked[place]]

    def _judged(self, groups: Sequence[RolloutGroup], count: int, paid: Sequence[int]) -> dict[str, Floats]:
        """The p-values of each sign that can speak, of the paid answers among ``count``."""
        honest = {name: np.sort(values) for name, values in self.honest.items() if len(values) >= FEWEST}
        luck = stream(self.seed, "suspicion", self.step)
        items = self._items(groups, luck.random(len(groups)).tolist())
        chances = luck.random((count, len(honest)))[paid]
        found = {}
        if items:
            of_group = np.repeat(range(len(groups)), [len(group.rollouts) for group in groups])
            found["item"] = np.array([items.get(place, nan) for place in of_group[paid].tolist()])
        for place, (name, values) in enumerate(honest.items()):
            if name in self._seen:
                side = ODD_SIDES.get(name, "both")
                found[name] = ranks(self._seen[name][paid], values, chances[:, place], side)
        return found

    def _items(self, groups: Sequence[RolloutGroup], luck: Sequence[float]) -> dict[int, float]:
        """p-value of each item by its group, shared by its answers; none where nothing was paid, and none before the
        tracker knows how far items differ."""
        assert self._outlook is not None
        found: dict[int, float] = {}
        if self.ability.items_met < FEWEST:
            return found
        marks = [[rollout.score for rollout in group.rollouts if rollout.score is not None] for group in groups]
        shares = self._share(np.array([score for scores in marks for score in scores]))
        by_size: dict[int, list[tuple[int, float]]] = {}
        begin = 0
        for place, scores in enumerate(marks):
            end = begin + len(scores)
            if scores and max(scores) > self.rewarded_above:
                by_size.setdefault(len(scores), []).append((place, float(shares[begin:end].sum())))
            begin = end
        for asked, members in by_size.items():
            logits = [self._outlook.logits[groups[place].prompt.id] for place, _ in members]
            for (place, right), chances in zip(members, counts_of(asked, logits), strict=True):
                found[place] = tail(seen_from_within(chances), right, luck[place])
        return found

    def _statistics(
        self,
        groups: Sequence[RolloutGroup],
        rollouts: Sequence[Rollout],
        paid: Sequence[int],
        features: Mapping[str, Sequence[float]],
    ) -> dict[str, Floats]:
        """The numbers of each answer that was paid, by name; of the others, and where one does not apply, none."""
        for name, values in features.items():
            if len(values) != len(rollouts):
                raise UsageError(f"feature {name} has {len(values)} values for {len(rollouts)} rollouts")
        count = len(rollouts)
        found = {}
        for name, statistic in STATISTICS.items():
            own = [statistic(rollouts[place]) for place in paid]
            if any(value is not None for value in own):
                found[name] = _spread(np.array(own, dtype=float), paid, count, nan)
        others = len({group.prompt.id for group in groups}) - 1
        given = {name: np.array(values, dtype=float)[paid] for name, values in features.items()}
        given["same_answer"] = np.array(shared_answers([rollouts[place] for place in paid], others))
        return found | {name: _spread(values, paid, count, nan) for name, values in given.items()}

    def state_dict(self) -> dict[str, Any]:
        """Numbers, lists and names, ready for JSON. To be asked between steps."""
        return {
            "step": self.step,
            "ability": self.ability.state_dict(),
            "surge": [self.surge.capitals, self.surge.steps_left],
            "passes": [self.true_passes, self.false_passes],
            "honest": self.honest,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The inverse of :meth:`state_dict`."""
        self.step, self.honest = state["step"], {name: list(values) for name, values in state["honest"].items()}
        self.ability.load_state_dict(state["ability"])
        self.surge = Surge(*state["surge"])
        self.true_passes, self.false_passes = state["passes"]


def _spread(values: Floats, places: Sequence[int], count: int, otherwise: float) -> Floats:
    """``count`` numbers: ``values`` at their places, ``otherwise`` everywhere else."""
    out = np.full(count, otherwise)
    out[places] = values
    return out


def shared_answers(paid: Sequence[Rollout], others: int) -> list[float]:
    """For each answer that was paid, the share of the ``others`` (items) that were paid for the same answer."""
    said = [answer_of(rollout.completion.text) for rollout in paid]
    where: dict[str, set[str]] = {}
    for rollout, answer in zip(paid, said, strict=True):
        where.setdefault(answer, set()).add(rollout.prompt.id)
    return [(len(where[answer]) - 1) / max(others, 1) for answer in said]
