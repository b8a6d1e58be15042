"""Settings: read strictly, written completely, and what the user chose is marked."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeschool.config import (
    RANGES,
    AlgorithmColumns,
    EvalConfig,
    PretrainConfig,
    RewardModelConfig,
    RlConfig,
    SftConfig,
    TaskConfig,
    build_config,
    flatten,
    read_recipe,
    refuse_impossible,
    set_by_user,
    write_toml,
)
from homeschool.errors import ConfigError
from homeschool.types import Sampling


@pytest.mark.parametrize(
    "config",
    [
        PretrainConfig(corpus='quotes " and \\ and\nlines'),
        PretrainConfig(corpus="\r\x00\x1b[31m\x7f\u2028 # set"),
        SftConfig(policy="模型/一", task=TaskConfig("sums", digits=3, wording="多少？{sum}")),
        RlConfig(
            rl=AlgorithmColumns(group_size=5, whiten="tokens"), sampling=Sampling(stop=("\n\n", '"')), readiness=False
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
        ({"optim": {"betas": [0.9]}}, "r.toml: optim.betas is [0.9], expected a list of 2"),
        ({"optim": {"betas": [0.9, "x"]}}, "r.toml: optim.betas is 'x', expected float"),
        ({"sampling": {"stop": ["x", 1]}}, "r.toml: sampling.stop is 1, expected str"),
        ({"dtype": "f32"}, "r.toml: dtype is 'f32'; did you mean \"fp32\""),
        ({"rl": {"group_size": 2.5}}, "r.toml: rl.group_size is 2.5, expected int"),
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


@pytest.mark.parametrize(
    ("kind", "tables", "message"),
    [
        (RlConfig, {"steps": -3}, "steps is -3, expected at least 1"),
        (RlConfig, {"keep": {"every": 0}}, "keep.every is 0, expected at least 1"),
        (RlConfig, {"optim": {"micro_tokens": 0}}, "optim.micro_tokens is 0, expected at least 1"),
        (RlConfig, {"sampling": {"temperature": float("nan")}}, "sampling.temperature is nan, expected at least 0"),
        (RlConfig, {"sampling": {"top_p": 1.5}}, "sampling.top_p is 1.5, expected a number from 0 to 1"),
        (EvalConfig, {"items": 0}, "items is 0, expected at least 1"),
        (PretrainConfig, {"model": {"layers": 0}}, "model.layers is 0, expected at least 1"),
        (PretrainConfig, {"length": 300}, "length is 300, but model.context is 256"),
    ],
)
def test_numbers_that_no_run_can_be_made_with(kind: type[Any], tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        refuse_impossible(build_config(kind, tables, "r.toml"))
    assert message in str(refused.value)


@pytest.mark.parametrize("kind", [PretrainConfig, SftConfig, RewardModelConfig, RlConfig, EvalConfig])
def test_defaults_are_possible_and_written_without_a_mark(kind: type[Any]) -> None:
    refuse_impossible(kind())
    assert "# set" not in write_toml(kind())


def test_every_range_is_that_of_a_setting() -> None:
    kinds = (PretrainConfig, SftConfig, RewardModelConfig, RlConfig, EvalConfig)
    keys = {key for kind in kinds for key in flatten(kind())}
    assert RANGES.keys() <= keys | {key.rpartition(".")[2] for key in keys}


def test_yaml_is_read_as_toml_is(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    toml, yaml = tmp_path / "r.toml", tmp_path / "r.yaml"
    toml.write_text('steps = 7\n[sampling]\nstop = ["\\n"]\n[optim]\nlr = 1e-4\nbetas = [0.8, 0.9]\n')
    yaml.write_text('steps: 7\nsampling: {stop: ["\\n"]}\noptim:\n  lr: 1e-4\n  betas: [0.8, 0.9]\n')
    assert build_config(RlConfig, read_recipe(yaml), "r") == build_config(RlConfig, read_recipe(toml), "r")


@pytest.mark.parametrize("content", ["- a\n- b\n", "just text\n", ""])
def test_yaml_that_is_no_table_is_refused(content: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "r.yml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"r\.yml holds \w+, expected a table of settings"):
        read_recipe(path)


def test_broken_yaml_names_the_file(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "r.yaml"
    path.write_text("steps: [1\n")
    with pytest.raises(ConfigError, match=r"r\.yaml is not valid YAML"):
        read_recipe(path)


def test_a_recipe_that_is_not_text_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"r\.toml is not UTF-8"):
        read_recipe(path)
