"""Exam papers: the mark, and where the questions come from."""

from typing import Any

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.papers import Papers
from homeschool.tasks.sums import Sum

ANSWERS = ("7", "4", "-2", "10")


def mark(completion: str) -> float:
    return Papers(questions=4).score([""], [completion], answers=[ANSWERS])[0]


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("7\n4\n-2\n10", 100.0),
        ("  7 \n4\r\n-2\n10\n\n", 100.0),
        ("7\n4\n-2\n11", 75.0),
        ("7\n4", 50.0),
        ("7", 25.0),
        ("", 0.0),
        ("7\n4\n-2\n10\n5", 80.0),
        ("7\n4\n-2\n10\n5\n5\n5\n5", 50.0),
    ],
)
def test_the_mark_is_the_share_of_right_lines(completion: str, expected: float) -> None:
    assert mark(completion) == expected


def test_answers_may_come_back_from_a_file_as_lists() -> None:
    assert Papers(questions=4).score([""], ["7\n4\n-2\n1"], answers=[list(ANSWERS)]) == [75.0]


def test_a_paper_asks_different_sums_of_its_own_split() -> None:
    for prompt in Papers(questions=6, digits=2, operators="+-*").exam("hidden", 30, seed=0):
        questions = prompt.question.split("\n")
        assert len(set(questions)) == 6
        for question, answer in zip(questions, prompt.columns["answers"], strict=True):
            first, operator, second, _ = question.split()
            item = Sum((int(first), int(second)), (operator,))
            assert item.split == "hidden"
            assert str(item.value) == answer


def test_each_question_has_its_tags_and_the_paper_has_them_all() -> None:
    prompt = Papers(questions=3).exam("train", 1, seed=0)[0]
    assert len(prompt.columns["question_tags"]) == 3
    assert set(prompt.tags) == {tag for tags in prompt.columns["question_tags"] for tag in tags}


def test_an_exam_longer_than_all_papers_is_all_papers() -> None:
    """12 hidden one-digit additions make 12 * 11 papers of two."""
    assert len(Papers(questions=2, operators="+").exam("hidden", 500, seed=0)) == 132


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"questions": 0}, "questions is 0 but must be a whole number from 1 to 20"),
        ({"questions": 3, "operators": "-"}, '3 different questions are wanted but the split "check" holds 2 sums'),
        ({"digits": 9}, "papers: digits is 9"),
        ({"operators": "x"}, "papers: operators is 'x'"),
    ],
)
def test_papers_that_cannot_be_set_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        Papers(**options)
