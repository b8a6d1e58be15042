"""Settings: read strictly, written completely, and what the user chose is marked."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeschool.config import (
    AlgorithmColumns,
    EvalConfig,
    PretrainConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
    build_config,
    flatten,
    read_recipe,
    set_by_user,
    write_toml,
)
from homeschool.errors import ConfigError
from homeschool.types import Sampling


@pytest.mark.parametrize(
    "config",
    [
        PretrainConfig(corpus='quotes " and \\ and\nlines'),
        SftConfig(policy="模型/一", task=TaskConfig("sums", digits=3, wording="多少？{sum}")),
        RlConfig(
            rl=AlgorithmColumns(group_size=5, whiten=True), sampling=Sampling(stop=("\n\n", '"')), readiness=False
        ),
        EvalConfig(policy="x", split="hidden"),
    ],
)
def test_what_is_written_reads_back_the_same(config: Any, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(write_toml(config), encoding="utf-8")
    assert build_config(type(config), read_recipe(path), str(path)) == config


def test_what_the_user_set_is_marked_and_nothing_else() -> None:
    config = replace(RlConfig(policy="a model"), steps=7)
    assert set_by_user(config) == {"policy": "a model", "steps": 7}
    marked = [line for line in write_toml(config).splitlines() if line.endswith("# set")]
    assert marked == ['policy = "a model"  # set', "steps = 7  # set"]
    assert "resume" not in tomllib.loads(write_toml(config))


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"stepps": 3}, 'r.toml: unknown key "stepps"; did you mean "steps"'),
        ({"optim": {"lrate": 3}}, 'r.toml: unknown key "optim.lrate"'),
        ({"optim": 3}, "r.toml: optim is a table of settings, received 3"),
        ({"steps": "many"}, "r.toml: steps is 'many', expected int"),
        ({"steps": True}, "r.toml: steps is True, expected int"),
        ({"rl": {"kl_in": "los"}}, "r.toml: rl.kl_in is 'los'; did you mean \"loss\""),
        ({"sampling": {"stop": "x"}}, "r.toml: sampling.stop is 'x', expected a list"),
        ({"optim": {"lr": "1e-4"}}, "r.toml: optim.lr is '1e-4', expected float"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build_config(RlConfig, tables, "r.toml")
    assert message in str(refused.value)


def test_a_table_in_a_recipe_keeps_the_defaults_of_its_verb() -> None:
    config = build_config(PretrainConfig, {"optim": {"lr": 0.5}}, "r.toml")
    assert (config.optim.lr, config.optim.warmup_steps, config.optim.decay) == (0.5, 20, "cosine")


def test_whole_numbers_pass_for_fractions() -> None:
    assert build_config(RlConfig, {"optim": {"lr": 1}}, "r.toml").optim.lr == 1.0


def test_broken_toml_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("steps = = 3\n")
    with pytest.raises(ConfigError, match=r"broken\.toml is not valid TOML"):
        read_recipe(path)


def test_every_setting_has_a_flat_name() -> None:
    flat = flatten(RlConfig())
    assert flat["optim.lr"] == 3e-4 and flat["task.name"] == "sums" and "rl.group_size" in flat
