"""What stands behind an option and cannot be meant is said in one line; what can be meant, the parser reads."""

from typing import Any, get_origin

import pytest

from homeschool.arguments import parse
from homeschool.cli import main
from homeschool.config import RlConfig
from homeschool.errors import UsageError
from homeschool.messages.sentence import in_language
from homeschool.option_list import kinds_by_verb
from homeschool.option_values import kinds_of, refuse_misfits

WRONG = [
    (
        "--rl.group_size eight",
        '--rl.group_size received "eight", expected a whole number, as in --rl.group_size 8',
        "--rl.group_size 收到的是“eight”，应该是整数，例如 --rl.group_size 8；含义见 homeschool rl --help",
    ),
    ("rl.group-size=eight", '--rl.group_size received "eight"', "--rl.group_size 收到的是“eight”"),
    ("--seed 1.5", '--seed received "1.5", expected a whole number, as in --seed 0', "--seed 收到的是“1.5”"),
    ("--optim.lr=abc", 'received "abc", expected a number, as in --optim.lr 0.0003', "收到的是“abc”，应该是数"),
    (
        "--guard audietd",
        'received "audietd", expected one of off, observe, audited, weak, as in --guard.mode audited',
        "应该是以下之一：off, observe, audited, weak，例如 --guard.mode audited",
    ),
    ("--rl.kl_corrected maybe", "expected True or False, as in --rl.kl_corrected True", "应该是布尔值 True 或 False"),
    ("--reward.weights 1 x", 'received "1 x", expected values with spaces', "收到的是“1 x”，应该是用空格隔开的几个值"),
    ("--guard.bounds 1", 'received "1", expected 2 numbers', "应该是用空格隔开的 2 个数，例如 --guard.bounds -1.0 2.0"),
    ("--steps", "--steps received no value, expected a whole number, as in --steps 100", "--steps 后面没有值"),
    ("--seed --steps 3", "--seed received no value", "--seed 后面没有值，应该是整数"),
    ("--readiness yes", 'the switch --readiness received "yes"', "开关 --readiness 收到的是“yes”"),
    ("readiness=yes", "write readiness=true or readiness=false", "写 readiness=true 或 readiness=false"),
    (
        "--resume runs/x",
        'received "runs/x", and takes no value: it goes on with the run in the folder that --out names; write --out',
        "收到的是“runs/x”，可它不带值：要接着跑哪个文件夹里的训练，由 --out 指定",
    ),
    ("--resume=runs/x", "write --out FOLDER --resume", "写 --out 文件夹 --resume"),
    ("--steps 3 a.toml", 'received "a.toml", which belongs to no option', "收到的“a.toml”不属于任何选项"),
    ("--reward.weights 1 2 --steps 3 bar", 'received "bar", which', "收到的“bar”不属于任何选项"),
    ("--no_steps", 'no option "--no_steps"', "没有“--no_steps”这个选项"),
]


@pytest.mark.parametrize(("typed", "english", "chinese"), WRONG, ids=[row[0] for row in WRONG])
def test_what_cannot_be_meant_is_said_in_one_line(
    typed: str, english: str, chinese: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for language, message in (("en", english), ("zh", chinese)):
        with in_language(language):
            assert main(["rl", "--policy", "x", *typed.split()]) == 2
        printed = capsys.readouterr()
        assert message in printed.err
        assert printed.out == "" and printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("--rl.group_size 8", {"rl": {"group_size": 8}}),
        ("--rl.group_size None", {}),
        ("--optim.lr 1e-4", {"optim": {"lr": 1e-4}}),
        ("--optim.grad-clip 2", {"optim": {"grad_clip": 2.0}}),
        ("--reward.pays -0.05 0.5 1 --steps 3", {"reward": {"pays": [-0.05, 0.5, 1.0]}, "steps": 3}),
        ("--reward.pays", {}),
        ("--guard.bounds -1 2.5", {"guard": {"bounds": [-1.0, 2.5]}}),
        (
            "--rl.kl_corrected True --no-readiness --trace",
            {"rl": {"kl_corrected": True}, "readiness": False, "trace": True},
        ),
        ("--reward.ensemble=minimum", {"reward": {"ensemble": "minimum"}}),
        ("--sampling.stop END . --algo ppo", {"sampling": {"stop": ["END", "."]}, "algo": "ppo"}),
        ("--stop.kl -1", {"stop": {"kl": -1.0}}),
    ],
)
def test_what_can_be_meant_is_read(typed: str, expected: dict[str, Any]) -> None:
    from homeschool.config import build_config

    assert parse(RlConfig, "rl", typed.split()) == build_config(RlConfig, expected, "test")


@pytest.mark.parametrize("kind", kinds_by_verb().values())
def test_every_option_takes_the_example_that_its_refusal_shows(kind: type[Any]) -> None:
    shown: list[str] = []
    for name, hint in kinds_of(kind).items():
        if hint is bool or hint == tuple[str, ...]:
            continue
        with pytest.raises(UsageError) as refused:
            refuse_misfits(kind, "rl", [f"--{name}", *(["x"] if get_origin(hint) is tuple else [])])
        shown += str(refused.value).partition("as in ")[2].partition("; what it means")[0].split(" ")
    assert shown[0].startswith("--")
    parse(kind, "rl", shown)
