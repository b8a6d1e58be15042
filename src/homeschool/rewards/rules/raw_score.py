"""No rule at all: a mark pays what it is. The thing to compare the others with."""


def start() -> dict:
    """Nothing to remember."""
    return {}


def rule(attempt: dict, history: dict) -> float:
    """T(s) = s."""
    return attempt["score"]


def learn(attempts: list, history: dict) -> dict:
    """Nothing to learn."""
    return history
