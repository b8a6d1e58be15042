"""All levels, in the order of the story."""

from homeschool.errors import UsageError
from homeschool.play import father, graduation, incident, meet, mocks, one_rule, own_lines, patches, tutor
from homeschool.play.level import Level

LEVELS: tuple[Level, ...] = (
    meet.LEVEL,
    one_rule.LEVEL,
    own_lines.LEVEL,
    tutor.LEVEL,
    mocks.LEVEL,
    incident.LEVEL,
    patches.LEVEL,
    father.LEVEL,
    graduation.LEVEL,
)
"""A new level is a new file and a new line here, and its words in ``messages/levels.py``."""


def level(number: object) -> Level:
    """The level of that number; UsageError for one that there is not."""
    for one in LEVELS:
        if not isinstance(number, bool) and one.number == number:
            return one
    raise UsageError(
        f"there is no level {number!r:.20}; expected one of {', '.join(str(one.number) for one in LEVELS)}"
    )
