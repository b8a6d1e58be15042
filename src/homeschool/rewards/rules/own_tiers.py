"""Tiers that maintain themselves: what is set is how often each is reached, and the edges follow the child.

Edges stand in predictive standard deviations above what the child was expected to get on this very item, so hard and
easy papers are measured alike. With z = (score - expected) / max(spread, floor), cut off at 4 on both sides, and c_k
the share of an exam's attempts with z >= edge_k::

    edge_k <- edge_k + pace * (c_k - rate_k)

The sum of all moves is where the edge stands now, and an edge beyond 4 always comes back. Hence over T exams, for any
sequence of marks whatever, honest or not::

    |mean of c_k - rate_k| <= (4 + pace) / (pace * T)

It is the attempts as they were paid that are counted, because an exam is judged by the edges from before it. Source:
adaptive conformal inference, Gibbs and Candes, arXiv:2106.00170, proposition 4.1.
"""

LIMIT = 4
"""Deviations beyond which more is not more; without it one freak mark would make the bound worthless."""


def start(rates: tuple = (0.5, 0.2), pays: tuple = (0.0, 0.5, 1.0), pace: float = 0.25, floor: float = 1.0) -> dict:
    """``rates``: share of attempts that shall reach each tier; ``pays``: one more than rates, the first for the others;
    ``pace``: how far an edge moves in an exam that all pass; ``floor``: smallest spread believed, in marks."""
    return {"rates": list(rates), "pays": list(pays), "pace": pace, "floor": floor, "edges": [0.0] * len(rates)}


def rule(attempt: dict, history: dict) -> float:
    """T(s) = pay of the highest tier whose edge z has reached."""
    z = _surprise(attempt, history["floor"])
    return history["pays"][sum(z >= edge for edge in history["edges"])]


def learn(attempts: list, history: dict) -> dict:
    """Raise the edges that too many reached, lower the others. An exam without attempts changes nothing."""
    if not attempts:
        return history
    surprises = [_surprise(attempt, history["floor"]) for attempt in attempts]
    edges = [
        edge + history["pace"] * (sum(z >= edge for z in surprises) / len(surprises) - rate)
        for edge, rate in zip(history["edges"], history["rates"], strict=True)
    ]
    return history | {"edges": edges}


def _surprise(attempt: dict, floor: float) -> float:
    z = (attempt["score"] - attempt["expected"]) / max(attempt["spread"], floor)
    return min(max(z, -LIMIT), LIMIT)
