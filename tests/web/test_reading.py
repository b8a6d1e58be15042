"""What is read of a run folder: growing files, cut lines, columns, whole groups and an even sample of them."""

import json
import os
from pathlib import Path

import pytest

from homeschool.web.answers import Answers
from homeschool.web.detail import Detail
from homeschool.web.exams import pairs, read_exam
from homeschool.web.lines import LineFile
from homeschool.web.page import open_source
from homeschool.web.run import Run
from homeschool.web.safe import number, parse, read_text, text
from homeschool.web.table import Table

from .conftest import MakeRun, add, answer, lines


def read(file: LineFile) -> list[bytes]:
    return [line for _, line in file.new_lines()]


def test_only_complete_lines_are_given_and_each_once(tmp_path: Path) -> None:
    path, file = tmp_path / "a.jsonl", LineFile(tmp_path, "a.jsonl")
    assert read(file) == []
    path.write_bytes(b"one\ntwo\nthr")
    assert read(file) == [b"one", b"two"]
    assert file.is_cut
    with path.open("ab") as more:
        more.write(b"ee\n")
    assert read(file) == [b"three"]
    assert not file.is_cut and read(file) == []


def test_a_file_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    path, file = tmp_path / "a.jsonl", LineFile(tmp_path, "a.jsonl")
    path.write_text("one\n")
    assert read(file) == [b"one"] and not file.is_other()
    (tmp_path / "b").write_text("one\n")
    os.replace(tmp_path / "b", path)
    assert file.is_other()


def test_an_endless_line_is_skipped_and_counted(tmp_path: Path) -> None:
    file = LineFile(tmp_path, "a.jsonl")
    (tmp_path / "a.jsonl").write_bytes(b"one\n" + b"x" * (9 * 2**20) + b"\ntwo\n")
    assert read(file) == [b"one", b"two"]
    assert file.too_long == 1


def test_what_leads_out_of_the_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "run" / "config.toml").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "run" / "pipe")
    assert read_text(tmp_path / "run", "config.toml") is None
    assert read_text(tmp_path / "run", "../secret") is None
    assert read_text(tmp_path / "run", "pipe") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (0.123456789, 0.123457), (True, None), ("1", None), (10**400, None), (float("nan"), None), (None, None)],
)
def test_only_finite_numbers_are_numbers(value: object, expected: float | None) -> None:
    assert number(value) == expected


def test_json_that_is_none_or_too_deep() -> None:
    assert parse('{"a": NaN, "b": Infinity}') == {"a": None, "b": None}
    assert parse("[" * 100_000) is None
    assert parse("{") is None


def test_texts_are_cut_and_can_be_written() -> None:
    assert text("abcdef", 3) == "abc …"
    assert text("a\ud800b") == "a?b"
    assert text(None) == "" and text(["x"]) == '["x"]'


def test_columns_have_gaps_where_a_step_has_no_value() -> None:
    table = Table()
    for row in ({"step": 1, "a/b": 1.0}, {"step": 2, "c/d": 5.0}, {"step": 2, "a/b": 9.0}, {"step": 4, "a/b": "x"}):
        table.add(row)
    assert table.data(10) == {
        "names": ["a/b", "c/d"],
        "steps": [1, 2, 4],
        "columns": [[1, None, None], [None, 5, None]],
    }
    assert table.out_of_order == 1 and table.not_finite == 1


def test_thinning_keeps_the_ends_and_the_check_exams() -> None:
    table = Table()
    for step in range(1, 1001):
        table.add({"step": step, "reward/mean": 0.5} | ({"eval/check": 0.1} if step % 100 == 50 else {}))
    shown = table.data(60)
    assert len(shown["steps"]) <= 60
    assert {1, 1000, 50, 150, 250, 350, 450, 550, 650, 750, 850, 950} <= set(shown["steps"])
    assert table.data(5000)["steps"] == list(range(1, 1001))


def test_groups_are_whole(make_run: MakeRun) -> None:
    answers = Answers(make_run())
    answers.look()
    groups = answers.sample(100, 100)
    assert [(group["step"], group["prompt"]) for group in groups[:3]] == [
        (1, "sums/1+0"),
        (1, "sums/1+1"),
        (2, "sums/2+0"),
    ]
    assert all(len(group["rollouts"]) == 2 and not group["uniform"] for group in groups)
    assert groups[0]["right"] == "1" and groups[0]["rollouts"][1]["score"] == 0.0


def test_a_sample_is_even_the_same_each_time_and_prefers_strips(make_run: MakeRun) -> None:
    strip = {"texts": ["4"], "logprobs": [-0.1], "clipped": [True], "advantages": [1], "ratio": [float("inf")]}
    rows = [
        answer(step, 0, n, **({"strip": strip} if step % 10 == 1 else {})) for step in range(1, 101) for n in range(2)
    ]
    folder = make_run(rollouts_jsonl=lines(rows))
    samples = []
    for _ in range(2):
        answers = Answers(folder)
        answers.look()
        samples.append(answers.sample(20, 5))
    assert samples[0] == samples[1]
    steps = [group["step"] for group in samples[0]]
    assert len(steps) == 20 and sum(step % 10 == 1 for step in steps) == 5
    assert steps[0] <= 10 and steps[-1] >= 90
    shown = next(group for group in samples[0] if group["rollouts"][0]["tokens"])["rollouts"][0]["tokens"]
    assert shown["texts"] == ["4"] and shown["clipped"] == [True] and shown["ratio"] == [None] and shown["kl"] == [None]


def test_rows_of_earlier_versions_are_groups_of_one(make_run: MakeRun) -> None:
    old = answer(1, 0, 0)
    del old["group"], old["right"]
    answers = Answers(make_run(rollouts_jsonl=lines([old, answer(2, 0, 0)])))
    answers.look()
    first = answers.sample(9, 9)[0]
    assert first["right"] is None and len(first["rollouts"]) == 1 and not first["uniform"]


def test_a_group_is_new_when_the_next_one_begins(make_run: MakeRun) -> None:
    folder = make_run(rollouts_jsonl=lines([answer(1, 0, 0), answer(1, 0, 1)]))
    answers = Answers(folder)
    assert answers.look() == []
    assert answers.sample(9, 9, growing=True) == []
    add(folder / "rollouts.jsonl", [answer(2, 0, 0)])
    assert answers.look() == [(1, 0, "sums/1+0")]


def test_questions_are_paired_by_their_id(make_run: MakeRun) -> None:
    item = {"id": "a", "score": 0.0, "tags": ["t"], "question": "1 + 1 =", "answers": ["3"], "right": "2"}
    broken = {"id": "b", "score": "high"}
    folder = make_run(
        exams__before_jsonl=lines([item, broken, item | {"id": "c"}]),
        exams__after_jsonl=lines([item | {"score": 1.0, "answers": ["2"]}, item | {"id": "d"}]),
    )
    found = pairs(*(read_exam(folder, f"exams/{name}.jsonl").questions for name in ("before", "after")), 10)
    assert [(pair["id"], pair["before"], pair["after"], pair["scoreAfter"]) for pair in found] == [("a", "3", "2", 1.0)]
    run = Run(folder, "run")
    run.look()
    kinds = run.data(Detail())["notebook"]["kinds"]
    assert kinds == [{"kind": "t", "asked": 1, "passed": 1, "early": 0.0, "late": 1.0, "learned": True}]


def test_the_stages_of_a_school_come_in_their_order_of_time(make_run: MakeRun, tmp_path: Path) -> None:
    for name in ("school/rl", "school/pretrain", "school/sft"):
        make_run(name)
    assert [run.name for run in open_source([tmp_path / "school"]).runs] == ["pretrain", "sft", "rl"]
    two = open_source([tmp_path / "school" / "rl", make_run("other/rl")])
    assert [run.name for run in two.runs] == ["school/rl", "other/rl"]


def test_what_a_finished_run_says(make_run: MakeRun) -> None:
    run = Run(make_run(), "run")
    run.look()
    told = run.data()
    assert told["verdict"][0] == {
        "en": "The hidden exam rose from 40.0 to 70.0: +30.0 points (95 % interval +25.0 to +35.0). It got better.",
        "zh": "隐藏考试从 40.0 升到 70.0：相差 +30.0 分（95% 区间 +25.0 到 +35.0）。进步了。",
    }
    assert (told["status"], told["verb"], told["algorithm"], told["task"], told["seed"]) == (
        *("finished", "rl", "grpo", "sums"),
        3,
    )
    assert [entry["key"] for entry in told["config"] if entry["chosen"]] == ["out", "task.digits"]
    assert told["problems"] == [] and told["metrics"]["labels"]["reward/mean"]["zh"] == "平均奖励"


@pytest.mark.parametrize(("mode", "is_told"), [("weak", True), ("audited", False)])
def test_a_mark_that_fell_under_a_weak_guard_may_be_cheating_that_has_ended(
    make_run: MakeRun, mode: str, is_told: bool
) -> None:
    summary = json.loads((make_run("one") / "summary.json").read_text())
    summary |= {"guard": {"mode": mode}, "difference": {"estimate": -0.3, "low": -0.4, "high": -0.2}}
    run = Run(make_run("two", summary_json=json.dumps(summary)), "two")
    run.look()
    told = run.head()["verdict"]
    assert "It got worse." in told[0]["en"]
    assert ("may be cheating that has ended" in told[1]["en"] and "作弊停了" in told[1]["zh"]) == is_told


def test_pay_that_rose_while_what_was_wanted_did_not_comes_first(make_run: MakeRun) -> None:
    summary = json.loads((make_run("one") / "summary.json").read_text())
    flat = {"estimate": 0.0, "low": -0.05, "high": 0.05}
    summary |= {"true_before": summary["before"], "true_after": summary["before"], "true_difference": flat}
    run = Run(make_run("two", summary_json=json.dumps(summary)), "two")
    run.look()
    assert run.head()["verdict"][0]["en"].startswith("What was paid for rose, and what was wanted did not")
