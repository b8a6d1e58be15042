"""Spelling backward: words, marks and splits."""

from typing import Any

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.generated import SPLITS
from homeschool.tasks.spell_backward import SpellBackward
from homeschool.tasks.words import CHINESE, ENGLISH


def score(answer: str, completion: str, partial: bool = False) -> float:
    return SpellBackward(partial=partial).score([""], [completion], answer=[answer])[0]


def test_all_or_nothing() -> None:
    assert score("nretnal", " nretnal\n") == 1.0
    assert score("nretnal", "nretna") == 0.0
    assert score("开花暖春", "开花暖春") == 1.0


@pytest.mark.parametrize(
    ("completion", "expected"),
    [("tac", 1.0), ("tab", 2 / 3), ("t", 1 / 3), ("act", 0.0), ("tactac", 0.5), ("", 0.0)],
)
def test_partial_marks(completion: str, expected: float) -> None:
    assert score("tac", completion, partial=True) == expected


def test_words_have_the_lengths_asked_for() -> None:
    for prompt in SpellBackward(min_length=4, max_length=5).exam("train", 200, seed=0):
        assert 4 <= len(prompt.columns["answer"]) <= 5


def test_all_three_kinds_occur_and_are_tagged() -> None:
    prompts = SpellBackward().exam("train", 400, seed=0)
    kinds = {kind: [prompt for prompt in prompts if kind in prompt.tags] for kind in ("made-up", "English", "Chinese")}
    assert sum(map(len, kinds.values())) == 400
    assert len(kinds["made-up"]) > 150
    assert len(kinds["English"]) > 100
    assert len(kinds["Chinese"]) > 10
    assert all(prompt.question.startswith("倒着写：") for prompt in kinds["Chinese"])
    assert all(prompt.question.startswith("Spell backward: ") for prompt in kinds["English"])


def test_no_word_reads_the_same_both_ways() -> None:
    for split in SPLITS:
        for prompt in SpellBackward(min_length=2, max_length=3).exam(split, 2000, seed=0):
            word = prompt.id.removeprefix("spell_backward/")
            assert prompt.columns["answer"] == "".join(reversed(word)) != word


def test_a_word_and_its_reverse_share_a_split() -> None:
    asked = {
        split: {prompt.columns["answer"] for prompt in SpellBackward(min_length=2, max_length=3).exam(split, 9999, 0)}
        for split in SPLITS
    }
    reversed_words = {split: {answer[::-1] for answer in answers} for split, answers in asked.items()}
    assert not reversed_words["train"] & (asked["check"] | asked["hidden"])
    assert not reversed_words["check"] & asked["hidden"]


def test_the_word_lists_hold_no_word_twice() -> None:
    assert len(set(ENGLISH)) == len(ENGLISH) > 400
    assert len(set(CHINESE)) == len(CHINESE) > 40
    assert all(word.isascii() and word.islower() and word.isalpha() for word in ENGLISH)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_length": 1}, "min_length is 1 but must be a whole number from 2 to 12"),
        ({"min_length": 5, "max_length": 4}, "max_length is 4 but must be a whole number from 5 to 12"),
        ({"max_length": 13}, "max_length is 13"),
        ({"partial": 1}, "partial is 1 but must be true or false"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        SpellBackward(**options)
