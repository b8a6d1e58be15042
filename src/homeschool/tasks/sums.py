"""Sums: ``12 + 30 =`` asks, ``42`` answers.

The mark is all or nothing and compares text with text, so a completion is never evaluated and never turned into a
number, however long it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any, NamedTuple

from homeschool.errors import TaskError
from homeschool.messages.refusals import tasks as say
from homeschool.streams import fraction
from homeschool.tasks.generated import Draws, GeneratedTask, require_whole, required_column, split_of
from homeschool.types import Prompt, Split

BOX = "_"
"""An empty box of a form."""
OPERATIONS = {"+": "add", "-": "subtract", "*": "multiply"}


class Sum(NamedTuple):
    """``Sum((12, 30, 2), ("+", "*"))`` is 12 + 30 * 2, and its value is 72: products come first."""

    numbers: tuple[int, ...]
    operators: tuple[str, ...]

    @property
    def text(self) -> str:
        """``12 + 30 * 2``"""
        rest = zip(self.operators, self.numbers[1:], strict=True)
        return str(self.numbers[0]) + "".join(f" {operator} {number}" for operator, number in rest)

    @property
    def products(self) -> list[tuple[str, list[int]]]:
        """What is added and subtracted: ``[("+", [12]), ("+", [30, 2])]``."""
        found = [("+", [self.numbers[0]])]
        for operator, number in zip(self.operators, self.numbers[1:], strict=True):
            if operator == "*":
                found[-1][1].append(number)
            else:
                found.append((operator, [number]))
        return found

    @property
    def value(self) -> int:
        """The right answer."""
        return sum(prod(factors) if sign == "+" else -prod(factors) for sign, factors in self.products)

    @property
    def key(self) -> str:
        """What the sum asks, whatever the order: 12 + 30 and 30 + 12 share a key, and so do 12 - 30 and 30 - 12.

        The second pair differs in sign only; whoever has seen one knows the other.
        """
        sides: dict[str, list[str]] = {"+": [], "-": []}
        for sign, factors in self.products:
            sides[sign].append("*".join(map(str, sorted(factors))))
        return "-".join(sorted("+".join(sorted(side)) for side in sides.values()))

    @property
    def work(self) -> str:
        """How one gets there place by place: 47 + 85 is ``120+12=132``, 47 - 85 is ``-40+2=-38``.

        Each place is added up by itself and put where it belongs, then the places are added. Products count as one
        number. A sum of one place, as 7 + 5, has no more to show than its answer.
        """
        signed = [prod(factors) if sign == "+" else -prod(factors) for sign, factors in self.products]
        width = max(len(str(abs(number))) for number in signed)
        parts = [sum(_at_place(number, place) for number in signed) for place in reversed(range(width))]
        steps = "".join(f"{part:+d}" for part in parts).removeprefix("+")
        return str(self.value) if width == 1 else f"{steps}={self.value}"

    @property
    def split(self) -> Split:
        """The split of every sum with this key, in every task that asks sums."""
        return split_of("sums", self.key)

    @property
    def tags(self) -> tuple[str, ...]:
        """``("add", "2 digits", "carry")``: operations, longest number, carrying or borrowing, a negative answer."""
        kinds = [name for operator, name in OPERATIONS.items() if operator in self.operators]
        digits = len(str(max(self.numbers)))
        kinds.append("1 digit" if digits == 1 else f"{digits} digits")
        kinds.extend(_carrying(self))
        if self.value < 0:
            kinds.append("negative answer")
        return tuple(kinds)


@dataclass(frozen=True)
class Sums(GeneratedTask):
    """Sums of whole numbers, drawn evenly from 0 to ``10**digits - 1``.

    ``Sums(digits=2, operators="+-", terms=2)`` asks ``12 + 30 =`` and ``7 - 45 =``. It is the default because a
    character model of one or two million parameters learns it in minutes on a CPU.
    """

    digits: int = 2
    """Most digits of one number, 1 to 6."""
    operators: str = "+-"
    """Which of ``+``, ``-`` and ``*`` occur, each equally likely at each place."""
    terms: int = 2
    """How many numbers one sum has, 2 to 6."""
    show_work: float = 0.0
    """Share of worked examples that show how the answer was found, ``120+12=132``; the others give it bare. Above 0,
    what stands after the last ``=`` is marked, so that either way of answering can earn the mark."""
    wording: str = "{sum} ="
    """How a sum is asked; ``{sum}`` stands for ``12 + 30``."""
    form: bool = False
    """Whether a sum is a form with boxes for every digit: ``_3+45=___`` asks, ``_3+45=_48`` answers. Each character of
    the answer then stands as far behind the same one of the question as any other, whatever the numbers."""

    name = "sums"

    def __post_init__(self) -> None:
        require_whole(self.name, "digits", self.digits, 1, 6)
        require_whole(self.name, "terms", self.terms, 2, 6)
        require_operators(self.name, self.operators)
        if not 0 <= self.show_work <= 1:
            raise TaskError(say.NOT_A_SHARE(task=self.name, name="show_work", value=self.show_work))
        if self.wording.count("{sum}") != 1:
            raise TaskError(say.NO_PLACE_FOR_SUM(task=self.name, wording=self.wording))
        if self.form and (self.show_work or self.wording != "{sum} ="):
            raise TaskError(say.FORM_WITH_WORDING())

    def random_sum(self, draws: Draws) -> Sum:
        """One sum of any split."""
        bound = 10**self.digits
        numbers = tuple([draws.below(bound) for _ in range(self.terms)])
        return Sum(numbers, tuple([draws.pick(self.operators) for _ in range(self.terms - 1)]))

    @cached_property
    def boxes(self) -> int:
        """Room for an answer on a form: for all digits of the largest, and for a minus where there is any."""
        largest = 10**self.digits - 1
        most = largest**self.terms if "*" in self.operators else largest * self.terms
        return len(str(most)) + ("-" in self.operators)

    def solved(self, item: Sum) -> str:
        """A sum with its answer as a book prints it: ``12 + 30 = 42``, with the work or in boxes where asked for."""
        if self.form:
            return self._boxed(item, str(item.value))
        return f"{item.text} = {item.work if self.show_work else item.value}"

    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        item = self.random_sum(draws)
        return self._prompt(item) if item.split == split else None

    def everything(self, split: Split) -> Iterator[Prompt]:
        for numbers in product(range(10**self.digits), repeat=self.terms):
            for operators in product(self.operators, repeat=self.terms - 1):
                item = Sum(numbers, operators)
                if item.split == split:
                    yield self._prompt(item)

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """1 where the completion is the answer, as one writes it, with nothing else but white space around it; else 0.

        ``42`` earns the mark; ``42.``, ``042``, ``+42``, ``the answer is 42``, ``41 42`` and ``not 42`` do not. With
        ``show_work`` only what stands after the last ``=`` counts, so there is still one answer and no second guess.
        """
        answers = required_column(self.name, columns, "answer")
        finals = [text.rpartition("=")[2] for text in completions] if self.show_work else completions
        return [float(is_exactly(final, answer)) for final, answer in zip(finals, answers, strict=True)]

    def worked_answer(self, prompt: Prompt) -> str:
        """The number and nothing else, or the way to it; which of them is settled for each sum once and for all."""
        shows_work = fraction("show work", prompt.id) < self.show_work
        return str(prompt.columns["work" if shows_work else "answer"])

    def _prompt(self, item: Sum) -> Prompt:
        text = item.text
        if self.form:
            columns = {"answer": self._boxed(item, str(item.value))}
            return Prompt(f"sums/{text.replace(' ', '')}", self._boxed(item, ""), columns, item.tags)
        columns = {"answer": str(item.value)} | ({"work": item.work} if self.show_work else {})
        return Prompt(f"sums/{text.replace(' ', '')}", self.wording.replace("{sum}", text), columns, item.tags)

    def _boxed(self, item: Sum, answer: str) -> str:
        parts = (part.rjust(self.digits, BOX) if part.isdigit() else part for part in item.text.split(" "))
        return f"{''.join(parts)}={answer.rjust(self.boxes, BOX)}"


def is_exactly(completion: str, answer: str) -> bool:
    """Whether the completion is the answer, character by character, after white space at both ends is dropped.

    Text is compared with text: ``int()`` would take other scripts' digits, and leading zeros without end.
    """
    return completion.strip() == answer


def require_operators(task: str, operators: object) -> None:
    """Refuse operators that are unknown, repeated or missing."""
    if not isinstance(operators, str) or not operators:
        raise TaskError(say.NO_OPERATORS(task=task, operators=operators))
    unknown = sorted(set(operators) - set(OPERATIONS))
    if unknown or len(set(operators)) < len(operators):
        raise TaskError(say.OTHER_OPERATORS(task=task, operators=operators))


def _carrying(item: Sum) -> list[str]:
    """Whether adding and subtracting from left to right, as on paper, carries or borrows on the way."""
    signed = [prod(factors) if sign == "+" else -prod(factors) for sign, factors in item.products]
    if len(signed) == 1:
        return []
    found = set()
    total = signed[0]
    for number in signed[1:]:
        small, large = sorted((abs(total), abs(number)))
        if total * number >= 0 and _carries(small, large):
            found.add("carry")
        if total * number < 0 and _carries(small, large - small):
            found.add("borrow")
        total += number
    return sorted(found, reverse=True) or ["no carry"]


def _carries(left: int, right: int) -> bool:
    """Each carry turns ten ones into a single one of the next place, so it lowers the digit sum by nine."""
    return _digit_sum(left) + _digit_sum(right) != _digit_sum(left + right)


def _digit_sum(number: int) -> int:
    return sum(map(int, str(number)))


def _at_place(number: int, place: int) -> int:
    """The part of a number that one place holds: 40 of 47 for place 1, with the number's sign."""
    size: int = 10**place
    part = abs(number) // size % 10 * size
    return part if number >= 0 else -part
