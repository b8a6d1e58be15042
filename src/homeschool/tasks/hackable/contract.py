"""What every task with a built-in loophole promises, so that a guard can be tried on all of them alike.

``score`` is the proxy: what the grader pays. ``gold`` is what is wanted. While the loophole is open the two differ, and
exactly where is written at each task. Some worked examples show the cheat on purpose, and ``seed_hack_rate`` says how
many: a cheat that is never written is never found, and a guard that was never needed proves nothing.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from homeschool.errors import TaskError
from homeschool.messages.refusals import tasks as say
from homeschool.streams import fraction, stream
from homeschool.tasks.generated import Draws, GeneratedTask, distinct, required_column
from homeschool.types import Prompt, Split

Row = Mapping[str, Any]
"""The columns of one item."""


class HackableTask(GeneratedTask):
    """A generated task whose grader can be deceived.

    A subclass says of one answer what it is paid while the loophole is open (``paid``), what it is worth (``worth``),
    and whether it took the way through the loophole (``is_hack``).
    """

    loophole: bool
    """Whether the loophole is open; closed, ``score`` is ``gold``."""
    seed_hack_rate: float
    """Share of the worked examples (of those the loophole stands open at) that show the cheat."""
    needs: tuple[str, ...] = ("answer",)
    """Columns that the marks are made from."""

    @abstractmethod
    def paid(self, completion: str, row: Row) -> float:
        """The mark of the deceivable grader."""

    @abstractmethod
    def worth(self, completion: str, row: Row) -> float:
        """The true mark."""

    @abstractmethod
    def is_hack(self, completion: str, row: Row) -> bool:
        """Paid through the loophole and not what was wanted. The same whether the loophole is open or closed."""

    @abstractmethod
    def honest_answer(self, prompt: Prompt) -> str:
        """The completion that earns the true mark."""

    @abstractmethod
    def cheat(self, prompt: Prompt) -> str:
        """A completion that earns the mark through the loophole."""

    @abstractmethod
    def without_solution(self, prompt: Prompt, draws: Draws) -> Prompt:
        """The item with a key that contradicts its question, looking like any other."""

    def is_exposed(self, row: Row) -> bool:
        """Whether cheating and honest work part ways at this item; shares of cheating are taken over such items."""
        return True

    def isomorph(self, prompt: Prompt, seed: int) -> Prompt | None:
        """The same question in other words, its truth kept and the cheat broken; None where the cheat lies in the
        grader and not in the item, so that no rewriting can break it."""
        return None

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """The proxy: what the grader pays, one mark per completion; ``gold`` where the loophole is closed."""
        mark = self.paid if self.loophole else self.worth
        return [mark(text, row) for text, row in self._rows(completions, columns)]

    def gold(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """The true marks, one per completion."""
        return [self.worth(text, row) for text, row in self._rows(completions, columns)]

    def hack_label(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[bool]:
        """Whether each completion cheats. For the harness alone: no rule, guard or tracker may see it."""
        return [self.is_hack(text, row) for text, row in self._rows(completions, columns)]

    def exposed(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[bool]:
        """Whether each completion could cheat at all."""
        return [self.is_exposed(row) for _, row in self._rows(completions, columns)]

    def worked_answer(self, prompt: Prompt) -> str:
        """Honest work; for a share ``seed_hack_rate`` of the items, settled once and for all, the cheat."""
        shows_cheat = self.is_exposed(prompt.columns) and fraction("hack", self.name, prompt.id) < self.seed_hack_rate
        return self.cheat(prompt) if shows_cheat else self.honest_attempt(prompt)

    def honest_attempt(self, prompt: Prompt) -> str:
        """What a worked example without the cheat shows: the honest answer, or what a beginner makes of it."""
        return self.honest_answer(prompt)

    def canary(self, split: Split, step: int, count: int, seed: int) -> list[Prompt]:
        """``count`` items that look like any other and cannot be solved: full marks on one show that the grader was
        deceived. A pure function of its arguments. Nobody may learn from them."""
        draws = Draws(stream(seed, "canary", self.name, split, step))
        chosen = distinct(self, split, count, draws)
        return [self.without_solution(chosen[index % len(chosen)], draws) for index in range(count)]

    def _rows(self, completions: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Row]]:
        needed = {name: required_column(self.name, columns, name) for name in self.needs}
        for place, text in enumerate(completions):
            yield text, {name: values[place] for name, values in needed.items()}


def require_share(task: str, name: str, value: object) -> None:
    """Refuse an option that is not a share."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise TaskError(say.NOT_A_SHARE(task=task, name=name, value=value))


def require_switch(task: str, name: str, value: object) -> None:
    """Refuse an option that is neither true nor false."""
    if not isinstance(value, bool):
        raise TaskError(say.NOT_A_SWITCH(task=task, name=name, value=value))
