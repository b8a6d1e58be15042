"""Who is audited: two coins for each answer, thrown after it was written.

The uniform coin alone feeds the verdict, so that its guarantee holds whatever suspicion does; both feed the credit.
Each prompt has a stream of its own, so no coin depends on who else is in the batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import NamedTuple

from homeschool.streams import stream

UNIFORM_SHARE = 0.7
"""Least part of the audits that falls uniformly; near-uniform auditing is close to best (arXiv:2604.18569)."""
SMALLEST_P = 1e-4
"""p-values below this are as suspicious as this one."""


class Odds(NamedTuple):
    """The chances of one answer, fixed before its coins are thrown. Both 0: it is never audited."""

    floor: float
    """eps, of the uniform coin."""
    steered: float = 0.0
    """p, of the coin that suspicion loads."""

    @property
    def rate(self) -> float:
        """pi = 1 - (1 - eps)(1 - p): the chance that at least one of them falls."""
        return 1 - (1 - self.floor) * (1 - self.steered)


NEVER = Odds(0.0)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A coin that fell: the ticket without which the gold check marks no answer of training."""

    place: int
    """Which answer of the step."""
    rate: float
    floor: bool
    """The uniform coin was among them."""


def throw(seed: int, step: int, item: str, odds: Mapping[int, tuple[int, Odds]]) -> list[Fallen]:
    """The coins that fall on the answers to the prompt ``item`` in this step.

    ``odds``: by the number of an answer among the samples of its prompt, its place in the step and its chances. A pure
    function of its arguments, so a resumed run throws the same coins; and each sample has two numbers of its own in the
    prompt's stream, so its coins do not depend on the chances of the others.
    """
    tossed = {sample: chances for sample, chances in odds.items() if chances[1].rate > 0}
    if not tossed:
        return []
    luck = stream(seed, "audit", step, item).random((max(tossed) + 1, 2)).tolist()
    found = []
    for sample, (place, chances) in tossed.items():
        floor, steered = luck[sample][0] < chances.floor, luck[sample][1] < chances.steered
        if floor or steered:
            found.append(Fallen(place, chances.rate, floor))
    return found


def uniform_odds(rates: Sequence[float]) -> list[Odds]:
    """All audits uniform."""
    return [Odds(rate) for rate in rates]


def steered_odds(rates: Sequence[float], p_values: Sequence[float]) -> list[Odds]:
    """The same expected number of audits, up to 30 % of them by suspicion::

        eps_i = 0.7 * rate_i        p_i = min(1, c * -ln(p-value_i))        sum pi_i = sum rate_i

    ``p_values``: small is suspicious. On honest answers they are uniform and -ln of them averages 1, so nobody is
    singled out. An answer whose rate is 0 gets no coin of either kind. c is found by filling up: whoever would need
    more than a certain coin gets a certain one, and what is over goes to the others.
    """
    floors = [UNIFORM_SHARE * rate for rate in rates]
    weights = [-log(max(p, SMALLEST_P)) if rate else 0.0 for rate, p in zip(rates, p_values, strict=True)]
    # The second coin matters only where the first did not fall: its worth is (1 - eps) of its chance.
    worth = [1 - floor for floor in floors]
    left = sum(rate - floor for rate, floor in zip(rates, floors, strict=True))
    chances = [0.0] * len(rates)
    open_places = [place for place, weight in enumerate(weights) if weight > 0 and worth[place] > 0]
    while open_places and left > 1e-12:
        scale = left / sum(worth[place] * weights[place] for place in open_places)
        certain = [place for place in open_places if scale * weights[place] >= 1]
        for place in certain or open_places:
            chances[place] = min(1.0, scale * weights[place])
            left -= worth[place] * chances[place]
        open_places = [place for place in open_places if place not in certain] if certain else []
    return [Odds(floor, chance) if floor or chance else NEVER for floor, chance in zip(floors, chances, strict=True)]
