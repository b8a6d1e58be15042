"""The command line: exit codes, overrides, and nothing heavy before it is needed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

import homeschool
from homeschool.arguments import parse, value_of
from homeschool.cli import VERBS, main
from homeschool.config import RlConfig, SftConfig
from homeschool.errors import ConfigError, RunError, Stopped, UsageError


def test_the_package_can_be_run_as_a_module() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "homeschool", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"homeschool {homeschool.__version__}\n"


def test_help_names_every_verb_quickly_and_without_torch() -> None:
    code = (
        "import sys; from homeschool.cli import main\n"
        "assert main(['--help']) == 0\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert all(verb in result.stdout for verb in VERBS)
    assert time.perf_counter() - start < 5  # a wide bound for a busy machine; the figure is measured in benchmarks/


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trian"], 2, 'no verb "trian"; did you mean'),
        (["rl"], 2, "needs a model to start from"),
        (["rl", "--policy", "no/such/folder"], 2, 'no model "no/such/folder"'),
        (["rl", "no_recipe.toml"], 2, "no recipe no_recipe.toml"),
        (["rl", "--policy", "x", "--algo", "grop"], 2, 'did you mean "grpo"'),
        (["rl", "--policy", "x", "--algo", "gpro"], 2, 'did you mean "grpo"'),
        (["report", "no/such/run"], 2, "there is no folder no/such/run"),
        (["explain", "dance"], 2, "usage: homeschool explain pretrain|sft|reward-model|rl"),
        (["explain"], 2, "received nothing"),
        (["rl", "--policy", "x", "--optim.lrr", "3"], 2, 'no option "--optim.lrr"; did you mean "--optim.lr"?'),
        (["rl", "--policy", "x", "--zzzzzzzzzzzzz"], 2, 'no option "--zzzzzzzzzzzzz"; --help lists all there are'),
        (["compare"], 2, "there are 0 arms []"),
        (["compare", "one_run"], 2, "usage: homeschool compare RUN_A RUN_B"),
        (["compare", "one_run", "other_run"], 2, "one_run holds no run"),
        (["compare", "--algos", "ppo,grop", "--task", "papers", "--policy", "x"], 2, 'did you mean "grpo"'),
        (["export", "one"], 2, "usage: homeschool export"),
        (["fetch"], 2, "usage: homeschool fetch"),
        (["rl", "stepz=3"], 2, 'no setting "stepz" to give the value "3"; did you mean "steps"?'),
        (["pretrain", "steps=0"], 2, "steps is 0, expected at least 1"),
        (["explain", "pretrain", "length=512"], 2, "length is 512, but model.context is 256"),
    ],
)
def test_a_request_that_cannot_be_carried_out_says_why_and_exits_with_2(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert message in capsys.readouterr().err


def test_both_spellings_of_an_override_mean_the_same() -> None:
    dashed = parse(RlConfig, "rl", ["--optim.lr", "1e-4", "--rl.group_size", "5", "--no_readiness"])
    plain = parse(RlConfig, "rl", ["optim.lr=1e-4", "rl.group_size=5", "readiness=false"])
    assert dashed == plain
    assert (dashed.optim.lr, dashed.rl.group_size, dashed.readiness) == (1e-4, 5, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["optim.grad-clip=2"], ["--optim.grad-clip", "2"]),
        (["optim.checkpointing=true"], ["--optim.checkpointing"]),
        (["readiness=False"], ["--no-readiness"]),
        (["--readiness=false"], ["--no-readiness"]),
        (["rl.advantage=gae"], ["--rl.advantage", "gae"]),
        (["rl.kl_corrected=true"], ["--rl.kl_corrected", "True"]),
        (["task.path=true"], ["--task.path", "true"]),
        (["task.path=-x=y"], ["--task.path=-x=y"]),
        (["--task.path", "a=b"], ["task.path=a=b"]),
        (["--resume", "steps=3"], ["resume=true", "--steps", "3"]),
        (["--no-readiness", "steps=3"], ["steps=3", "--no_readiness"]),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_spellings_that_mean_the_same(one: list[str], other: list[str]) -> None:
    assert parse(RlConfig, "rl", one) == parse(RlConfig, "rl", other) != RlConfig()


def test_the_command_line_wins_over_the_recipe_and_the_recipe_over_the_defaults(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('steps = 7\nprompts = 3\n[sampling]\nstop = ["\\n", "END"]\n')
    config = parse(RlConfig, "rl", [str(recipe), "steps=9"])
    assert (config.steps, config.prompts, config.sampling.stop, config.algo) == (9, 3, ("\n", "END"), "grpo")


def test_settings_change_the_base_that_is_given_and_a_recipe_replaces_it(tmp_path: Path) -> None:
    base = RlConfig(steps=5, prompts=3)
    assert parse(RlConfig, "rl", ["steps=6"], base) == RlConfig(steps=6, prompts=3)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("steps = 7\n")
    assert parse(RlConfig, "rl", [str(recipe)], base) == RlConfig(steps=7)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["--task.name", "chain"], "chain"),
        (["--task.name=chain"], "chain"),
        (["task.name=chain"], "chain"),
        (["task.name=sums", "--task.name", "chain"], "chain"),
        (["--task", "chain"], None),
        (["task.name"], None),
        (["--task.name"], ""),
    ],
    ids=str,
)
def test_the_value_of_one_setting_among_arguments(arguments: list[str], value: str | None) -> None:
    assert value_of(arguments, "task.name") == value


def test_an_unknown_recipe_key_names_the_file_and_the_nearest(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[optim]\nlearning_rate = 1.0\nwarmup_step = 3\n")
    with pytest.raises(ConfigError, match=r'recipe.toml: unknown key "optim\.'):
        parse(RlConfig, "rl", [str(recipe)])


@pytest.mark.parametrize("spelling", [["--out", "{}"], ["--out={}"], ["out={}"]], ids=" ".join)
def test_a_resumed_run_takes_its_settings_from_its_folder(spelling: list[str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('policy = "somewhere"\nsteps = 123\n')
    config = parse(SftConfig, "sft", ["--resume", *(part.format(tmp_path) for part in spelling)])
    assert (config.steps, config.policy, config.resume, config.out) == (123, "somewhere", True, str(tmp_path))


def test_a_recipe_wins_over_the_folder_of_a_resumed_run(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("steps = 123\n")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("steps = 7\n")
    assert parse(SftConfig, "sft", [str(recipe), "--resume", "--out", str(tmp_path)]).steps == 7


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]], ids=str)
def test_help_is_printed_and_exits_with_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert "usage: homeschool VERB" in capsys.readouterr().out


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"homeschool {homeschool.__version__}\n"


@pytest.mark.parametrize(("code", "raised"), [(1, RunError("x")), (2, UsageError("x")), (143, Stopped(15, "x"))])
def test_exit_codes(code: int, raised: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> int:
        raise raised

    monkeypatch.setattr("homeschool.cli._doctor", fail)
    assert main(["doctor"]) == code


def test_interrupting_a_verb_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("homeschool.cli._doctor", interrupted)
    assert main(["doctor"]) == 130


@pytest.mark.parametrize(("findings", "code"), [([], 0), (["too many threads"], 1)])
def test_doctor_exits_with_1_when_it_finds_something(
    findings: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeschool.doctor.doctor", lambda: findings)
    assert main(["doctor"]) == code
