"""What stands behind a name that is not known, in the language that is spoken."""

from collections.abc import Iterable

from homeschool.errors import closest
from homeschool.messages import refusals as say

MOST = 30
"""A longer list helps nobody."""


def suggestion(name: str, known: Iterable[str], most: float = MOST) -> str:
    """``'; did you mean "lr"?'``, or the list of what is known where that is short, or where to find it.

    ``most``: the longest list; inf where no --help has it.

    :func:`homeschool.errors.nearest` says the same in English alone.
    """
    known = sorted(known)
    close = closest(name, known)
    if close:
        return say.DID_YOU_MEAN(name=close)
    return say.KNOWN(names=", ".join(known)) if len(known) <= most else say.TOO_MANY()
