"""Chains: what they ask, what comes out, and that a mistake does not heal."""

from itertools import pairwise

import pytest

from homeschool.errors import TaskError
from homeschool.tasks.chain import OPERANDS, Chain, outcome
from homeschool.types import Prompt


def prompts(task: Chain, count: int = 200) -> list[Prompt]:
    return task.exam("train", count, seed=0)


@pytest.mark.parametrize(
    ("state", "operation", "digit"),
    [(4, "+7", 1), (0, "+9", 9), (9, "+9", 8), (3, "-8", 5), (8, "-3", 5), (0, "-1", 9), (7, "*7", 9), (0, "*3", 0)],
)
def test_only_the_last_digit_is_kept(state: int, operation: str, digit: int) -> None:
    assert outcome(state, operation) == digit


@pytest.mark.parametrize("operation", [sign + operand for sign, operands in OPERANDS.items() for operand in operands])
def test_two_states_never_become_one(operation: str) -> None:
    """So a wrong state stays wrong through every right step that follows."""
    assert sorted(outcome(state, operation) for state in range(10)) == list(range(10))
    assert [outcome(state, operation) for state in range(10)] != list(range(10)), "a step that changes nothing"


def test_what_is_asked_and_what_is_answered() -> None:
    asked = {prompt.id: prompt for split in ("train", "check", "hidden") for prompt in all_of(Chain(2), split)}
    prompt = asked["chain/4+7*3"]
    assert prompt.question == "4, +7, *3 ="
    assert prompt.columns == {"answer": "3", "work": "4+7=1*3=3"}
    assert prompt.tags == ("2 steps", "some products")
    assert Chain(2).worked_answer(prompt) == "4+7=1*3=3"
    assert asked["chain/0-1-9"].columns == {"answer": "0", "work": "0-1=9-9=0"}
    assert asked["chain/0-1-9"].tags == ("2 steps", "no products")
    assert asked["chain/9*9*7"].tags == ("2 steps", "mostly products")
    assert len(asked) == 10 * 21 * 21


def all_of(task: Chain, split: str) -> list[Prompt]:
    return list(task.everything(split))  # type: ignore[arg-type]


def test_the_work_is_a_chain_that_ends_in_the_answer() -> None:
    for prompt in prompts(Chain(length=12)):
        start, *operations = prompt.question.removesuffix(" =").split(", ")
        steps = [prompt.columns["work"][place : place + 4] for place in range(1, 49, 4)]
        assert prompt.columns["work"][0] == start
        assert [step[:2] for step in steps] == operations
        states = [start, *(step[3] for step in steps)]
        assert all(str(outcome(int(a), step[:2])) == b for (a, b), step in zip(pairwise(states), steps, strict=True))
        assert states[-1] == prompt.columns["answer"]


def test_a_step_is_as_wide_in_the_answer_as_in_the_question() -> None:
    """Then a small model finds each operation at one fixed distance."""
    (prompt,) = Chain(length=9).batch("train", 0, 1, seed=0)
    question, answer = prompt.question[1:].removesuffix(" ="), prompt.columns["work"][1:]
    assert len(question) == len(answer) == 36
    assert [question[place + 2 : place + 4] for place in range(0, 36, 4)] == [
        answer[place : place + 2] for place in range(0, 36, 4)
    ]


def test_no_last_digit_is_a_good_guess() -> None:
    answers = [prompt.columns["answer"] for prompt in prompts(Chain(length=8), 2000)]
    assert max(answers.count(str(digit)) for digit in range(10)) < 280


def test_operators_are_those_that_were_asked_for() -> None:
    assert {prompt.question[3] for prompt in prompts(Chain(operators="-"))} == {"-"}
    signs = [sign for prompt in prompts(Chain()) for sign in prompt.question if sign in "+-*"]
    assert all(480 < signs.count(sign) < 590 for sign in "+-*")


@pytest.mark.parametrize("operators", ["+", "-", "*"])
def test_no_split_is_empty_in_the_smallest_chains(operators: str) -> None:
    task = Chain(length=2, operators=operators)
    assert all(len(task.exam(split, 3, seed=0)) == 3 for split in ("train", "check", "hidden"))


@pytest.mark.parametrize(
    "options",
    [{"length": 1}, {"length": 65}, {"length": 2.0}, {"length": True}, {"operators": ""}, {"operators": "+/"}],
)
def test_options_out_of_range_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(TaskError, match=f"chain: {next(iter(options))}"):
        Chain(**options)  # type: ignore[arg-type]
