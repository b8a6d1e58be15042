"""What every generated task shares: splits by construction, cheap draws, distinct prompts.

An item's split is a hash of what it asks, so it is the same in every run, at every seed and under every option of the
task. A subclass says how to draw one item and how to list them all; batches and exams follow.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from homeschool.errors import TaskError
from homeschool.messages import refusals
from homeschool.messages.refusals import tasks as say
from homeschool.streams import fraction, stream
from homeschool.types import Prompt, Split

SPLITS: tuple[Split, ...] = ("train", "check", "hidden")

T = TypeVar("T")


def split_of(task: str, item: str) -> Split:
    """The split of an item: 80 % train, 10 % check, 10 % hidden, by a hash of the task's name and the item."""
    place = fraction("split", task, item)
    return "train" if place < 0.8 else "check" if place < 0.9 else "hidden"


class Draws:
    """Random choices one at a time, cheaply: a scalar from numpy costs microseconds, so they are bought 64 at once."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator
        self._numbers: Iterator[float] = iter(())

    def number(self) -> float:
        """Uniform in [0, 1)."""
        for number in self._numbers:
            return number
        self._numbers = iter(self._generator.random(64).tolist())
        return next(self._numbers)

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound - 1``, each equally likely (for bounds far below 2**53)."""
        return int(self.number() * bound)

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each equally likely."""
        return choices[int(self.number() * len(choices))]


class GeneratedTask(ABC):
    """A task whose items are drawn, not read from a file."""

    name: str
    full_marks = 1.0
    """The score of an answer that is all right."""

    @abstractmethod
    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        """One attempt at an item of the split; None when the item drawn belongs to another."""

    @abstractmethod
    def everything(self, split: Split) -> Iterator[Prompt]:
        """All items of the split, one by one. Read only when a split is nearly used up, so it may be astronomical."""

    @abstractmethod
    def score(
        self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]
    ) -> Sequence[float | None]:
        """The task's own mark of each completion."""

    @abstractmethod
    def worked_answer(self, prompt: Prompt) -> str:
        """The completion that earns full marks."""

    def batch(self, split: Split, step: int, count: int, seed: int) -> list[Prompt]:
        """The prompts of one step, a pure function of the arguments.

        Prompts are distinct within a batch. Where the split holds fewer than ``count``, they repeat in turn.
        """
        prompts = distinct(self, split, count, Draws(stream(seed, "batch", self.name, split, step)))
        return [prompts[index % len(prompts)] for index in range(count)]

    def exam(self, split: Split, count: int, seed: int) -> list[Prompt]:
        """``count`` distinct prompts, a pure function of the arguments; all there are if the split holds fewer."""
        return distinct(self, split, count, Draws(stream(seed, "exam", self.name, split)))


def distinct(task: GeneratedTask, split: Split, count: int, draws: Draws) -> list[Prompt]:
    """Up to ``count`` different prompts of a split, by rejection; fewer only when the split holds fewer.

    A split holds about a tenth of all items or more, so 1024 misses in a row mean that nearly all of it has been found
    already. Listing everything then costs about as much as the attempts did.
    """
    found: dict[str, Prompt] = {}
    misses = 0
    while len(found) < count and misses < 1024:
        prompt = task.draw(split, draws)
        if prompt is None or prompt.id in found:
            misses += 1
        else:
            found[prompt.id] = prompt
            misses = 0
    if len(found) < count:
        everything = ((prompt.id, prompt) for prompt in task.everything(split) if prompt.id not in found)
        found.update(islice(everything, count - len(found)))
    return list(found.values())


def required_column(task: str, columns: Mapping[str, Sequence[Any]], name: str) -> Sequence[Any]:
    """The column a scorer cannot do without, or a TaskError that says which came instead."""
    if name not in columns:
        received = ", ".join(sorted(columns)) or refusals.NO_COLUMNS()
        raise TaskError(say.NO_COLUMN_TO_MARK(task=task, name=name, received=received))
    return columns[name]


def require_whole(task: str, name: str, value: object, low: int, high: int) -> None:
    """Refuse an option that is not a whole number between ``low`` and ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise TaskError(say.NOT_WHOLE(task=task, name=name, value=value, low=low, high=high))
