"""The command line: exit codes, overrides, and nothing heavy before it is needed."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from homeschool.cli import VERBS, main, parse
from homeschool.config import RlConfig, SftConfig
from homeschool.errors import ConfigError


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
        (["explain", "dance"], 2, "explain what?"),
        (["export", "one"], 2, "usage: homeschool export"),
        (["fetch"], 2, "usage: homeschool fetch"),
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


def test_the_command_line_wins_over_the_recipe_and_the_recipe_over_the_defaults(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('steps = 7\nprompts = 3\n[sampling]\nstop = ["\\n", "END"]\n')
    config = parse(RlConfig, "rl", [str(recipe), "steps=9"])
    assert (config.steps, config.prompts, config.sampling.stop, config.algo) == (9, 3, ("\n", "END"), "grpo")


def test_an_unknown_option_ends_with_2_and_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        parse(RlConfig, "rl", ["--optim.lrr", "3"])
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert "--optim.lr" in printed.out + printed.err


def test_an_unknown_recipe_key_names_the_file_and_the_nearest(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[optim]\nlearning_rate = 1.0\nwarmup_step = 3\n")
    with pytest.raises(ConfigError, match=r'recipe.toml: unknown key "optim\.'):
        parse(RlConfig, "rl", [str(recipe)])


def test_a_resumed_run_takes_its_settings_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('policy = "somewhere"\nsteps = 123\n')
    config = parse(SftConfig, "sft", ["--resume", "--out", str(tmp_path)])
    assert (config.steps, config.policy, config.resume, config.out) == (123, "somewhere", True, str(tmp_path))
