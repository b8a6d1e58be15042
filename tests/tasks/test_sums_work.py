"""Sums with the work shown: place by place, and only the last answer is marked."""

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.sums import Sum, Sums


@pytest.mark.parametrize(
    ("item", "work"),
    [
        (Sum((47, 85), ("+",)), "120+12=132"),
        (Sum((47, 85), ("-",)), "-40+2=-38"),
        (Sum((82, 47), ("-",)), "40-5=35"),
        (Sum((7, 5), ("+",)), "12"),
        (Sum((7, 45), ("+",)), "40+12=52"),
        (Sum((999, 1), ("+",)), "900+90+10=1000"),
        (Sum((12, 30, 2), ("+", "*")), "70+2=72"),
        (Sum((50, 50), ("-",)), "0+0=0"),
    ],
)
def test_work(item: Sum, work: str) -> None:
    assert item.work == work


def test_what_stands_after_the_last_equals_sign_is_marked() -> None:
    sums = Sums(show_work=1.0)
    completions = ["120+12=132", "132", "1=2=132", "132=", "120+12=133", "132=120+12", "=132 ", "12+120 132", ""]
    marks = sums.score([""] * 9, completions, answer=["132"] * 9)
    assert marks == [1, 1, 1, 0, 0, 0, 1, 0, 0]


def test_worked_answers_earn_full_marks() -> None:
    sums = Sums(show_work=1.0)
    prompts = sums.batch("train", 0, 50, seed=0)
    answers = [sums.worked_answer(prompt) for prompt in prompts]
    columns = {"answer": [prompt.columns["answer"] for prompt in prompts]}
    assert sums.score([prompt.text for prompt in prompts], answers, **columns) == [1.0] * 50


def test_wording() -> None:
    (prompt,) = Sums(wording="What is {sum}?").batch("train", 0, 1, seed=0)
    assert prompt.question.startswith("What is ") and prompt.question.endswith("?")
    with pytest.raises(TaskError, match=r"must hold {sum} once"):
        Sums(wording="What?")


def test_a_share_of_the_worked_examples_shows_the_work() -> None:
    sums = Sums(show_work=0.3)
    prompts = sums.batch("train", 0, 400, seed=0)
    shown = [
        sums.worked_answer(prompt) != prompt.columns["answer"]
        for prompt in prompts
        if prompt.columns["work"] != prompt.columns["answer"]
    ]
    assert 0.22 < sum(shown) / len(shown) < 0.38
    assert [sums.worked_answer(prompt) for prompt in prompts] == [sums.worked_answer(prompt) for prompt in prompts]
    with pytest.raises(TaskError, match="share from 0 to 1"):
        Sums(show_work=2.0)
