"""The patch of the story: a mark far above the recent level is not simply paid.

With z = (score - expected) / max(spread, floor)::

    T(s) = score          while z <= limit
           kept * score   above

It is a trigger for a closer look, and no judge: honest learning jumps too, and cheating that spreads slowly never does.
"""


def start(limit: float = 2.5, kept: float = 0.2, floor: float = 1.0) -> dict:
    """``limit`` in predictive deviations; ``kept``: share of a suspicious mark that is paid all the same; ``floor``:
    smallest spread believed, in marks."""
    return {"limit": limit, "kept": kept, "floor": floor}


def rule(attempt: dict, history: dict) -> float:
    """T(s)."""
    z = (attempt["score"] - attempt["expected"]) / max(attempt["spread"], history["floor"])
    return attempt["score"] if z <= history["limit"] else history["kept"] * attempt["score"]


def learn(attempts: list, history: dict) -> dict:
    """Nothing to learn: the recent level comes with each attempt."""
    return history
