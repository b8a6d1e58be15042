"""The command line in both languages: help that stands in columns, and the refusals that a beginner meets first."""

import re
from pathlib import Path

import pytest
import torch

from homeschool import cost
from homeschool.cli import USAGES, VERBS, main, usage
from homeschool.config import OptimConfig, RlConfig, SftConfig
from homeschool.cost import Plan, Work, require_memory
from homeschool.errors import CheckpointError, ConfigError, RunFolderError
from homeschool.messages.options import OPTIONS
from homeschool.messages.sentence import LANGUAGES, Language, in_language, width
from homeschool.messages.suggestion import suggestion
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import Policy, new_decoder
from homeschool.option_list import kinds_by_verb
from homeschool.option_values import kinds_of
from homeschool.text import ByteTokenizer
from homeschool.train.checkpoint import Progress, save_checkpoint
from homeschool.train.run_folder import open_run


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_of_the_help_fits_a_terminal_and_verbs_stand_in_a_column(language: Language) -> None:
    with in_language(language):
        lines = usage().splitlines()
    assert max(map(width, lines)) <= 80
    listed = [match for line in lines if (match := re.fullmatch(r"  ([a-z-]+) {2,}(\S.*)", line))]
    assert [match[1] for match in listed] == list(VERBS)
    assert {match.start(2) for match in listed} == {16}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_begins_with_what_it_is_for(
    verb: str, language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_language(language):
        if verb in USAGES:
            assert main([verb, "--help"]) == 0
        else:
            with pytest.raises(SystemExit, match="0"):
                main([verb, "--help"])
        printed = capsys.readouterr().out.splitlines()
        assert VERBS[verb]() in printed
    assert f"homeschool {verb}" in printed[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_of_rl_begins_with_the_settings_that_are_wanted_first(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_language(language), pytest.raises(SystemExit, match="0"):
        main(["rl", "--help"])
    first = capsys.readouterr().out.partition("\n\n  --")[0].splitlines()
    listed = {match[1]: match[2] for line in first if (match := re.fullmatch(r"  --(\S+) {2,}(\S.*)", line))}
    assert len(listed) >= 20 and max(map(width, first)) <= 80
    assert listed["rl.group_size"] == getattr(OPTIONS["rl.group_size"], language)
    assert listed.keys() == OPTIONS.keys() & kinds_of(RlConfig).keys()


def test_every_setting_that_is_wanted_first_is_one_of_a_verb() -> None:
    assert {*OPTIONS} <= {name for kind in kinds_by_verb().values() for name in kinds_of(kind)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "没有“trian”这个子命令；是不是想写“pretrain”？"),
        (["rl", "--policy", "x", "--optim.lrr", "3"], "没有“--optim.lrr”这个选项；是不是想写“--optim.lr”？"),
        (["rl", "stepz=3"], "没有“stepz”这项设置，没法设成“3”；是不是想写“steps”？"),
        (["rl", "no_recipe.toml"], "没有配方 no_recipe.toml"),
        (["rl", "--policy", "x", "--algo", "gpro"], "没有“gpro”这个算法；是不是想写“grpo”？"),
        (["compare", "--algos", "gpro,ppo", "--task", "sums", "--policy", "x"], "没有“gpro”这个算法"),
        (["rl"], "rl 要有一个模型做起点：--policy FOLDER"),
        (["chat"], "和谁聊？homeschool chat FOLDER"),
        (["rl", "--policy", "no/such/folder"], "没有模型“no/such/folder”：没有这个文件夹"),
        (["explain"], "收到的是：什么都没有"),
        (["lint", "--task", "smus"], "没有“smus”这个任务；是不是想写“sums”？"),
    ],
)
def test_what_a_beginner_gets_wrong_is_said_in_chinese(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with in_language("zh"):
        assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_key_of_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipe.toml").write_text("[optim]\nwarmup_step = 3\n")
    with in_language("zh"):
        assert main(["rl", str(tmp_path / "recipe.toml")]) == 2
    assert "不认识的设置“optim.warmup_step”；是不是想写“warmup_steps”？" in capsys.readouterr().err


def test_folders_that_are_taken_and_runs_that_were_started_otherwise(tmp_path: Path) -> None:
    run, notes = tmp_path / "run", tmp_path / "notes"
    notes.mkdir()
    (notes / "todo.txt").touch()
    open_run(SftConfig(out=str(run), steps=5), "sft").close()
    with in_language("zh"):
        with pytest.raises(RunFolderError, match="里已经有一次训练；接着跑就加 --resume"):
            open_run(SftConfig(out=str(run), steps=5), "sft")
        with pytest.raises(RunFolderError, match="不是空的，里面也不是训练"):
            open_run(SftConfig(out=str(notes)), "sft")
        with pytest.raises(RunFolderError, match="开始时用的是别的设置（steps 原来是 5，现在是 6）；续跑不能改设置"):
            open_run(SftConfig(out=str(run), steps=6, resume=True), "sft")


SHAPE = DecoderConfig(100, hidden_size=8, num_layers=2, num_heads=2, num_key_heads=1, head_dim=4, mlp_size=16)


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(tokens=100_000, trained=100_000, longest=50, context=20)
    plan = Plan(SHAPE, torch.float32, torch.device("cpu"), OptimConfig(micro_tokens=65536), 10, work)
    monkeypatch.setattr(cost.room, "available", lambda _: 20 * 2**20)
    with in_language("zh"), pytest.raises(ConfigError) as refused:
        require_memory(plan)
    needed = r"除了模型本身，这次训练还要大约 [\d.]+ MiB，可用的只有 20.0 MiB"
    way_out = r"加上 --optim.micro_tokens \d+ 就放得下，结果不变"
    assert re.fullmatch(f"内存不够：{needed}。最大的几块：.+。{way_out}", str(refused.value))


def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """A file where the folder of checkpoints should be, which is refused as a full disk is."""
    tokenizer = ByteTokenizer()
    policy = Policy(new_decoder(DecoderConfig(tokenizer.vocab_size, 8, 1, 2, 1, 4, 16), 0), tokenizer, "small")
    (tmp_path / "checkpoints").touch()
    with in_language("zh"), pytest.raises(CheckpointError, match=r"写不进去：.*已经存好的检查点：没有；腾出空间"):
        save_checkpoint(tmp_path, policy, {}, Progress(1))


@pytest.mark.parametrize(
    ("known", "english", "chinese"),
    [
        (["grpo", "ppo"], '; did you mean "grpo"?', "；是不是想写“grpo”？"),
        (["x", "y"], "; known: x, y", "；可以写的有：x, y"),
        ([str(n) for n in range(31)], "; --help lists all there are", "；--help 会列出全部"),
    ],
)
def test_suggestions(known: list[str], english: str, chinese: str) -> None:
    with in_language("en"):
        assert suggestion("gpro", known) == english
    with in_language("zh"):
        assert suggestion("gpro", known) == chinese


def test_settings_and_columns_of_the_guard_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    from homeschool.algos.holes import hole_warnings, refuse_holes
    from homeschool.config import GuardConfig

    with in_language("zh"):
        with pytest.raises(ConfigError, match=r'守卫没法和算法“grpo”一起用：advantage "group_standardized" 除以这一组'):
            refuse_holes(RlConfig().algorithm, GuardConfig(mode="audited"))
        row = RlConfig(algo="audited").algorithm
        (bounded,) = hole_warnings(row, GuardConfig(mode="audited", credit="bounded"))
    assert "略有偏差" in bounded
