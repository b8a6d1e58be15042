"""Sums: their values, keys and tags, on cases worked out by hand."""

from typing import Any

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.sums import Sum, Sums


@pytest.mark.parametrize(
    ("numbers", "operators", "text", "value"),
    [
        ((12, 30), "+", "12 + 30", 42),
        ((7, 45), "-", "7 - 45", -38),
        ((2, 3, 4), "+*", "2 + 3 * 4", 14),
        ((2, 3, 4), "*-", "2 * 3 - 4", 2),
        ((10, 2, 3, 4), "-*+", "10 - 2 * 3 + 4", 8),
        ((999999, 999999), "*", "999999 * 999999", 999998000001),
        ((0, 0), "-", "0 - 0", 0),
    ],
)
def test_text_and_value(numbers: tuple[int, ...], operators: str, text: str, value: int) -> None:
    item = Sum(numbers, tuple(operators))
    assert item.text == text
    assert item.value == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Sum((12, 30), ("+",)), Sum((30, 12), ("+",))),
        (Sum((12, 30), ("*",)), Sum((30, 12), ("*",))),
        (Sum((12, 30), ("-",)), Sum((30, 12), ("-",))),
        (Sum((9, 2, 5), ("-", "+")), Sum((5, 9, 2), ("+", "-"))),
        (Sum((1, 20, 3), ("+", "*")), Sum((3, 20, 1), ("*", "+"))),
    ],
)
def test_another_order_of_the_same_sum_has_the_same_key(one: Sum, other: Sum) -> None:
    assert one.key == other.key
    assert one.split == other.split


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Sum((12, 30), ("+",)), Sum((12, 30), ("-",))),
        (Sum((1, 23), ("+",)), Sum((12, 3), ("+",))),
        (Sum((1, 2, 3), ("+", "*")), Sum((1, 2, 3), ("*", "+"))),
        (Sum((1, 2, 3), ("+", "-")), Sum((1, 2, 3), ("-", "+"))),
    ],
)
def test_different_sums_have_different_keys(one: Sum, other: Sum) -> None:
    assert one.key != other.key


def test_every_order_of_every_two_digit_sum_shares_its_split() -> None:
    for low in range(100):
        for high in range(low, 100):
            for operator in "+-":
                assert Sum((low, high), (operator,)).split == Sum((high, low), (operator,)).split


@pytest.mark.parametrize(
    ("numbers", "operators", "tags"),
    [
        ((12, 30), "+", ("add", "2 digits", "no carry")),
        ((17, 5), "+", ("add", "2 digits", "carry")),
        ((99, 1), "+", ("add", "2 digits", "carry")),
        ((45, 12), "-", ("subtract", "2 digits", "no carry")),
        ((42, 17), "-", ("subtract", "2 digits", "borrow")),
        ((17, 42), "-", ("subtract", "2 digits", "borrow", "negative answer")),
        ((100, 1), "-", ("subtract", "3 digits", "borrow")),
        ((3, 4), "*", ("multiply", "1 digit")),
        ((5, 6, 3), "+-", ("add", "subtract", "1 digit", "carry", "borrow")),
        ((1, 2, 3), "-+", ("add", "subtract", "1 digit", "no carry")),
        ((8, 2, 3), "+*", ("add", "multiply", "1 digit", "carry")),
    ],
)
def test_tags(numbers: tuple[int, ...], operators: str, tags: tuple[str, ...]) -> None:
    assert Sum(numbers, tuple(operators)).tags == tags


def test_these_draws_and_splits_must_not_move() -> None:
    """Hidden exams are comparable between versions only while they stay the same."""
    task = Sums()
    assert [prompt.text for prompt in task.batch("train", 0, 3, seed=0)] == ["31 + 82 =", "63 + 1 =", "74 + 72 ="]
    assert [prompt.text for prompt in task.exam("hidden", 3, seed=0)] == ["44 + 50 =", "10 - 37 =", "1 + 71 ="]
    assert Sum((44, 50), ("+",)).split == "hidden"


def test_options_reach_the_prompts() -> None:
    prompts = Sums(digits=3, operators="*", terms=3).exam("train", 50, seed=0)
    for prompt in prompts:
        first, star, second, also_star, third, equals = prompt.question.split()
        assert (star, also_star, equals) == ("*", "*", "=")
        assert prompt.columns == {"answer": str(int(first) * int(second) * int(third))}
    assert any("3 digits" in prompt.tags for prompt in prompts)


def test_ids_are_the_question() -> None:
    assert Sums().exam("hidden", 1, seed=0)[0].id == "sums/44+50"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"digits": 0}, "digits is 0 but must be a whole number from 1 to 6"),
        ({"digits": 7}, "digits is 7"),
        ({"digits": "2"}, "digits is '2'"),
        ({"digits": True}, "digits is True"),
        ({"terms": 1}, "terms is 1 but must be a whole number from 2 to 6"),
        ({"operators": ""}, "operators is ''"),
        ({"operators": "+/"}, "operators is '\\+/' but must be some of"),
        ({"operators": "++"}, "each at most once"),
        ({"operators": ["+"]}, "operators is \\['\\+'\\]"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError, match=message):
        Sums(**options)
