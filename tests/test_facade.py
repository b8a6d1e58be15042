"""The front door: `import homeschool as hs` is light, pinned, and enough to raise a model."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import homeschool as hs
from homeschool.errors import ConfigError
from homeschool.exam import load_exam
from homeschool.verdict import rl_verdict

SMALL: dict[str, Any] = {
    "steps": 3,
    "prompts": 4,
    "rl": {"group_size": 4, "kl_coef": 0.0},
    "sampling": {"max_tokens": 4},
    "exam": {"items": 8},
    "readiness": False,
    "reporter": hs.Silent(),
}


def share_of_digits(prompts: list[str], completions: list[str], **columns: list[Any]) -> list[float]:
    """Something that an untrained model earns now and then."""
    return [sum(letter.isdigit() for letter in text) / max(1, len(text)) for text in completions]


@pytest.fixture
def policy(tiny_school: Path) -> hs.Policy:
    return hs.load_policy(tiny_school / "runs/quickstart-grpo/sft")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    rows = ({"prompt": f"{a} + {b} =", "answer": str(a + b)} for a in range(10, 20) for b in range(1, 7))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def settings_of(run: Path) -> str:
    return (run / "config.toml").read_text(encoding="utf-8")


def test_public_names_are_pinned() -> None:
    assert hs.__all__ == [
        "ExamResult",
        "HomeschoolError",
        "Policy",
        "Prompt",
        "Sampling",
        "Silent",
        "StageResult",
        "compare",
        "evaluate",
        "lint",
        "load_policy",
        "load_reward_model",
        "load_task",
        "pretrain",
        "reward_model",
        "rl",
        "sft",
    ]
    assert all(callable(getattr(hs, name)) for name in hs.__all__)
    assert set(hs.__all__) <= set(dir(hs))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="load_polcy"):
        hs.load_polcy  # noqa: B018


def test_the_import_loads_neither_torch_nor_numpy() -> None:
    code = "import sys, homeschool as hs; print(sorted({'torch', 'numpy', 'tyro', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_three_lines(policy: hs.Policy, tmp_path: Path) -> None:
    before = policy.model.state_dict()["model.norm.weight"].clone()
    task = hs.load_task("sums", digits=1, operators="+")
    result = hs.rl(policy, task, share_of_digits, algo="ppo", out=tmp_path / "run", **SMALL)
    assert result.policy is policy and policy.name == str(tmp_path / "run")
    assert not before.equal(policy.model.state_dict()["model.norm.weight"]), "a loaded policy is trained in place"
    assert result.gain is not None and result.before is not None and len(result.before.items) == 8
    written = settings_of(result.folder)
    assert 'algo = "ppo"' in written and "digits = 1" in written and ":share_of_digits" in written
    assert len((result.folder / "metrics.jsonl").read_text().splitlines()) == 3


def test_a_jsonl_file_and_a_function(tiny_school: Path, questions: Path, tmp_path: Path) -> None:
    start = tiny_school / "runs/quickstart-grpo/sft"
    result = hs.rl(start, questions, share_of_digits, out=tmp_path / "run", **SMALL)
    rows = [json.loads(line) for line in (result.folder / "rollouts.jsonl").read_text().splitlines()]
    assert all(row["score"] == share_of_digits([], [row["completion"]])[0] for row in rows)
    again = hs.rl(start, hs.load_task("jsonl", path=questions, scorer=share_of_digits), out=tmp_path / "again", **SMALL)
    names = ("metrics.jsonl", "rollouts.jsonl")
    assert clockless(result.folder / names[0]) == clockless(again.folder / names[0])
    assert (result.folder / names[1]).read_text() == (again.folder / names[1]).read_text()


def test_a_reward_file(tiny_school: Path, questions: Path, tmp_path: Path) -> None:
    file = tmp_path / "reward.py"
    file.write_text("def reward(completions, answer, **_):\n    return [float(len(text)) for text in completions]\n")
    result = hs.rl(tiny_school / "runs/quickstart-grpo/sft", questions, f"{file}:reward", out=tmp_path / "run", **SMALL)
    rows = [json.loads(line) for line in (result.folder / "rollouts.jsonl").read_text().splitlines()]
    assert all(row["score"] == len(row["completion"]) for row in rows)
    assert f'scorer = "{file}:reward"' in settings_of(result.folder)


def test_where_somebody_else_pays_the_tasks_own_marks_are_told_too(policy: hs.Policy, tmp_path: Path) -> None:
    """The same answers marked twice: the scorer pays for anything, the task for the vowel."""
    result = hs.rl(policy, Vowels(), lambda completions, **_: [1.0] * len(completions), out=tmp_path / "rl", **SMALL)
    assert result.before and result.after and result.true_marks
    for paid, own in zip((result.before, result.after), result.true_marks, strict=True):
        assert paid.interval.estimate == 1.0
        assert own.scores == [float("a" in item.answers[0]) for item in paid.items]
    summary = json.loads((result.folder / "summary.json").read_text())
    assert summary["true_after"]["estimate"] == result.true_marks[1].interval.estimate
    kept = load_exam(result.folder / "exams" / "after.jsonl")
    assert kept.true_marks == result.true_marks[1]
    words = "\n".join(rl_verdict(result))
    assert "by the task's own marks" in words and "before 100.0 [" in words and "] %, after" in words


def test_a_gold_check_is_named_by_its_file(policy: hs.Policy, tmp_path: Path) -> None:
    def gold(completions: list[str], **_: object) -> list[float]:
        return [0.0] * len(completions)

    with pytest.raises(ConfigError, match=r'guard.gold is the function .*gold, .* "FILE.py:gold"'):
        hs.rl(policy, Vowels(), out=tmp_path / "rl", guard={"mode": "audited", "gold": gold}, **SMALL)


def test_a_mode_alone_is_short_for_the_table_of_the_guard(policy: hs.Policy, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the guard needs a check to trust"):
        hs.rl(policy, Vowels(), algo="audited", out=tmp_path / "rl", guard="audited", **SMALL)


@dataclass(frozen=True)
class Vowels:
    """A task that is nothing but the four methods of the contract."""

    name: str = "vowels"

    def batch(self, split: str, step: int, count: int, seed: int) -> list[hs.Prompt]:
        return [hs.Prompt(f"vowels/{split}{step}.{index}", "Say a!") for index in range(count)]

    def exam(self, split: str, count: int, seed: int) -> list[hs.Prompt]:
        return self.batch(split, 0, count, seed)

    def score(self, prompts: list[str], completions: list[str], **columns: Any) -> list[float]:
        return [float("a" in text) for text in completions]

    def worked_answer(self, prompt: hs.Prompt) -> str:
        return "a"


def test_a_task_of_ones_own_through_all_stages(policy: hs.Policy, tmp_path: Path) -> None:
    quiet = hs.Silent()
    optim = {"lr": 1e-2}
    learned = hs.sft(policy, Vowels(), steps=12, rows=8, optim=optim, out=tmp_path / "sft", reporter=quiet).policy
    assert hs.evaluate(learned, Vowels(), items=4, sampling=hs.Sampling(max_tokens=2)).interval.estimate == 1.0
    result = hs.rl(learned, Vowels(), out=tmp_path / "rl", **SMALL)
    assert 'name = "vowels"' in settings_of(result.folder)
    assert f'policy = "{tmp_path / "sft"}"' in settings_of(result.folder)


def test_pretrain_and_sft_on_files(tmp_path: Path) -> None:
    book, dialogues = tmp_path / "book.txt", tmp_path / "dialogues.jsonl"
    book.write_text("a rose is a rose.\n\n" * 40)
    dialogues.write_text('{"prompt": "a rose", "completion": "is a rose"}\n')
    shape = {"hidden_size": 16, "layers": 1, "heads": 2, "mlp_size": 32, "context": 64}
    quiet = hs.Silent()
    first = hs.pretrain(book, model=shape, steps=2, rows=2, length=16, out=tmp_path / "one", reporter=quiet)
    assert first.policy.tokenizer.decode(first.policy.tokenizer.encode("rose")) == "rose"
    second = hs.sft(first.folder, dialogues, steps=2, rows=2, out=tmp_path / "two", reporter=quiet)
    assert second.policy.version == 2 and (second.folder / "summary.json").is_file()


def test_resuming_starts_from_the_folder(tiny_school: Path, policy: hs.Policy, tmp_path: Path) -> None:
    start, out = tiny_school / "runs/quickstart-grpo/sft", tmp_path / "run"
    hs.rl(start, "sums", share_of_digits, out=out, **SMALL)
    written = (out / "metrics.jsonl").read_text()
    hs.rl(start, "sums", share_of_digits, out=out, resume=True, **SMALL)
    assert (out / "metrics.jsonl").read_text() == written
    with pytest.raises(hs.HomeschoolError, match="pass its folder"):
        hs.rl(policy, "sums", share_of_digits, out=out, resume=True, **SMALL)


def test_refusals_name_the_way_out(policy: hs.Policy, questions: Path) -> None:
    with pytest.raises(hs.HomeschoolError, match='unknown key "stps"; did you mean "steps"'):
        hs.rl(policy, "sums", stps=3)
    with pytest.raises(hs.HomeschoolError, match="give it to load_policy"):
        hs.evaluate(policy, "sums", dtype="bf16")
    with pytest.raises(hs.HomeschoolError, match="has no marks of its own"):
        hs.evaluate(policy, questions)
    with pytest.raises(hs.HomeschoolError, match='no task is called "sum"'):
        hs.sft(policy, "sum")


def clockless(path: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [{name: value for name, value in row.items() if not name.startswith(("time/", "perf/"))} for row in rows]
