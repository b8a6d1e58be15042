"""Lists of words to write in reverse order: ``apple, river, key`` asks, ``key, river, apple`` answers.

Made for real chat models that are small: they know the words and can write lists, but not reliably the other way round.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from homeschool.tasks.generated import Draws, GeneratedTask, require_whole, required_column, split_of
from homeschool.tasks.words import ENGLISH
from homeschool.types import Prompt, Split

QUESTION = "Write these words in reverse order: {words}. Answer with the words only."


@dataclass(frozen=True)
class ReverseList(GeneratedTask):
    """Different common English words, all or nothing."""

    words: int = 3
    """How many words one list has, 2 to 8."""

    name = "reverse_list"

    def __post_init__(self) -> None:
        require_whole(self.name, "words", self.words, 2, 8)

    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        chosen = [draws.pick(ENGLISH) for _ in range(self.words)]
        is_wanted = len(set(chosen)) == self.words and _split(chosen) == split
        return _prompt(chosen) if is_wanted else None

    def everything(self, split: Split) -> Iterator[Prompt]:
        for chosen in permutations(ENGLISH, self.words):
            if _split(chosen) == split:
                yield _prompt(chosen)

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """1 for the words in reverse order with commas between them, in capitals or not; else 0.

        Anything before, between or after them costs the mark: there is one answer, and it stands alone.
        """
        answers = required_column(self.name, columns, "answer")
        pairs = zip(completions, answers, strict=True)
        return [float(_listed(completion) == _listed(answer)) for completion, answer in pairs]

    def worked_answer(self, prompt: Prompt) -> str:
        """The words in reverse order."""
        return str(prompt.columns["answer"])


def _split(words: Sequence[str]) -> Split:
    """All orders of the same words share a split: each contains the answer to another."""
    return split_of("reverse_list", " ".join(sorted(words)))


def _prompt(words: Sequence[str]) -> Prompt:
    question = QUESTION.replace("{words}", ", ".join(words))
    tags = (f"{len(words)} words", "long words" if max(map(len, words)) > 6 else "short words")
    return Prompt(f"reverse_list/{'-'.join(words)}", question, {"answer": ", ".join(reversed(words))}, tags)


def _listed(text: str) -> list[str]:
    """The items between commas. A longer text than any answer is not worth splitting."""
    return [item.strip().casefold() for item in text.split(",")] if len(text) <= 400 else []
