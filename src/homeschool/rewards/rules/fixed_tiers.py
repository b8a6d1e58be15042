"""One rule for every child: below 80 -10, from 80 +100, from 90 +200, here divided by 200.

The strong child is paid in full for what it can do already, the weak one never is; neither has a reason to learn.
"""


def start(tiers: tuple = (80.0, 90.0), pays: tuple = (-0.05, 0.5, 1.0)) -> dict:
    """``tiers``: the marks from which the next pay is due; ``pays``: one more than tiers, the first for those below."""
    return {"tiers": list(tiers), "pays": list(pays)}


def rule(attempt: dict, history: dict) -> float:
    """T(s) = pay of the highest tier whose edge s has reached."""
    reached = sum(attempt["score"] >= edge for edge in history["tiers"])
    return history["pays"][reached]


def learn(attempts: list, history: dict) -> dict:
    """It never learns: that is what is wrong with it."""
    return history
