"""The user's own task: reading, splitting, ordering, and what is refused."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from homeschool.errors import DataError, TaskError
from homeschool.tasks import load_task
from homeschool.tasks.generated import SPLITS
from homeschool.tasks.jsonl import JsonlTask, read_lines


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def questions(count: int, name: str = "question") -> list[dict[str, Any]]:
    return [{"prompt": f"{name} {number}", "answer": str(number)} for number in range(count)]


@pytest.fixture
def task(tmp_path: Path) -> JsonlTask:
    return JsonlTask(write(tmp_path / "own.jsonl", questions(500)))


def texts(task: JsonlTask, split: Any) -> set[str]:
    return {prompt.question for prompt in task.exam(split, 10_000, seed=0)}


def test_splits_are_disjoint_and_lose_nothing(task: JsonlTask) -> None:
    by_split = [texts(task, split) for split in SPLITS]
    assert set.union(*by_split) == {f"question {number}" for number in range(500)}
    assert sum(map(len, by_split)) == 500
    assert 370 < len(by_split[0]) < 430
    assert min(len(by_split[1]), len(by_split[2])) > 25


def test_hidden_lines_never_come_out_of_a_train_batch(task: JsonlTask) -> None:
    hidden = texts(task, "hidden")
    trained = {prompt.question for step in range(200) for prompt in task.batch("train", step, 16, seed=1)}
    assert trained == texts(task, "train")
    assert not trained & hidden


def test_a_prompt_keeps_its_split_when_others_come_and_go(tmp_path: Path, task: JsonlTask) -> None:
    fewer = JsonlTask(write(tmp_path / "fewer.jsonl", questions(500)[::-1][:300]))
    for split in SPLITS:
        assert texts(fewer, split) <= texts(task, split)


def test_prompts_that_say_the_same_share_a_split(tmp_path: Path) -> None:
    rows = questions(60)
    spaced = [{**row, "prompt": "  " + row["prompt"].replace(" ", "\n ") + " "} for row in rows]
    message = [{**row, "prompt": [{"role": "user", "content": row["prompt"]}]} for row in rows]
    accents = [{"prompt": "cafe\u0301", "answer": ""}, {"prompt": "caf\u00e9", "answer": ""}]
    task = JsonlTask(write(tmp_path / "own.jsonl", [*rows, *spaced, *message, *accents]))
    for split in SPLITS:
        prompts = task.prompts[split]
        contents = [" ".join(prompt.question.split()).replace("e\u0301", "\u00e9") for prompt in prompts]
        assert all(contents.count(content) == (2 if "caf" in content else 3) for content in contents)
        assert len({prompt.id for prompt in prompts}) == len(prompts)
        assert len(task.exam(split, 1000, seed=0)) == len(set(contents))


def test_roles_count_as_content(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]},
        {"prompt": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]},
        {"prompt": "a b"},
    ]
    task = JsonlTask(write(tmp_path / "own.jsonl", rows))
    assert [len(task.prompts[split]) for split in SPLITS] == [1, 1, 1]
    assert {prompt.question for split in SPLITS for prompt in task.prompts[split]} == {"b", "a b"}


@pytest.mark.parametrize("count", [3, 4, 5, 8, 12])
def test_no_split_is_empty_in_a_tiny_file(tmp_path: Path, count: int) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        task = JsonlTask(write(tmp_path / "own.jsonl", questions(count, name)))
        sizes = [len(task.prompts[split]) for split in SPLITS]
        assert min(sizes) >= 1
        assert sum(sizes) == count


@pytest.mark.parametrize("rows", [questions(2), questions(1) * 40])
def test_too_few_prompts_are_refused_with_how_many_it_takes(tmp_path: Path, rows: list[Any]) -> None:
    with pytest.raises(DataError, match="takes at least 3 lines with different prompts"):
        JsonlTask(write(tmp_path / "own.jsonl", rows))


def test_each_epoch_is_another_permutation_of_distinct_lines(task: JsonlTask) -> None:
    size = len(task.prompts["train"])
    steps = size // 10
    epochs = [
        [prompt.id for step in range(first, first + steps) for prompt in task.batch("train", step, 10, seed=0)]
        for first in (0, steps)
    ]
    assert [len(set(epoch)) for epoch in epochs] == [10 * steps, 10 * steps]
    assert epochs[0] != epochs[1]
    assert task.batch("train", steps, 10, seed=0) == task.batch("train", steps, 10, seed=0)
    assert task.batch("train", steps, 10, seed=0) != task.batch("train", steps, 10, seed=1)


def test_a_batch_larger_than_the_split_takes_every_line_about_equally_often(tmp_path: Path) -> None:
    task = JsonlTask(write(tmp_path / "own.jsonl", questions(5)))
    size = len(task.prompts["train"])
    batch = [prompt.id for prompt in task.batch("train", 3, 2 * size + 1, seed=0)]
    assert len(batch) == 2 * size + 1
    assert all(2 <= batch.count(identity) <= 3 for identity in set(batch))
    assert len(set(batch)) == size
    orders = {tuple(prompt.id for prompt in task.batch("train", step, size, seed=0)) for step in range(20)}
    assert len(orders) > 1


def test_explicit_files_are_their_splits_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", questions(50))
    check = write(tmp_path / "check.jsonl", questions(4, "check"))
    hidden = write(tmp_path / "hidden.jsonl", questions(7, "hidden"))
    task = JsonlTask(path, check_path=check, hidden_path=hidden)
    assert [len(task.prompts[split]) for split in SPLITS] == [50, 4, 7]
    assert texts(task, "check") == {"check 0", "check 1", "check 2", "check 3"}
    partly = JsonlTask(path, hidden_path=hidden)
    assert len(partly.prompts["hidden"]) == 7
    assert len(partly.prompts["train"]) + len(partly.prompts["check"]) == 50
    assert 1 <= len(partly.prompts["check"]) <= 12


def test_explicit_files_that_share_a_prompt_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", questions(50))
    other = write(tmp_path / "hidden.jsonl", [*questions(2, "new"), {"prompt": " question  7 ", "answer": "7"}])
    with pytest.raises(DataError, match=r"the same prompt stands at .*hidden\.jsonl:3 \(hidden\)"):
        JsonlTask(path, hidden_path=other)
    with pytest.raises(DataError, match="must not be learned"):
        JsonlTask(path, check_path=write(tmp_path / "a.jsonl", questions(3, "x")), hidden_path=tmp_path / "a.jsonl")


def test_shares(tmp_path: Path) -> None:
    task = JsonlTask(write(tmp_path / "own.jsonl", questions(2000)), shares=[0.5, 0.3, 0.2])
    sizes = [len(task.prompts[split]) for split in SPLITS]
    assert 920 < sizes[0] < 1080
    assert 530 < sizes[1] < 670
    assert 330 < sizes[2] < 470


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.8, 0.2, 0.0), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_shares_that_do_not_add_up_are_refused(tmp_path: Path, shares: tuple[float, ...]) -> None:
    with pytest.raises(TaskError, match="must be three positive numbers"):
        JsonlTask(write(tmp_path / "own.jsonl", questions(10)), shares=shares)


def test_the_scorer_gets_whole_columns(tmp_path: Path) -> None:
    received: dict[str, Any] = {}

    def scorer(prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
        received.update(prompts=prompts, completions=completions, columns=columns)
        return [1.0, None]

    task = load_task("jsonl", path=write(tmp_path / "own.jsonl", questions(10)), scorer=scorer)
    assert task.score(["a", "b"], ["x", "y"], answer=["1", "2"], level=[3, 4]) == [1.0, None]
    assert received == {
        "prompts": ["a", "b"],
        "completions": ["x", "y"],
        "columns": {"answer": ["1", "2"], "level": [3, 4]},
    }


def test_a_task_without_a_scorer_says_so_when_asked_for_marks(task: JsonlTask) -> None:
    with pytest.raises(TaskError, match="has no scorer"):
        task.score(["a"], ["b"])


def test_a_scorer_that_is_not_a_function_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"scorer is 'reward\.py:f' but must be a function"):
        load_task("jsonl", path=write(tmp_path / "own.jsonl", questions(10)), scorer="reward.py:f")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"completion": "full", "answer": "short"}, "full"),
        ({"answer": "short"}, "short"),
        ({"answer": 42}, "42"),
        ({"answer": 0.5}, "0.5"),
    ],
)
def test_worked_answers(tmp_path: Path, columns: dict[str, Any], expected: str) -> None:
    rows = [{"prompt": f"q{number}", **columns} for number in range(5)]
    task = JsonlTask(write(tmp_path / "own.jsonl", rows))
    assert task.worked_answer(task.exam("train", 1, seed=0)[0]) == expected


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"result": "x"}, 'needs the column "completion" or "answer"; columns seen: result'),
        ({}, "columns seen: none"),
        ({"answer": None}, "is None but must be text or a number"),
        ({"answer": True}, "is True but must be text or a number"),
    ],
)
def test_no_worked_answer(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    task = JsonlTask(write(tmp_path / "own.jsonl", [{"prompt": f"q{number}", **columns} for number in range(5)]))
    with pytest.raises(TaskError, match=message):
        task.worked_answer(task.exam("train", 1, seed=0)[0])


@pytest.mark.parametrize(
    ("value", "tags"), [("algebra", ("algebra",)), (["a", "b"], ("a", "b")), (None, ()), ([1, "b"], ("b",))]
)
def test_a_column_of_tags_groups_the_notebook(tmp_path: Path, value: Any, tags: tuple[str, ...]) -> None:
    task = JsonlTask(write(tmp_path / "own.jsonl", [{**row, "tags": value} for row in questions(5)]))
    prompt = task.exam("train", 1, seed=0)[0]
    assert prompt.tags == tags
    assert prompt.columns["tags"] == value


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_bytes('\ufeff{"prompt": "一"}\r\n\r\n{"prompt": "b\u2028c"}\n   \n{"prompt": "d"}'.encode())
    assert [(line.place.rsplit(":", 1)[1], line.text) for line in read_lines(path)] == [
        ("1", "一"),
        ("3", "b\u2028c"),
        ("5", "d"),
    ]


GOOD = b'{"prompt": "a", "answer": 1}\n'
BAD_LINES = {
    "not JSON": (b'{"prompt": "b"', r"own\.jsonl:2: not JSON .* starting with '\{\"prompt\": \"b\"'"),
    "long and not JSON": (b"x" * 5000, r":2: not JSON .* starting with 'x{40}\.\.\.'"),
    "deeply nested": (b"[" * 100_000, r":2: not JSON"),
    "a number": (b"42", r":2: '42' is not an object"),
    "a list": (b'["a"]', r":2: '\[\"a\"\]' is not an object"),
    "not UTF-8": (b'{"prompt": "\xff"}', r":2: not UTF-8 text"),
    "no prompt": (
        b'{"question": "b", "answer": 1}',
        r':2: the column "prompt" is missing; columns seen: question, answer',
    ),
    "an empty object": (b"{}", r":2: .* columns seen: none"),
    "prompt a number": (b'{"prompt": 3, "answer": 1}', r':2: "prompt" is 3 but must be text'),
    "prompt null": (b'{"prompt": null, "answer": 1}', r':2: "prompt" is None'),
    "prompt blank": (b'{"prompt": "  ", "answer": 1}', r':2: "prompt" is \'  \' but must be text that is not empty'),
    "no messages": (b'{"prompt": [], "answer": 1}', r':2: "prompt" is \[\]'),
    "a message without a role": (
        b'{"prompt": [{"content": "a"}], "answer": 1}',
        r':2: "prompt" is .* list of messages',
    ),
    "a message with a number": (b'{"prompt": [{"role": "user", "content": 1}], "answer": 1}', r':2: "prompt" is'),
    "a column too few": (b'{"prompt": "b"}', r":2: columns differ from .*:1: this line lacks answer;"),
    "a column too many": (b'{"prompt": "b", "answer": 1, "hint": 2}', r":2: columns differ .* this line adds hint;"),
    "another column": (b'{"prompt": "b", "anwser": 1}', r"this line lacks answer and adds anwser"),
    "a reserved column": (b'{"prompt": "b", "completions": 1}', r':2: a column cannot be called "completions"'),
}


@pytest.mark.parametrize(("line", "message"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_refused_with_its_number(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "own.jsonl"
    path.write_bytes(GOOD + line + b"\n" + GOOD)
    with pytest.raises(DataError, match=message):
        JsonlTask(path)


def test_a_missing_file_a_folder_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl: cannot be read \(No such file or directory\)"):
        JsonlTask(tmp_path / "nowhere.jsonl")
    with pytest.raises(DataError, match="cannot be read"):
        JsonlTask(tmp_path)
    (tmp_path / "empty.jsonl").write_bytes(b"\n  \n")
    with pytest.raises(DataError, match=r"empty\.jsonl: the file has no lines"):
        JsonlTask(tmp_path / "empty.jsonl")


def test_a_surrogate_in_a_prompt_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"prompt": "\\ud800"}\n{"prompt": "b"}\n{"prompt": "c"}\n')
    assert sum(len(JsonlTask(path).prompts[split]) for split in SPLITS) == 3
