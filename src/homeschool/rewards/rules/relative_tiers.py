"""Tiers relative to mock papers: what counts is how far an answer is above the others to the same paper.

With mu the mean of the other answers and sd the spread that was expected before any of them was written::

    x = (score - mu) / max(sd, floor)         mu = (sum of the others + prior * expected) / (number of others + prior)

Mean 70 and sd 6: a 75 is x = 0.83 and earns the basic pay, an 85 is x = 2.5 and earns the higher one. The spread is not
the group's own: that would pay a group of 70, 70, 70, 71 like one of 40, 40, 40, 100.
"""


def start(tiers: tuple = (0.0, 2.0), pays: tuple = (0.0, 0.5, 1.0), prior: float = 1.0, floor: float = 1.0) -> dict:
    """``tiers`` in deviations above mu; ``prior``: how many answers the expectation counts as, so that a single answer
    is compared with it alone; ``floor``: smallest spread believed, in marks."""
    return {"tiers": list(tiers), "pays": list(pays), "prior": prior, "floor": floor}


def rule(attempt: dict, history: dict) -> float:
    """T(x) = pay of the highest tier whose edge x exceeds: exactly the mean is no gain."""
    x = (attempt["score"] - _line(attempt, history["prior"])) / max(attempt["spread"], history["floor"])
    return history["pays"][sum(x > edge for edge in history["tiers"])]


def learn(attempts: list, history: dict) -> dict:
    """Nothing to learn: the line is drawn anew for each paper."""
    return history


def _line(attempt: dict, prior: float) -> float:
    """mu; with no other answer and no prior it is the expectation."""
    weight = len(attempt["others"]) + prior
    return (sum(attempt["others"]) + prior * attempt["expected"]) / weight if weight else attempt["expected"]
