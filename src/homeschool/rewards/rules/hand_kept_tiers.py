"""Tiers for one child, kept up to date by hand: the father looks every so often, and counts how often he has to.

He is called whenever nearly all marks of late were in the top tier (the child coasts) or in the bottom one (it gives
up). Then he moves all edges together, so that the lowest stands at the child's mean, in steps of five as people do.
"""

STEP = 5
"""Marks. Nobody writes a line of 83.6 on the wall."""


def start(tiers: tuple = (80.0, 90.0), pays: tuple = (-0.05, 0.5, 1.0), patience: int = 20, weary: float = 0.8) -> dict:
    """``patience``: exams between two looks; ``weary``: share of marks in one outer tier at which he acts."""
    return {"tiers": list(tiers), "pays": list(pays), "patience": patience, "weary": weary, "edits": 0} | _unseen()


def rule(attempt: dict, history: dict) -> float:
    """T(s) = pay of the highest tier whose edge s has reached."""
    return history["pays"][_reached(attempt["score"], history["tiers"])]


def learn(attempts: list, history: dict) -> dict:
    """Remember the marks since the last look; look when it is time."""
    scores = [attempt["score"] for attempt in attempts]
    reached = [_reached(score, history["tiers"]) for score in scores]
    seen = history | {
        "exams": history["exams"] + 1,
        "marks": history["marks"] + len(scores),
        "sum": history["sum"] + sum(scores),
        "top": history["top"] + reached.count(len(history["tiers"])),
        "bottom": history["bottom"] + reached.count(0),
    }
    return _look(seen) if seen["exams"] >= seen["patience"] and seen["marks"] else seen


def _look(history: dict) -> dict:
    share = max(history["top"], history["bottom"]) / history["marks"]
    tiers = history["tiers"]
    if share >= history["weary"]:
        tiers = _moved(tiers, history["sum"] / history["marks"])
    return history | {"tiers": tiers, "edits": history["edits"] + (tiers != history["tiers"])} | _unseen()


def _moved(tiers: list, mean: float) -> list:
    """The same steps with the lowest edge at the mean, as far as the highest stays within 100."""
    lowest = min(STEP * int(mean / STEP + 0.5), 100 - (tiers[-1] - tiers[0]))
    return [edge + lowest - tiers[0] for edge in tiers]


def _reached(score: float, tiers: list) -> int:
    return sum(score >= edge for edge in tiers)


def _unseen() -> dict:
    return {"exams": 0, "marks": 0, "sum": 0.0, "top": 0, "bottom": 0}
