"""What holds for every generated task: pure functions, disjoint splits, distinct prompts."""

from typing import Any

import pytest

from homeschool.errors import TaskError
from homeschool.tasks import load_task
from homeschool.tasks.generated import SPLITS, Draws
from homeschool.tasks.spell_backward import SpellBackward
from homeschool.tasks.sums import Sum, Sums
from homeschool.types import Task

TASKS: dict[str, dict[str, Any]] = {
    "sums": {},
    "sums of one digit": {"digits": 1, "operators": "+"},
    "long sums": {"digits": 3, "operators": "+-*", "terms": 4},
    "papers": {},
    "spell_backward": {},
    "short words": {"min_length": 2, "max_length": 3},
    "chain": {},
    "short chain": {"length": 2, "operators": "*"},
}
NAMES = {"sums of one digit": "sums", "long sums": "sums", "short words": "spell_backward", "short chain": "chain"}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> Task:
    return load_task(NAMES.get(request.param, request.param), **TASKS[request.param])


def test_a_batch_depends_on_its_arguments_alone(task: Task) -> None:
    first = task.batch("train", 7, 8, seed=3)
    task.batch("train", 8, 8, seed=3)
    assert task.batch("train", 7, 8, seed=3) == first
    assert task.batch("train", 8, 8, seed=3) != first
    assert task.batch("train", 7, 8, seed=4) != first


def test_an_exam_depends_on_its_arguments_alone(task: Task) -> None:
    assert task.exam("hidden", 3, seed=3) == task.exam("hidden", 3, seed=3)
    assert task.exam("hidden", 3, seed=3) != task.exam("check", 3, seed=3)


def test_prompts_are_distinct(task: Task) -> None:
    for prompts in (task.batch("train", 0, 32, seed=0), task.exam("train", 60, seed=0)):
        assert len({prompt.id for prompt in prompts}) == len({prompt.text for prompt in prompts}) == len(prompts)
    assert len(task.batch("train", 0, 32, seed=0)) == 32
    assert len(task.exam("train", 60, seed=0)) == 60


def test_splits_share_no_question(task: Task) -> None:
    questions = {
        split: {
            line
            for prompt in [*task.exam(split, 150, seed=0), *task.batch(split, 1, 150, seed=1)]
            for line in prompt.question.split("\n")
        }
        for split in SPLITS
    }
    assert all(questions.values())
    assert not questions["train"] & questions["check"]
    assert not questions["train"] & questions["hidden"]
    assert not questions["check"] & questions["hidden"]


@pytest.mark.parametrize("name", ["sums", "spell_backward"])
def test_hidden_items_never_come_out_of_a_train_batch(name: str) -> None:
    task = load_task(name)
    hidden = {prompt.id for prompt in task.exam("hidden", 1000, seed=0)}
    trained = {prompt.id for step in range(100) for prompt in task.batch("train", step, 64, seed=5)}
    assert len(hidden) == 1000
    assert len(trained) > 3000
    assert not hidden & trained


def test_worked_answers_earn_full_marks(task: Task) -> None:
    prompts = task.exam("train", 40, seed=0)
    columns = {name: [prompt.columns[name] for prompt in prompts] for name in prompts[0].columns}
    full = 100.0 if task.name == "papers" else 1.0
    answers = [task.worked_answer(prompt) for prompt in prompts]
    assert task.score([prompt.text for prompt in prompts], answers, **columns) == [full] * 40


def test_items_carry_tags(task: Task) -> None:
    assert all(len(prompt.tags) >= 2 for prompt in task.exam("train", 40, seed=0))


def test_an_exam_longer_than_the_split_is_the_whole_split() -> None:
    task = Sums(digits=1, operators="+")
    exams = [task.exam(split, 1000, seed=0) for split in SPLITS]
    assert [len(exam) for exam in exams] == [79, 9, 12]
    assert len({prompt.id for exam in exams for prompt in exam}) == 100


def test_a_batch_larger_than_the_split_repeats_it_in_turn() -> None:
    prompts = Sums(digits=1, operators="+").batch("hidden", 0, 30, seed=0)
    assert prompts[:12] == prompts[12:24]
    assert prompts[:6] == prompts[24:]
    assert len({prompt.id for prompt in prompts}) == 12


@pytest.mark.parametrize("operators", ["+", "-", "*"])
def test_no_split_is_empty_in_the_smallest_tasks(operators: str) -> None:
    assert all(Sums(digits=1, operators=operators).exam(split, 2, seed=0) for split in SPLITS)


@pytest.mark.parametrize("length", range(2, 13))
def test_no_split_is_empty_for_any_length_of_word(length: int) -> None:
    task = SpellBackward(min_length=length, max_length=length)
    assert all(len(task.exam(split, 5, seed=0)) == 5 for split in SPLITS)


def test_shares_of_the_splits() -> None:
    splits = [Sum((left, right), ("+",)).split for left in range(100) for right in range(100)]
    held = [splits.count(split) for split in SPLITS]
    assert sum(held) == 10_000
    assert 7_700 < held[0] < 8_300
    assert 800 < held[1] < 1_200
    assert 800 < held[2] < 1_200


class _Constant:
    """A generator that always gives the largest number below 1."""

    def random(self, size: int) -> "_Constant":
        self.size = size
        return self

    def tolist(self) -> list[float]:
        return [1 - 2**-53] * self.size


@pytest.mark.parametrize("bound", [1, 3, 10, 97, 1_000_000])
def test_draws_stay_below_their_bound(bound: int) -> None:
    assert Draws(_Constant()).below(bound) == bound - 1  # type: ignore[arg-type]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(TaskError, match='needs the column "answer" but received result'):
        Sums().score(["1 + 1 ="], ["2"], result=["2"])
