"""What the checkers accept. What they must refuse is in tests/exploits/test_verify.py."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeschool.errors import UsageError
from homeschool.rewards.verify import (
    Where,
    boxed_answer,
    exact_match,
    last_number,
    number_match,
    only_number,
    tagged_sections,
    within_format,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        ("-42", -42),
        ("+42", 42),
        ("\u221242", -42),
        ("(-42)", -42),
        ("x = -42", -42),
        ("42.", 42),
        ("...42!", 42),
        ("42.0", 42),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("1/2", Fraction(1, 2)),
        ("-3/4", Fraction(-3, 4)),
        ("1,234,567", 1234567),
        ("1{,}234", 1234),
        ("1e3", 1000),
        ("2.5e-1", Fraction(1, 4)),
        ("４２", 42),
        ("－１，２３４．５", Fraction(-2469, 2)),
        ("**42**", 42),
        ("$42$", 42),
        ("\\$42", 42),
        ("42 %", 42),
        ("42 apples", 42),
        ("42kg", 42),
        ("It is 42 m, yes, 42.00 m.", 42),
        ("\\frac{3}{4}", Fraction(3, 4)),
        ("-\\dfrac{3}{4}", Fraction(-3, 4)),
        ("\\text{42}", 42),
        ("答案是-42。", -42),
    ],
)
def test_one_number_is_read(text: str, value: Fraction | int) -> None:
    assert only_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "12 + 30 = 42",
        "12 - 54 + 84 = 42.",
        "Half of 84: 84/2 = 42.",
        "The sum of 12 and 30 is 42",
        "The total for 3 apples = 42",
        "First 12. Then 30 more. So she has 42 apples.",
        "12 + 30 = 30 + 12 = 42",
        "41 is wrong, I think.\nAnswer: 42",
        "The answer is 42. I hope this helps!",
        "To find the answer, add 12 and 30.\n12 + 30 = 42",
        "Answer: 42\nAnswer: 42.0",
        "**Answer:** 42",
        "#### 42",
        "<think>1 + 1 = 2</think><answer>42</answer>",
        "so 12 + 30 => 42",
        "```\n42\n```",
        "12加30等于42。",
        "１２＋３０＝４２",
        "答案：42",
        "先算 12 加 30。结果是 42 个苹果。",
    ],
)
def test_the_last_statement_is_read_after_free_working(text: str) -> None:
    assert last_number(text) == 42


@given(st.integers(-(10**12), 10**12))
def test_every_integer_is_read_as_it_is_written(number: int) -> None:
    assert only_number(str(number)) == number
    assert only_number(f"{number:,}") == number
    assert last_number(f"7 + 5 = {number}") == number
    assert number_match(f"\\boxed{{{number}}}", number, where="boxed") == 1.0


@given(st.text(max_size=60))
def test_no_text_makes_a_checker_raise(text: str) -> None:
    for where in ("only", "last", "boxed"):
        assert number_match(text, "-7.25", where=where) in (0.0, 1.0)
    assert within_format(text) in (0.0, 1.0)


@given(st.text(alphabet="0123456789+-*/=.,() \n#eisnotr\\{}", max_size=30))
def test_a_second_number_takes_every_mark_away(text: str) -> None:
    value = only_number(text)
    if value is not None:
        assert any(c in "0123456789" for c in text)
        assert only_number(f"{text} | {abs(value) + 1}") is None


@pytest.mark.parametrize(
    ("completion", "answer", "mark"),
    [
        ("42", "42", 1.0),
        ("42", 42, 1.0),
        ("42.0", "42", 1.0),
        ("0.5", Fraction(1, 2), 1.0),
        ("1/2", 0.5, 1.0),
        ("1,000", "1000", 1.0),
        ("42", "$42", 1.0),
        ("43", "42", 0.0),
        ("-42", "42", 0.0),
    ],
)
def test_number_match(completion: str, answer: str | float | Fraction, mark: float) -> None:
    assert number_match(completion, answer) == mark


def test_tolerance_is_a_distance() -> None:
    assert number_match("3.14", "3.14159", tolerance=0.01) == 1.0
    assert number_match("3.1", "3.14159", tolerance=0.01) == 0.0
    assert number_match("3.14", "3.14159") == 0.0


def test_where_the_answer_stands_is_chosen_not_guessed() -> None:
    def marks(text: str) -> dict[Where, float]:
        places: tuple[Where, ...] = ("only", "last", "boxed")
        return {where: number_match(text, "42", where=where) for where in places}

    assert marks("42 apples, I say") == {"only": 1.0, "last": 1.0, "boxed": 0.0}
    assert marks("12 + 30 = 42") == {"only": 0.0, "last": 1.0, "boxed": 0.0}
    assert marks("\\boxed{42} comes from 12 and 30") == {"only": 0.0, "last": 0.0, "boxed": 1.0}


@pytest.mark.parametrize("answer", ["", "forty-two", "41 or 42", "42?", "2/4", math.nan, math.inf, True])
def test_an_answer_that_is_no_number_is_refused(answer: str | float) -> None:
    with pytest.raises(UsageError, match="is not one number in lowest terms"):
        number_match("42", answer)


@pytest.mark.parametrize("tolerance", [-1.0, math.nan, math.inf])
def test_a_tolerance_that_is_no_distance_is_refused(tolerance: float) -> None:
    with pytest.raises(UsageError, match="tolerance is"):
        number_match("42", "42", tolerance=tolerance)


def test_exact_match_ignores_white_space_and_unicode_spelling_only() -> None:
    assert exact_match(" tac \n", "tac") == 1.0
    assert exact_match("a  b\nc", "a b c") == 1.0
    assert exact_match("cafe\u0301", "caf\u00e9") == 1.0
    assert exact_match("Tac", "tac") == 0.0
    assert exact_match("Tac", "tac", ignore_case=True) == 1.0
    assert exact_match("ab", "a b") == 0.0


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(UsageError, match="is empty"):
        exact_match("", " ")


def test_boxed_answer() -> None:
    assert boxed_answer("so \\boxed{\\frac{1}{2}}.") == "\\frac{1}{2}"
    assert boxed_answer("\\boxed{ 42 }, that is \\boxed{42}") == "42"
    assert number_match("so \\boxed{\\frac{1}{2}}.", "0.5", where="boxed") == 1.0


def test_tagged_sections() -> None:
    text = "<think>12 + 30 > 41</think>\n<answer> 42 </answer>\n"
    assert tagged_sections(text, ["think", "answer"]) == {"think": "12 + 30 > 41", "answer": "42"}
    assert within_format(text) == 1.0
    assert within_format("<answer>42</answer>", ["answer"]) == 1.0
    assert within_format("<answer>42</answer>") == 0.0
