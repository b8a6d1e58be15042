"""Spelling backward: ``Spell backward: lantern`` asks, ``nretnal`` answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from homeschool.errors import TaskError
from homeschool.messages.refusals import tasks as say
from homeschool.tasks.generated import Draws, GeneratedTask, require_whole, required_column, split_of
from homeschool.tasks.words import CHINESE, CONSONANTS, ENGLISH, VOWELS
from homeschool.types import Prompt, Split

ENGLISH_QUESTION = "Spell backward: "
CHINESE_QUESTION = "倒着写："


@dataclass(frozen=True)
class SpellBackward(GeneratedTask):
    """Words to write from the last letter to the first.

    Half of the words are made up (``lomek``), the rest are common English ones with some Chinese among them. No word
    reads the same both ways: it would pay for copying.
    """

    min_length: int = 3
    """Fewest letters, 2 to 12."""
    max_length: int = 6
    """Most letters, ``min_length`` to 12."""
    partial: bool = False
    """Pay the share of letters in the right place instead of all or nothing."""

    name = "spell_backward"

    def __post_init__(self) -> None:
        require_whole(self.name, "min_length", self.min_length, 2, 12)
        require_whole(self.name, "max_length", self.max_length, self.min_length, 12)
        if not isinstance(self.partial, bool):
            raise TaskError(say.NOT_A_SWITCH(task=self.name, name="partial", value=self.partial))

    @cached_property
    def known_words(self) -> dict[str, tuple[str, ...]]:
        """English and Chinese words of the lengths asked for; a language without any is left out."""
        fitting = {"English": self._fitting(ENGLISH), "Chinese": self._fitting(CHINESE)}
        return {kind: words for kind, words in fitting.items() if words}

    def draw(self, split: Split, draws: Draws) -> Prompt | None:
        word = self._random_word(draws)
        return _prompt(word) if _split(word) == split and not _is_palindrome(word) else None

    def everything(self, split: Split) -> Iterator[Prompt]:
        for word in self._every_word():
            if _split(word) == split and not _is_palindrome(word):
                yield _prompt(word)

    def score(self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float]:
        """1 where the completion is the word backward with nothing else but white space around it; else 0.

        With ``partial``, the letters in the right place divided by the longer of the two lengths: writing more letters
        than the word has only lowers the mark.
        """
        answers = required_column(self.name, columns, "answer")
        mark = _share_in_place if self.partial else _all_or_nothing
        return [mark(completion.strip(), answer) for completion, answer in zip(completions, answers, strict=True)]

    def worked_answer(self, prompt: Prompt) -> str:
        """The word backward and nothing else."""
        return str(prompt.columns["answer"])

    def _fitting(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word in words if self.min_length <= len(word) <= self.max_length)

    def _random_word(self, draws: Draws) -> str:
        chance = draws.number()
        if chance < 0.1 and "Chinese" in self.known_words:
            return draws.pick(self.known_words["Chinese"])
        if chance < 0.5 and "English" in self.known_words:
            return draws.pick(self.known_words["English"])
        length = self.min_length + draws.below(self.max_length - self.min_length + 1)
        return "".join([draws.pick(letters) for letters in _pattern(length, draws.below(2))])

    def _every_word(self) -> Iterator[str]:
        for words in self.known_words.values():
            yield from words
        for length in range(self.min_length, self.max_length + 1):
            for first in (0, 1):
                yield from map("".join, product(*_pattern(length, first)))


def _pattern(length: int, first: int) -> list[str]:
    """Consonants and vowels in turn: such words can be said aloud."""
    return [(CONSONANTS, VOWELS)[(first + place) % 2] for place in range(length)]


def _is_palindrome(word: str) -> bool:
    return word == word[::-1]


def _split(word: str) -> Split:
    """A word and the same word backward answer each other, so they share a split."""
    return split_of("spell_backward", min(word, word[::-1]))


def _prompt(word: str) -> Prompt:
    kind = "Chinese" if word in CHINESE else "English" if word in ENGLISH else "made-up"
    question = CHINESE_QUESTION if kind == "Chinese" else ENGLISH_QUESTION
    tags = [kind, f"{len(word)} letters"]
    if len(set(word)) < len(word):
        tags.append("repeated letter")
    return Prompt(f"spell_backward/{word}", question + word, {"answer": word[::-1]}, tuple(tags))


def _all_or_nothing(completion: str, answer: str) -> float:
    return float(completion == answer)


def _share_in_place(completion: str, answer: str) -> float:
    in_place = sum(written == right for written, right in zip(completion, answer, strict=False))
    return in_place / max(len(completion), len(answer))
