"""Chains: a digit and a row of operations; ``4, +7, *3, -8 =`` asks, ``4+7=1*3=3-8=5`` answers.

The long horizon: every step starts from where the one before ended, and only the last digit is marked. A step keeps the
last digit of what it makes and turns different digits into different ones (that is why ``*`` takes 3, 7 or 9), so one
wrong step makes all that follow wrong, and only a second mistake could mend it. A mark of 0 says that some step
failed, not which: to find that out is the business of credit assignment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, product
from typing import Any

from homeschool.tasks.generated import Draws, GeneratedTask, require_whole, required_column, split_of
from homeschool.tasks.sums import is_exactly, require_operators
from homeschool.types import Prompt, Split

OPERANDS = {"+": "123456789", "-": "123456789", "*": "379"}
"""What may stand behind each sign. Each of these gives ten different digits for ten different ones."""


@dataclass(frozen=True)
class Chain(GeneratedTask):
    """Operations on one digit, carried out from left to right, of which only the last digit is kept.

    ``Chain(length=3)`` asks ``4, +7, *3, -8 =``: 4 + 7 is 11, keep 1; 1 * 3 is 3; 3 - 8 is 5 below zero, which is 5
    on a clock with ten hours. ``4+7=1*3=3-8=5`` earns the mark, and so does ``5`` alone for whoever can do it in the
    head. The columns are ``answer`` and ``work``.
    """

    length: int = 8
    """How many operations one chain has, 2 to 64."""
    operators: str = "+-*"
    """Which of ``+``, ``-`` and ``*`` occur, each equally likely at each place."""

    name = "chain"

    def __post_init__(self) -> None:
        require_whole(self.name, "length", self.length, 2, 64)
        require_operators(self.name, self.operators)

    @cached_property
    def operations(self) -> dict[str, tuple[str, ...]]:
        """What may stand at each place, by its sign: ``("+1", "+2", ...)``."""
        return {sign: tuple(sign + operand for operand in OPERANDS[sign]) for sign in self.operators}

    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        start = draws.below(10)
        chosen = [draws.pick(self.operations[draws.pick(self.operators)]) for _ in range(self.length)]
        return _prompt(start, chosen) if _split(start, chosen) == split else None

    def everything(self, split: Split) -> Iterator[Prompt]:
        anywhere = [operation for sign in self.operators for operation in self.operations[sign]]
        places: list[Sequence[Any]] = [range(10), *[anywhere] * self.length]
        for start, *chosen in product(*places):
            if _split(start, chosen) == split:
                yield _prompt(start, chosen)

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """1 where what stands after the last ``=`` is the last state of the chain and nothing else; else 0.

        Steps before it are not looked at: whoever writes none is free to, and whoever writes all of them right and the
        last one wrong gets nothing. So there is one answer, and no second guess.
        """
        answers = required_column(self.name, columns, "answer")
        finals = [completion.rpartition("=")[2] for completion in completions]
        return [float(is_exactly(final, answer)) for final, answer in zip(finals, answers, strict=True)]

    def worked_answer(self, prompt: Prompt) -> str:
        """The first digit, then every operation with the digit that comes out."""
        return str(prompt.columns["work"])


def outcome(state: int, operation: str) -> int:
    """The digit after one operation: ``outcome(4, "+7")`` is 1."""
    sign, operand = operation[0], int(operation[1:])
    if sign == "*":
        return state * operand % 10
    return (state + operand if sign == "+" else state - operand) % 10


def _split(start: int, operations: Sequence[str]) -> Split:
    """Chains that end alike or begin alike share nothing but single steps, and those are what is to be learned."""
    return split_of("chain", f"{start}{''.join(operations)}")


def _prompt(start: int, operations: Sequence[str]) -> Prompt:
    states = list(accumulate(operations, outcome, initial=start))
    steps = [f"{operation}={state}" for operation, state in zip(operations, states[1:], strict=True)]
    products = sum(operation[0] == "*" for operation in operations)
    kind = "no products" if not products else "mostly products" if 2 * products > len(operations) else "some products"
    return Prompt(
        f"chain/{start}{''.join(operations)}",
        f"{', '.join([str(start), *operations])} =",
        {"answer": str(states[-1]), "work": f"{start}{''.join(steps)}"},
        (f"{len(operations)} steps", kind),
    )
