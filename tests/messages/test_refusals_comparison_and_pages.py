"""What comparisons, schools, pages and the functions of the package refuse, said in Chinese."""

from pathlib import Path

import pytest

import homeschool as hs
from homeschool.cli import main
from homeschool.comparison.run import compare_folders
from homeschool.errors import ConfigError, RunFolderError
from homeschool.messages.sentence import in_language
from homeschool.quickstart import TOO_SHORT

MODEL = ["--policy", "nowhere"]


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line answers with exit code 2."""
    with in_language("zh"):
        assert main(arguments) == 2
    return capsys.readouterr().err.removeprefix("homeschool: ").strip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--algos", "grpo"], "：只有 1 个方案 ['grpo']，比较至少要两个；用 --algos ppo,grpo 写明算法表里的几行"),
        (["--algos", "grpo,ppo", "--baseline", "gpro"], "：基准“gpro”不是任何一个方案；是不是想写“grpo”？"),
        (["--algos", "grpo,ppo", "--only", "pppo"], "：only 里写的“pppo”不是任何一个方案；是不是想写“ppo”？"),
        (["--algos", "grpo,ppo", "--seeds", "0"], "seeds 是 0，至少要有 1 个"),
        (
            ["--algos", "grpo,ppo", "--starts", "sft"],
            "starts：“sft”应该是一个子命令加一份配方，配方里要写明“out”在哪里",
        ),
    ],
)
def test_comparisons(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in said(["compare", *arguments, *MODEL], capsys)


def test_a_recipe_whose_arms_sit_other_exams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('policy = "nowhere"\n[arms.a]\nexam.items = 3\n[arms.b]\n')
    assert "方案 a 自己设了 exam，这一项所有方案都要一样，考试才一样" in said(["compare", str(recipe)], capsys)
    recipe.write_text('[arms]\na = 3\nb = "grpo"\n')
    assert f"{recipe}：arms.a 是 3，应该是一张写着设置的表" in said(["compare", str(recipe)], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "nowhere"], "没有 nowhere 这个文件夹；请写训练文件夹，可以用 ls runs 看看有哪些"),
        (["diagnose", "nowhere"], "nowhere 里没有训练：它和它下面的文件夹里都没有 config.toml"),
        (
            ["explain", "--concepts", "nowhere"],
            "nowhere 里没有带考试的训练；请指定一个：homeschool explain --concepts RUN",
        ),
        (["explain", "--concepts"], "runs 里没有带考试的训练；请指定一个：homeschool explain --concepts RUN"),
        (["rl", *MODEL, "--track", "tensorbord"], "track：没有“tensorbord”这种实验跟踪；是不是想写“tensorboard”？"),
    ],
)
def test_folders_and_trackers(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in said(arguments, capsys)


def test_files_where_folders_should_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    folder.mkdir()
    assert said(["view", str(file)], capsys) == f"{file} 是文件；请写训练文件夹"
    assert said(["report", str(folder), "-o", str(folder)], capsys).startswith(f"{folder} 是文件夹；应该写要生成的文件")
    with in_language("zh"), pytest.raises(RunFolderError, match=r"里没有训练（没有 config\.toml）；请写训练文件夹"):
        compare_folders([folder, file])


def test_a_school_that_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").touch()
    assert said(["quickstart", "--out", str(tmp_path)], capsys) == (
        f"{tmp_path} 里已经有一套课程；接着上就加 --resume，或者用 --out 文件夹 换个地方"
    )
    (tmp_path / TOO_SHORT).touch()
    assert (
        said(["quickstart", "--out", str(tmp_path)], capsys) == f"{tmp_path} 里的课程已经结束；用 --out 文件夹 换个地方"
    )


def test_a_gold_check_that_is_a_function() -> None:
    with (
        in_language("zh"),
        pytest.raises(ConfigError, match=r"guard\.gold 是函数 .*:check，可金标准检查要在单独的进程里运行"),
    ):
        hs.rl("nowhere", "sums", guard={"mode": "audited", "gold": check})


def check(prompts: list[str], completions: list[str]) -> list[float]:
    return [1.0 for _ in completions]
