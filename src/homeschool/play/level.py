"""What a level is made of: a guess, controls, something to run, and checks. Levels are rows of ``levels.py``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from homeschool.errors import UsageError, nearest
from homeschool.messages.refusals import pages as refused
from homeschool.web.safe import Text

Value = float | str | bool
Settings = Mapping[str, Any]
LONGEST_TEXT = 20_000
"""Characters of a rule that a page may send."""


@dataclass(frozen=True)
class Range:
    """A number between two bounds, in steps."""

    name: str
    low: float
    high: float
    step: float
    start: float
    kind: Literal["range"] = "range"

    def read(self, value: Any) -> float:
        """The value as a number within the bounds; UsageError otherwise."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)  # a NaN is within no bounds
        if not is_number or not self.low <= value <= self.high:
            shown = f"{value!r:.60}"
            raise UsageError(refused.OUT_OF_BOUNDS(name=self.name, shown=shown, low=self.low, high=self.high))
        return float(value)


@dataclass(frozen=True)
class Choice:
    """One of some words; with ``of`` more than 1, so many of them, one after the other."""

    name: str
    options: tuple[str, ...]
    start: str
    of: int = 1
    kind: Literal["choice", "marks"] = "choice"

    def read(self, value: Any) -> str:
        """The word; UsageError for one that is not offered."""
        words = value.split(" ") if isinstance(value, str) and len(value) < LONGEST_TEXT else [""]
        if len(words) != self.of or any(word not in self.options for word in words):
            raise UsageError(f"{self.name} is {value!r:.60}, expected {self.of} of {', '.join(self.options)}")
        return str(value)


@dataclass(frozen=True)
class Switch:
    """On or off."""

    name: str
    start: bool = False
    kind: Literal["switch"] = "switch"

    def read(self, value: Any) -> bool:
        """The value; UsageError for anything but true and false."""
        if not isinstance(value, bool):
            raise UsageError(f"{self.name} is {value!r:.60}, expected true or false")
        return value


@dataclass(frozen=True)
class Program:
    """A text that the learner writes."""

    name: str
    start: str
    kind: Literal["program"] = "program"

    def read(self, value: Any) -> str:
        """The text; UsageError for one that is none, or too long."""
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise UsageError(refused.TEXT_TOO_LONG(name=self.name, most=LONGEST_TEXT))
        return value


Control = Range | Choice | Switch | Program


@dataclass(frozen=True)
class Pick:
    """A guess among options. What is right is measured, see ``Played.answers``."""

    name: str
    options: tuple[str, ...]
    kind: Literal["pick"] = "pick"


@dataclass(frozen=True)
class Draw:
    """A guess drawn on an empty chart: the course of ``lines`` over ``points`` places from 0 to ``last``.

    ``starts``: where each line begins, which is given.
    """

    name: str
    lines: tuple[str, ...]
    starts: tuple[float, ...]
    last: float
    high: float = 100.0
    points: int = 6
    slots: tuple[int, ...] = (0, 1)
    """Colours of the lines."""
    kind: Literal["draw"] = "draw"


@dataclass(frozen=True)
class Line:
    """One line of a chart. ``slot``: its colour; faint ones are there to compare with."""

    label: Text
    values: Sequence[float]
    slot: int = 0
    faint: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over a shared x."""

    title: Text
    x: list[float]
    lines: list[Line]
    axis: Text
    level: float | None = None
    """A height that matters."""


@dataclass(frozen=True)
class Asked:
    """A question, and what a real model answered to it, sheet by sheet."""

    question: str
    answers: Sequence[str]
    right: Sequence[bool]


@dataclass(frozen=True)
class Check:
    """One thing that has to be so, with what was measured."""

    goal: Text
    measured: Text
    passed: bool


@dataclass(frozen=True)
class Played:
    """What came of one run of a level."""

    charts: list[Chart] = field(default_factory=list)
    facts: list[tuple[Text, str]] = field(default_factory=list)
    """Numbers in words: a name and a value."""
    checks: list[Check] = field(default_factory=list)
    answers: dict[str, str | list[list[float]]] = field(default_factory=dict)
    """To the guesses, by the same names: an option, or the heights of the lines."""
    notes: list[Text] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    """Answer sheets to look at."""
    program: str = ""
    """The rule that was found, where it was not the learner who wrote it."""
    hash: str = ""
    """SHA-256 of the rule that was paid by, where it is a text."""

    @property
    def passed(self) -> bool:
        """Every check, and there is one."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        return asdict(self) | {"passed": self.passed}


SLOWER = 2e-4
"""Learning rate of a real run that makes several updates of an exam, where ``recipes/rule.toml`` makes one."""


@dataclass(frozen=True)
class RealRun:
    """What a real small model is trained with, beside what ``recipes/rule.toml`` says."""

    settings: Mapping[str, object]
    """Of ``homeschool rl``, by their names."""
    program: str | None = None
    """The rule to pay by, where it is a text; an empty one is refused as any that is no rule."""


@dataclass(frozen=True)
class Level:
    """One row. Its words are in ``messages/levels.py`` under its name."""

    number: int
    name: str
    guesses: tuple[Pick | Draw, ...]
    controls: tuple[Control, ...]
    play: Callable[[Settings], Played]
    exhibits: tuple[str, ...] = ()
    """Real runs that it shows, by their names in ``data/``."""
    real: Callable[[Settings], RealRun] | None = None
    """The real run that the controls ask for; None where they say nothing about one."""

    def start(self) -> dict[str, Value]:
        """Every control where it stands in the beginning."""
        return {control.name: control.start for control in self.controls}

    def read(self, settings: Any) -> dict[str, Value]:
        """Settings as they may be played. UsageError for anything that no control could have sent."""
        if not isinstance(settings, dict):
            raise UsageError(f"settings of level {self.number} are {settings!r:.60}, expected an object")
        known = {control.name: control for control in self.controls}
        for name in settings:
            if name not in known:
                raise UsageError(f'level {self.number} has no control "{name:.60}"{nearest(name[:60], known)}')
        return self.start() | {name: known[name].read(value) for name, value in settings.items()}

    def run(self, settings: Any) -> Played:
        """Read the settings and play them."""
        return self.play(self.read(settings))


def thinned(values: Sequence[float], points: int = 61) -> list[float]:
    """At most so many of them, evenly, the first and the last included, rounded to what a chart shows."""
    if len(values) <= points:
        return [round(value, 3) for value in values]
    last = len(values) - 1
    return [round(values[round(place * last / (points - 1))], 3) for place in range(points)]
