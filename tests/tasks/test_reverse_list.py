"""Lists to reverse: one answer, standing alone."""

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.reverse_list import ReverseList

RIGHT = "key, river, apple"


@pytest.mark.parametrize("completion", [RIGHT, " Key, River, Apple\n", "key,river,apple", "key ,  river , apple"])
def test_the_words_in_reverse_order_earn_the_mark(completion: str) -> None:
    assert ReverseList().score([""], [completion], answer=[RIGHT]) == [1.0]


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "apple, river, key",
        "key, river",
        "key, river, apple.",
        "key, river, apple, apple",
        "key river apple",
        "The answer is key, river, apple",
        "apple, river, key, key, river, apple",
        "key, river, apple\nriver, key, apple",
        "key, river, apple" + "," * 1_000_000,
        ", key, river, apple",
    ],
)
def test_nothing_else_does(completion: str) -> None:
    assert ReverseList().score([""], [completion], answer=[RIGHT]) == [0.0]


def test_splits_share_no_set_of_words() -> None:
    task = ReverseList()
    seen = {
        split: {frozenset(prompt.columns["answer"].split(", ")) for prompt in task.exam(split, 400, seed=0)}
        for split in ("train", "check", "hidden")
    }
    assert all(len(sets) >= 399 for sets in seen.values())
    assert not seen["hidden"] & (seen["train"] | seen["check"])
    assert not seen["train"] & seen["check"]


def test_the_worked_answer_is_right() -> None:
    task = ReverseList(words=4)
    (prompt,) = task.batch("train", 0, 1, seed=3)
    assert task.score([prompt.text], [task.worked_answer(prompt)], answer=[prompt.columns["answer"]]) == [1.0]
    listed = prompt.question.split(": ")[1].split(". ")[0].split(", ")
    assert task.worked_answer(prompt).split(", ") == listed[::-1]


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(TaskError, match="words"):
        ReverseList(words=1)
