"""What is known to be right: the questions of a task with their gold answers, and when two answers are the same one.

Everything here errs to one side: where two answers might mean the same, they count as the same, and nothing is
concluded from their marks.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from homeschool.types import Prompt

FORMS = (
    "\\boxed{{answer}}",
    "<answer>{answer}</answer>",
    "<think>I work it out.</think>\n<answer>{answer}</answer>",
    "#### {answer}",
    "Answer: {answer}",
    "The answer is {answer}.",
    "```\n{answer}\n```",
)
"""Ways in which reward functions commonly want an answer to be written."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|[+-]?[0-9]+/[1-9][0-9]*")
_ANY_NUMBER = re.compile(r"-?(?:[0-9]+/[1-9][0-9]*|[0-9]+(?:\.[0-9]+)?)")
_YES_OR_NO = ({"true", "yes", "y", "1", "right", "correct"}, {"false", "no", "n", "0", "wrong", "incorrect"})


@dataclass(frozen=True, slots=True)
class Item:
    """A question, and how its right answer is written: ``before + answer + after``. No answer: nothing is known."""

    prompt: Prompt
    answer: str | None = None
    before: str = ""
    after: str = ""

    def written(self, answer: str) -> str:
        """Another answer in the same form: ``\\boxed{43}`` where the right one is ``\\boxed{42}``."""
        return f"{self.before}{answer}{self.after}"

    @property
    def gold(self) -> str:
        """The right answer as it should be paid."""
        return self.written(self.answer or "")

    @property
    def number(self) -> Fraction | None:
        """The answer if it is a number and nothing else: then no other number is right."""
        return None if self.answer is None else plain_number(self.answer)


def build_item(prompt: Prompt, worked: str | None, form: str = "") -> Item:
    """An item from its worked answer, and the column ``answer`` where the worked answer contains it.

    ``form`` writes the answer another way: ``"\\boxed{{answer}}"``.
    """
    if worked is None or not worked.strip():
        return Item(prompt)
    column = prompt.columns.get("answer")
    answer = str(column) if isinstance(column, str | int | float) and str(column).strip() else worked
    if form:
        before, _, after = form.partition("{answer}")
        return Item(prompt, answer, before, after)
    before, found, after = worked.rpartition(answer)
    return Item(prompt, answer, before, after) if found else Item(prompt, worked)


def plain_number(text: str) -> Fraction | None:
    """The number that the text is; None if it is anything more than one."""
    text = text.strip()
    return Fraction(text.replace(",", "")) if len(text) <= 40 and _NUMBER.fullmatch(text) else None


def same_answer(left: str, right: str) -> bool:
    """Whether a fair marker might take one for the other: case, punctuation, spelling of numbers, yes and true."""
    first, second = plain_number(left), plain_number(right)
    if first is not None and second is not None:
        return first == second
    one, other = _bare(left), _bare(right)
    return one == other or any({one, other} <= group for group in _YES_OR_NO)


def mentions(text: str, answer: str) -> bool:
    """Whether the answer stands somewhere in the text: a number by its value, anything else as a word of its own."""
    words, wanted = _folded(text), _folded(answer).strip()
    if not wanted or not text.strip() or len(wanted) > len(words):
        return False
    number = plain_number(answer)
    if number is not None and len(text) < 10_000:
        found = {*_ANY_NUMBER.findall(text), *_ANY_NUMBER.findall(text.replace(",", ""))}
        return any(len(digits) <= 40 and number in (Fraction(digits), abs(Fraction(digits))) for digits in found)
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", words) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _bare(text: str) -> str:
    """Letters and digits, and the signs in front of a digit that make it another number."""
    folded = _folded(text)
    return "".join(re.findall(r"\w|[-+./^](?=[0-9])", folded)) or folded.strip()
