"""Level 2: a line for each child that follows it, so that there is always something to earn and something to miss."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from statistics import fmean

from homeschool.messages import play as say
from homeschool.play import moving_line
from homeschool.play.classes import HIDDEN, SEEN
from homeschool.play.level import Chart, Check, Choice, Level, Line, Pick, Played, Range, Settings, thinned
from homeschool.rewards.incentive import BuiltInRule, Incentive
from homeschool.story.simulate import STRONG, WEAK, Child, Course, take_course
from homeschool.web.safe import both

EXAMS = 300
WEAK_GAINS, STRONG_GAINS, SPOKEN = 38.0, 9.0, 0.75
"""Marks that the children shall gain, and the share of exams that shall tell each of them something."""
ASKED = ("fixed", "mean", "best")
"""Lines that the question is about."""
LAST = 100
"""Exams in the end over which it is settled."""


@dataclass(frozen=True)
class Drawn:
    """A line as it was drawn: what ``moving_line.start`` takes."""

    line: str
    k: int = 5
    margin: float = 0.0
    quantile: float = 0.5
    decay: float = 0.0


FIXED = Drawn("fixed")


@lru_cache(maxsize=256)
def sit(child: Child, drawn: Drawn, seed: int) -> Course:
    """A course under a line of one's own."""
    rule = BuiltInRule("moving_line", moving_line)
    history = rule.start(**asdict(drawn))
    return take_course(Incentive(rule, history, questions=child.questions), child, exams=EXAMS, seed=seed)


def late_signal(line: str) -> float:
    """Share of the weak child's last exams with a signal, in the class that is seen."""
    course = sit(WEAK, Drawn(line), SEEN)
    return fmean(len(set(rewards)) > 1 for rewards in course.rewards[-LAST:])


def play(settings: Settings) -> Played:
    """Both children under their own lines; the fixed line of level 1 faintly beside them."""
    drawn = Drawn(**dict(settings) | {"k": int(settings["k"])})
    children = {"strong": STRONG, "weak": WEAK}
    shown = {name: sit(child, drawn, SEEN) for name, child in children.items()}
    before = {name: sit(child, FIXED, SEEN) for name, child in children.items()}
    hidden = {name: [sit(child, drawn, seed) for seed in HIDDEN] for name, child in children.items()}
    lines = [
        Line(both(say.CHILDREN[name]), thinned(course.levels), slot)
        for slot, (name, course) in enumerate(shown.items())
    ]
    lines += [
        Line(both(say.UNDER_FIXED, child=say.CHILDREN[name]), thinned(course.levels), slot, faint=True)
        for slot, (name, course) in enumerate(before.items())
    ]
    chart = Chart(both(say.TRUE_MARKS), thinned([float(exam) for exam in range(EXAMS + 1)]), lines, both(say.EXAMS))
    gains = {name: fmean(course.gain for course in courses) for name, courses in hidden.items()}
    signals = {name: fmean(course.signal for course in courses) for name, courses in hidden.items()}
    facts = [
        (both(say.SIGNAL_OF, child=say.CHILDREN[name]), f"{course.signal:.0%}") for name, course in shown.items()
    ] + [(both(say.GAIN_OF, child=say.CHILDREN[name]), f"{course.gain:+.1f}") for name, course in shown.items()]
    checks = [
        Check(
            both(say.GOAL_GAINS, child=say.CHILDREN[name], marks=f"{goal:.0f}"),
            both(say.HIDDEN_GAIN, marks=f"{gains[name]:+.1f}"),
            gains[name] >= goal,
        )
        for name, goal in (("weak", WEAK_GAINS), ("strong", STRONG_GAINS))
    ]
    checks.append(
        Check(
            both(say.GOAL_SPOKEN, share=f"{SPOKEN:.0%}"),
            both(say.HIDDEN_SIGNALS, strong=f"{signals['strong']:.0%}", weak=f"{signals['weak']:.0%}"),
            min(signals.values()) >= SPOKEN,
        )
    )
    answer = max(ASKED, key=late_signal)
    return Played([chart], facts, checks, {"line": answer})


LEVEL = Level(
    2,
    "own_lines",
    (Pick("line", ASKED),),
    (
        Choice("line", moving_line.LINES, "fixed"),
        Range("k", 1.0, 40.0, 1.0, 5.0),
        Range("margin", -20.0, 20.0, 1.0, 0.0),
        Range("quantile", 0.0, 1.0, 0.05, 0.5),
        Range("decay", 0.0, 0.5, 0.02, 0.0),
    ),
    play,
)
