"""The error of a loss or a gradient that is not a number, which the run folder tells in English."""

from homeschool.errors import NonFiniteError
from homeschool.messages.sentence import Sentence, in_language


class NotFinite(NonFiniteError):
    """``what`` names a ``value``. ``english`` is the message as written to a run folder, where nothing depends on the
    language that is spoken."""

    def __init__(self, what: Sentence, value: float) -> None:
        super().__init__(what(value=value))
        with in_language("en"):
            self.english = what(value=value)
