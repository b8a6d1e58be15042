"""Relative tiers without stairs: every mark more pays a little more, most near the edges, and ever less far above.

With x as in ``relative_tiers``, and c_k the rise in pay at edge k::

    T(x) = pay_0 + sum over k of c_k * sigmoid((x - edge_k) / softness)

Bounded, steep at the line and saturating, as in preference as reward (PAR, arXiv:2502.18770), with the child's own
mock papers as the reference.
"""

import math


def start(
    tiers: tuple = (0.0, 2.0),
    pays: tuple = (0.0, 0.5, 1.0),
    prior: float = 1.0,
    floor: float = 1.0,
    softness: float = 0.5,
) -> dict:
    """As for ``relative_tiers``; ``softness``: deviations over which a stair is rounded, above 0."""
    stairs = [[edge, pays[place + 1] - pays[place]] for place, edge in enumerate(tiers)]
    return {"lowest": pays[0], "stairs": stairs, "prior": prior, "floor": floor, "softness": softness}


def rule(attempt: dict, history: dict) -> float:
    """T(x); half of a stair's rise at its edge."""
    x = (attempt["score"] - _line(attempt, history["prior"])) / max(attempt["spread"], history["floor"])
    steps = [rise * _sigmoid((x - edge) / history["softness"]) for edge, rise in history["stairs"]]
    return history["lowest"] + sum(steps)


def learn(attempts: list, history: dict) -> dict:
    """Nothing to learn: the line is drawn anew for each paper."""
    return history


def _line(attempt: dict, prior: float) -> float:
    """mu; with no other answer and no prior it is the expectation."""
    weight = len(attempt["others"]) + prior
    return (sum(attempt["others"]) + prior * attempt["expected"]) / weight if weight else attempt["expected"]


def _sigmoid(x: float) -> float:
    """1 / (1 + e^-x), in the form that does not overflow."""
    return 0.5 + 0.5 * math.tanh(x / 2)
