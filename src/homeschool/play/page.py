"""What the page is given: every level as data, its words in both languages, and the real runs it shows."""

from dataclasses import asdict
from typing import Any

from homeschool import __version__
from homeschool.messages import levels as say
from homeschool.messages.sentence import Sentence, spoken
from homeschool.play.level import Choice, Draw, Level, Pick
from homeschool.play.levels import LEVELS
from homeschool.play.real import NAMES, exhibit
from homeschool.web.page import FORMAT
from homeschool.web.safe import Text, both

PARTS = {
    "title": say.TITLES,
    "story": say.STORIES,
    "machine": say.MACHINES,
    "task": say.TASKS,
    "misleads": say.MISLEADS,
    "exhibit": say.EXHIBITS,
}
"""What is said of each level, by the name that the page knows it under."""


def page_data() -> dict[str, Any]:
    """A page without runs of its own, and with levels."""
    shared = {"format": FORMAT, "version": __version__, "live": False, "language": spoken(), "comparison": None}
    levels = [level_data(level) for level in LEVELS]
    return shared | {"runs": [], "notes": [], "play": {"levels": levels, "exhibits": {n: exhibit(n) for n in NAMES}}}


def level_data(level: Level) -> dict[str, Any]:
    """One level with all that is said in it."""
    told = {part: both(table[level.name]) for part, table in PARTS.items()}
    guesses = [asdict(guess) | _guess_words(level, guess) for guess in level.guesses]
    controls = []
    for control in level.controls:
        words: dict[str, Any] = {"title": both(say.CONTROLS[f"{level.name}.{control.name}"])}
        if isinstance(control, Choice):
            words["names"] = [_option(level, control.name, option) for option in control.options]
        controls.append(asdict(control) | words)
    return {
        "number": level.number,
        "name": level.name,
        "guesses": guesses,
        "controls": controls,
        "exhibits": list(level.exhibits),
        "real": _real_words(level),
    } | told


def _guess_words(level: Level, guess: Pick | Draw) -> dict[str, Any]:
    question = both(say.QUESTIONS[f"{level.name}.{guess.name}"])
    names = guess.options if isinstance(guess, Pick) else guess.lines
    return {"question": question, "names": [_option(level, guess.name, name) for name in names]}


def _real_words(level: Level) -> dict[str, Text] | None:
    """The button that starts a real run, and what is run; None where a level trains nothing."""
    if level.real is None:
        return None
    return {"button": both(say.REAL_RUNS[level.name]), "note": both(say.OF_REAL_RUNS[level.name])}


def _option(level: Level, owner: str, option: str) -> Text:
    """The words of an option: its own in this place, else those that hold everywhere."""
    found: Sentence = say.OPTIONS.get(f"{level.name}.{owner}.{option}") or say.OPTIONS[option]
    return both(found)
