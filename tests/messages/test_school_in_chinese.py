"""The school in Chinese: what a user reads during and after a run, and tables whose columns still line up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from homeschool.console import glance
from homeschool.errors import TaskError
from homeschool.exam import ExamResult, ItemMark
from homeschool.messages.sentence import speak, width
from homeschool.quickstart import _answers, table
from homeschool.readiness import Readiness, require_readiness
from homeschool.verdict import exam_report, gain_lines


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    speak(None)


def exam(right: int, of: int = 40) -> ExamResult:
    return ExamResult(
        tuple(ItemMark(str(n), float(n < right), ("进位",), f"{n} + 1 =", (str(n),), str(n + 1)) for n in range(of))
    )


def test_the_progress_bar() -> None:
    speak("zh")
    metrics = {"reward/mean": 0.5, "policy/loss": 0.0, "reward/zero_std_group_frac": 0.12, "eval/check": 0.25}
    assert glance(metrics) == "奖励 0.50  同分组 12%  检查考试 0.25"
    assert glance({"policy/loss": 1.5}) == "损失 1.500"


@pytest.mark.parametrize(
    ("readiness", "chinese", "english"),
    [
        (Readiness(384, 0.3, 0.0, 1.0, 0.67, 0.0), "有东西可学", "there is something to learn"),
        (Readiness(384, 0.0, 0.0, 0.0, 0.0, 0.99), "模型停不下来", "the model does not stop"),
        (Readiness(384, 0.99, 0.0, 1.0, 0.02, 0.0), "太容易", "too easy"),
        (Readiness(384, 0.01, 0.0, 1.0, 0.02, 0.0), "太难", "too hard"),
    ],
)
def test_the_readiness_check(readiness: Readiness, chinese: str, english: str) -> None:
    assert english in readiness.explain()
    speak("zh")
    assert chinese in readiness.explain() and "384" in readiness.explain()
    if not readiness.is_ready:
        with pytest.raises(TaskError, match="--no-readiness") as refused:
            require_readiness(readiness)
        assert chinese in str(refused.value)


def test_the_verdict() -> None:
    assert "it got better" in gain_lines(exam(10), exam(30))[1]
    assert "no change shown" in gain_lines(exam(10), exam(11))[1]
    speak("zh")
    first, second = gain_lines(exam(10), exam(30))
    assert first.startswith("隐藏考试，40 道题：训练前 25.0 [") and "进步了" in second
    assert "退步了" in gain_lines(exam(30), exam(10))[1]
    assert "看不出变化" in gain_lines(exam(10), exam(11))[1]
    assert "错题本" in exam_report(exam(10), None) and "正确答案：11" in exam_report(exam(10), None)


@pytest.mark.parametrize(("language", "heads"), [("en", ["stage", "steps"]), ("zh", ["阶段", "步数"])])
def test_the_table_stands_in_columns(language: str, heads: list[str]) -> None:
    speak(language)
    row = {"stage": "rl", "steps": 400, "seconds": 123.4, "peak_mib": 512, "folder": "runs/x/rl"}
    head, line = table([row], {"rl": exam(10)})[1:-1]
    assert head.split()[:2] == heads
    assert width(head) - width(head.split()[-1]) == width(line) - width("runs/x/rl")
    lines = _answers(exam(10), exam(30), "grpo")[1:]
    assert len(lines) == 7
    assert len({width(line) for line in lines}) == 1


def test_a_run_folder_does_not_depend_on_the_language(tmp_path: Path) -> None:
    speak("zh")
    exam(3).save(tmp_path / "zh.jsonl")
    speak("en")
    exam(3).save(tmp_path / "en.jsonl")
    assert (tmp_path / "zh.jsonl").read_bytes() == (tmp_path / "en.jsonl").read_bytes()
