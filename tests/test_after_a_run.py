"""What follows a run: an exam in what it learned, and commands that work as they are printed."""

import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.arguments import parse
from homeschool.cli import main
from homeschool.config import (
    ExamConfig,
    GuardConfig,
    PretrainConfig,
    RewardConfig,
    RewardModelConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
    command_making,
    exam_of_run,
    read_recipe,
    refuse_code_inside,
    write_toml,
)
from homeschool.errors import ModelError, UsageError
from homeschool.facade import rl
from homeschool.messages.sentence import in_language
from homeschool.models.load import find_folder
from homeschool.next_step import after_pairs, after_reading
from homeschool.train.loop import Silent
from homeschool.types import Sampling
from homeschool.verdict import asked_line

ROOT = Path(__file__).parents[1]


def made_by(folder: Path, verb: str, config: PretrainConfig | SftConfig | RlConfig | RewardModelConfig) -> Path:
    """A run folder with its settings and nothing else."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"# homeschool {verb}\n{write_toml(config)}", encoding="utf-8")
    return folder


def letters(prompts: list[str], completions: list[str], **columns: object) -> list[float]:
    return [len(set(text)) / 100 for text in completions]


@pytest.fixture
def own_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options of a task and a grader that lie in the current folder."""
    monkeypatch.chdir(tmp_path)
    rows = (f'{{"prompt": "{a} + {b} =", "answer": "{a + b}"}}\n' for a in range(10, 30) for b in range(1, 9))
    Path("questions.jsonl").write_text("".join(rows), encoding="utf-8")
    Path("reward.py").write_text(
        "def reward(prompts, completions, **columns):\n    return [len(set(text)) / 100 for text in completions]\n",
        encoding="utf-8",
    )
    return ["--task.name", "jsonl", "--task.path", "questions.jsonl", "--reward.scorer", "reward.py"]


def test_what_is_printed_after_a_run_on_a_task_of_ones_own_works(
    own_task: list[str], tiny_school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = str(tiny_school / "runs" / "quickstart-grpo" / "sft")
    few = "--steps 1 --prompts 2 --rl.group_size 2 --exam.items 4 --sampling.max_tokens 5 --no-readiness"
    out = tmp_path / "my runs" / "first"
    assert main(["rl", "--policy", start, *own_task, *few.split(), "--out", str(out)]) == 0
    line = re.search(r"next: (homeschool chat .*), or (homeschool eval .*)", capsys.readouterr().out)
    assert line and shlex.split(line[1]) == ["homeschool", "chat", str(out)]
    assert main([*shlex.split(line[2])[1:], "--items", "4"]) == 0
    printed = capsys.readouterr().out
    assert "task jsonl (path questions.jsonl), marked by reward.py, as in the run that made" in printed
    assert "4 questions:" in printed
    assert len((out / "exams" / "after.jsonl").read_text(encoding="utf-8").splitlines()) == 4

    checkpoint = str(next((out / "checkpoints").iterdir()))
    with in_language("zh"):
        assert main(["eval", checkpoint, "--items", "4"]) == 0
    assert "任务 jsonl (path questions.jsonl)，由 reward.py 打分，和训练" in capsys.readouterr().out

    assert main(["eval", str(out), "--task", "sums", "--items", "4"]) == 0
    printed = capsys.readouterr().out
    assert "task sums, marked by the task itself\n" in printed and "jsonl" not in printed


def test_an_exam_of_a_run_with_a_gold_check_is_marked_by_it_as_well(
    own_task: list[str], tiny_school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("gold.py").write_text("def gold(completions):\n    return [1.0] * len(completions)\n", encoding="utf-8")
    start, run = str(tiny_school / "runs" / "quickstart-grpo" / "sft"), str(tmp_path / "run")
    few = "--steps 1 --prompts 2 --rl.group_size 2 --exam.items 4 --sampling.max_tokens 5 --no-readiness"
    assert main(["rl", "--policy", start, *own_task, *few.split(), "--guard.gold", "gold.py:gold", "--out", run]) == 0
    capsys.readouterr()
    assert main(["eval", run, "--items", "4", "--baseline", start]) == 0
    printed = capsys.readouterr().out
    assert "marked by reward.py and by the gold check gold.py:gold, as in the run that made" in printed
    marks = printed.partition("the same answers by the gold check gold.py:gold:\n")[2].splitlines()
    assert marks[0].startswith("4 questions: 100.0 [") and "before 100.0 [" in marks[1]
    for without in ("--gold=", "--reward.scorer=reward.py"):
        assert main(["eval", run, "--items", "4", without]) == 0
        assert "gold" not in capsys.readouterr().out


def test_a_grader_given_from_python_is_not_offered_to_a_command_line(
    own_task: list[str], tiny_school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Listener(Silent):
        def note(self, message: str) -> None:
            print(message)

    start = str(tiny_school / "runs" / "quickstart-grpo" / "sft")
    few = {"steps": 1, "prompts": 2, "exam": ExamConfig(items=4), "sampling": Sampling(max_tokens=5)}
    out = {"out": str(tmp_path / "run"), "readiness": False, "rl": {"group_size": 2}}
    rl(start, own_task[3], letters, reporter=Listener(), **few, **out)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"next: homeschool chat {tmp_path / 'run'}"
    assert main(["eval", str(tmp_path / "run")]) == 2
    assert "letters' is not a reward function" in capsys.readouterr().err


def test_a_model_that_no_run_has_made_is_asked_sums_and_that_is_said(
    tiny_school: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model"
    assert main(["export", str(tiny_school / "runs" / "quickstart-grpo" / "sft"), str(model)]) == 0
    assert main(["eval", "--policy", str(model), "--items", "2", "--sampling.max_tokens", "4"]) == 0
    assert (
        f"task sums, marked by the task itself, since no run says what {model} has learned" in capsys.readouterr().out
    )


def test_an_exam_takes_from_its_run_who_marks_and_no_rule_of_pay(tmp_path: Path) -> None:
    tables = {"scorer": "task", "rule": "own_tiers", "full_marks": 5.0, "timeout_s": 7.0}
    config = RlConfig(task=TaskConfig("chain", length=4), sampling=Sampling(max_tokens=9, stop=("\n",)))
    folder = made_by(tmp_path / "run", "rl", config)
    text = (folder / "config.toml").read_text(encoding="utf-8")
    marks = "[reward]\n" + "".join(f"{key} = {value!r}\n" for key, value in tables.items())
    (folder / "config.toml").write_text(re.sub(r"\[reward\]\n(.+\n)*", marks, text), encoding="utf-8")
    exam = exam_of_run(str(folder))
    assert exam is not None and exam.policy == str(folder)
    assert (exam.task, exam.sampling) == (config.task, config.sampling)
    assert (exam.reward.scorer, exam.reward.timeout_s, exam.reward.rule) == ("task", 7.0, "")
    assert exam.reward.full_marks is None and exam.gold == ""
    assert exam_of_run(str(tmp_path)) is None and exam_of_run("") is None


def test_an_exam_that_was_changed_does_not_claim_to_be_that_of_the_run(tmp_path: Path) -> None:
    """Nor that no run says what the model has learned."""
    folder = made_by(tmp_path / "run", "rl", RlConfig(task=TaskConfig("sums", digits=2)))
    exam = exam_of_run(str(folder))
    assert exam is not None
    assert asked_line(exam, exam, False).startswith("task sums (digits 2), marked by the task itself, as in the run")
    other_marker = replace(exam, reward=replace(exam.reward, scorer="reward.py"))
    assert asked_line(other_marker, exam, False) == "task sums (digits 2), marked by reward.py"
    other_digits = replace(exam, task=TaskConfig("sums", digits=3))
    assert asked_line(other_digits, exam, False) == "task sums (digits 3), marked by the task itself"


def test_code_that_came_with_a_folder_is_not_run_unasked(tmp_path: Path) -> None:
    """Neither the run's own file nor one that is reached by a way round; one beside the folder is the user's."""
    for scorer in ("run/reward.py", "task,other/../run/exams/reward.py:mark"):
        names = ",".join(part if part == "task" else f"{tmp_path}/{part}" for part in scorer.split(","))
        folder = tmp_path / "run"
        made_by(folder, "rl", replace(RlConfig(), reward=RewardConfig(scorer=names)))
        with pytest.raises(UsageError, match="inside its own folder"):
            refuse_code_inside(exam_of_run(str(folder)))  # type: ignore[arg-type]
        shutil.rmtree(folder)
    made_by(folder, "rl", RlConfig(guard=GuardConfig(gold=f"{folder}/gold.py:gold")))
    with pytest.raises(UsageError, match=r"name it: --gold .*/run/gold\.py:gold, or do without it: --gold ''"):
        refuse_code_inside(exam_of_run(str(folder)))  # type: ignore[arg-type]
    shutil.rmtree(folder)
    made_by(folder, "rl", replace(RlConfig(), reward=RewardConfig(scorer=f"{tmp_path}/reward.py")))
    refuse_code_inside(exam_of_run(str(folder)))  # type: ignore[arg-type]


def test_a_config_that_no_run_has_written_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"this is = no recipe [ \xff")
    assert exam_of_run(str(tmp_path)) is None


def test_a_model_that_learned_from_a_file_names_no_task(tmp_path: Path) -> None:
    told = {
        "sft": made_by(tmp_path / "sft", "sft", SftConfig(data="dialogues.jsonl")),
        "pretrain": made_by(tmp_path / "pretrain", "pretrain", PretrainConfig(corpus="book.txt")),
        "reward-model": made_by(tmp_path / "judge", "reward-model", RewardModelConfig()),
    }
    assert [exam_of_run(str(folder)) for folder in told.values()] == [None] * 3
    assert after_reading(SftConfig(data="dialogues.jsonl"), told["sft"]) == f"homeschool chat {told['sft']}"
    assert after_reading(PretrainConfig(corpus="book.txt"), told["pretrain"]) == f"homeschool chat {told['pretrain']}"


@pytest.mark.parametrize(
    ("task", "sampling", "options"),
    [
        (TaskConfig(), Sampling(), ""),
        (
            TaskConfig("papers", questions=3, form=True),
            Sampling(),
            " --task.name papers --task.questions 3 --task.form True",
        ),
        (TaskConfig(wording="How much is {sum}?"), Sampling(), " --task.wording 'How much is {sum}?'"),
        (TaskConfig("chain"), Sampling(max_tokens=7), " --task.name chain --sampling.max_tokens 7"),
    ],
)
def test_the_next_stage_is_on_the_same_task(task: TaskConfig, sampling: Sampling, options: str, tmp_path: Path) -> None:
    config = SftConfig(task=task, sampling=sampling)
    folder = made_by(tmp_path / "sft", "sft", config)
    command = after_reading(config, folder)
    assert command == f"homeschool rl --policy {folder}{options}"
    goes_on = parse(RlConfig, "rl", shlex.split(command)[2:])
    assert (goes_on.policy, goes_on.task, goes_on.sampling.max_tokens) == (str(folder), task, sampling.max_tokens)


def test_a_task_that_brings_no_marks_is_not_gone_on_with(tmp_path: Path) -> None:
    config = SftConfig(task=TaskConfig("jsonl", path="questions.jsonl"))
    folder = made_by(tmp_path / "sft", "sft", config)
    assert after_reading(config, folder) == f"homeschool chat {folder}"


def test_a_reward_model_marks_for_the_model_that_wrote_its_pairs(tmp_path: Path) -> None:
    config = RewardModelConfig(policy="runs/school/sft", task=TaskConfig("papers"))
    command = after_pairs(config, tmp_path).partition("next: ")[2]
    goes_on = parse(RlConfig, "rl", shlex.split(command)[2:])
    assert (goes_on.policy, goes_on.task.name) == ("runs/school/sft", "papers")
    assert goes_on.reward.scorer == f"model:{tmp_path}"
    told = after_pairs(RewardModelConfig(policy="x", data="pairs.jsonl"), tmp_path)
    assert told.endswith(f"homeschool rl takes it with --reward.scorer model:{tmp_path}")


def test_a_model_that_is_not_there_names_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every model that a recipe starts from, the command that makes it, unless it is one that is fetched."""
    monkeypatch.chdir(ROOT)
    recipes = sorted(Path("recipes").glob("*.toml"))
    starts = {str(policy) for recipe in recipes if (policy := read_recipe(recipe).get("policy"))} - {"smollm2"}
    assert len(starts) > 10 and "runs/guard/sums" in starts
    commands = {start: command_making(start) for start in starts}
    assert None not in commands.values()
    assert commands["runs/school/sft"] == "homeschool sft recipes/school-sft.toml"
    assert command_making("./runs/school/../school/sft/") == command_making(str(ROOT / "runs/school/sft"))
    assert command_making("runs/quickstart-ppo/sft") == "homeschool quickstart --algo ppo"
    assert command_making("runs/nobody") is None


def test_the_refusal_says_so_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipes").mkdir()
    Path("recipes/broken.toml").write_text("this is = no recipe [", encoding="utf-8")
    Path("recipes/mine.toml").write_text('#   homeschool sft recipes/mine.toml\nout = "runs/mine"\n', encoding="utf-8")
    with pytest.raises(ModelError, match=r'no model "runs/mine" yet; this makes it: homeschool sft recipes/mine\.toml'):
        find_folder("runs/mine")
    with in_language("zh"), pytest.raises(ModelError, match=r"用这条命令来训练：homeschool sft recipes/mine\.toml"):
        find_folder("runs/mine")
    with pytest.raises(ModelError, match="there is no such folder"):
        find_folder("runs/yours")
