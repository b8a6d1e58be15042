"""A real training with the learner's rule: the same file, one at a time, stopped when asked, limited."""

import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from homeschool.cli import main
from homeschool.errors import ConfigError, UsageError
from homeschool.play import graduation, patches, training, tutor
from homeschool.play.father import fingerprint
from homeschool.play.level import Range, RealRun, Switch
from homeschool.play.levels import LEVELS, level
from homeschool.play.training import RECIPES, Training

PROGRAM = 'def rule(attempt, history):\n    return attempt["score"] / 100\n'
RULE = RealRun({}, PROGRAM)
ROOT = Path(__file__).parents[2]
TINY = ["--model.hidden_size", "32", "--model.layers", "1", "--model.heads", "2", "--model.mlp_size", "64"]


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one layer that has read for two steps."""
    out = tmp_path_factory.mktemp("child") / "child"
    assert main(["pretrain", "--out", str(out), "--steps", "2", "--rows", "4", *TINY, "--json"]) == 0
    return out


@pytest.fixture
def short(tmp_path: Path, child: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recipe of the level with fewer exams, in a folder where the child is there already."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    text = (RECIPES / "rule.toml").read_text().replace("steps = 80", "steps = 3").replace("items = 400", "items = 4")
    assert "steps = 3" in text and "items = 4" in text
    (folder / "rule.toml").write_text(text.replace("prompts = 32", "prompts = 2"))
    monkeypatch.setattr(training, "RECIPES", folder)
    monkeypatch.setattr(training, "READY", (str(child),))
    return folder


def waited(running: Training, seconds: float = 120) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while (found := running.status())["state"] == "running" and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_the_run_is_paid_by_the_file_of_the_page(tmp_path: Path, short: Path) -> None:
    running = Training(tmp_path / "out")
    running.start(RULE)
    with pytest.raises(UsageError, match="running already"):
        running.start(RULE)
    found = waited(running)
    assert found["state"] == "finished", found["failure"]
    assert found["hash"] == found["run_hash"] == fingerprint(PROGRAM)
    assert (found["step"], found["steps"], found["stage"]) == (3, 3, "rl")
    assert len(found["scores"]) == 3 and found["exam"]["after"]["estimate"] >= 0
    (kept,) = (tmp_path / "out" / "rules").iterdir()
    assert kept.read_text() == PROGRAM


def test_a_recipe_trains_with_its_settings_and_leaves_a_certificate(tmp_path: Path, short: Path) -> None:
    running = Training(tmp_path / "out")
    recipe = graduation.real({"rule": "own_tiers", "group": 4.0, "kl": 0.02, "audits": 0.1})
    assert recipe.settings["prompts"] == 64
    running.start(RealRun({**recipe.settings, "prompts": 2}))
    with pytest.raises(UsageError, match="running already"):
        running.start(recipe)
    found = waited(running, 250)
    assert found["state"] == "finished", found["failure"]
    config = tomllib.loads((tmp_path / "out" / "rl-001" / "config.toml").read_text())
    assert (config["reward"]["rule"], config["rl"]["group_size"], config["rl"]["kl_coef"]) == ("own_tiers", 4, 0.02)
    assert config["prompts"] == 2 and found["hash"] == ""
    told = found["certificate"]
    assert told["chat"] == f"homeschool chat {tmp_path / 'out' / 'rl-001'}" and told["problems"] >= 0
    assert told["report"] == str(tmp_path / "out" / "rl-001" / "report.html") and Path(told["report"]).is_file()


def trained(out: Path, number: int, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a level's real run says of itself in the end, and the settings that it was made with."""
    chosen = level(number)
    assert chosen.real is not None
    running = Training(out)
    running.start(chosen.real(chosen.read(settings)))
    found = waited(running, 250)
    assert found["state"] == "finished", found["failure"]
    return found, tomllib.loads((out / "rl-001" / "config.toml").read_text())


def test_a_tutor_of_the_page_is_the_critic_of_the_run(tmp_path: Path, short: Path) -> None:
    settings = {"layers": 1.0, "gamma": 0.9, "lambda": 0.75, "warmup": 3.0}  # 3 of 240 exams are 1 of 80
    found, config = trained(tmp_path / "out", 3, settings)
    assert config["algo"] == "ppo"
    columns = {name: config["rl"][name] for name in ("critic_layers", "critic_warmup", "gae_gamma", "gae_lambda")}
    assert columns == {"critic_layers": 1, "critic_warmup": 1, "gae_gamma": 0.9, "gae_lambda": 0.75}
    assert len(found["explained"]) == len(found["scores"]) == 3 and None not in found["explained"] + found["scores"]
    assert found["exam"]["critic"]["parameters"] > 0 and found["exam"]["seconds"] >= found["exam"]["critic"]["seconds"]


def test_patches_of_the_page_are_those_of_the_run(tmp_path: Path, short: Path) -> None:
    settings = {"clip_low": 0.1, "clip_high": 0.3, "kl": 0.05, "jump": True, "divide": True}
    found, config = trained(tmp_path / "out", 6, settings)
    names = ("clip_low", "clip_high", "kl_coef", "advantage", "minibatches")
    assert [config["rl"][name] for name in names] == [0.1, 0.3, 0.05, "group_standardized", 4]
    assert found["hash"] == found["run_hash"] == fingerprint(patches.NO_PAY_FOR_JUMPS)
    assert len(found["scores"]) == 3 and None not in found["scores"] and found["exam"]["critic"] is None


def test_the_tutor_counts_the_exams_of_the_recipe() -> None:
    assert tomllib.loads((RECIPES / "rule.toml").read_text())["steps"] == tutor.REAL_EXAMS


@pytest.mark.parametrize("at", ["low", "high"])
def test_what_a_control_can_send_no_run_refuses(at: str) -> None:
    """Nothing of this starts a run: its settings are read, and refused where they contradict each other."""
    for one in LEVELS:
        if one.real is None:
            continue
        settings = {control.name: getattr(control, at) for control in one.controls if isinstance(control, Range)}
        switches = {control.name: at == "high" for control in one.controls if isinstance(control, Switch)}
        chosen = one.real(one.read(settings | switches)).settings
        command = ["explain", "rl", str(RECIPES / "rule.toml")]
        assert main([*command, *(part for name, value in chosen.items() for part in (f"--{name}", str(value)))]) == 0


def test_a_training_that_cannot_begin_says_why(tmp_path: Path, short: Path) -> None:
    running = Training(tmp_path / "out")
    (tmp_path / "out" / "rl.log").mkdir(parents=True)  # where its words should go
    running.start(RealRun({}))
    found = waited(running)
    assert found["state"] == "failed" and "rl.log" in found["failure"]


def test_there_is_no_certificate_of_a_run_that_says_nothing(tmp_path: Path) -> None:
    assert training._certificate(tmp_path) is None
    for written in ("{", '{"findings": 3}', '{"findings": [1]}', "[]"):
        (tmp_path / "summary.json").write_text(written)
        assert training._certificate(tmp_path) is None
    (tmp_path / "summary.json").write_text('{"findings": [{"severity": "problem"}, {"severity": "note"}]}')
    assert training._certificate(tmp_path) == {
        "report": None,
        "problems": 1,
        "chat": f"homeschool chat {tmp_path}",
    }


def test_a_training_is_stopped(tmp_path: Path, short: Path) -> None:
    (short / "rule.toml").write_text((short / "rule.toml").read_text().replace("steps = 3", "steps = 100000"))
    running = Training(tmp_path / "out")
    running.start(RULE)
    end = time.monotonic() + 60
    while not running.status().get("scores") and time.monotonic() < end:
        time.sleep(0.2)
    process = running._process
    assert process is not None and process.poll() is None
    running.stop()
    assert running.status()["state"] == "stopped" and process.poll() is not None
    running.start(RULE)  # and another may begin
    running.close()


def test_a_rule_that_is_none_starts_nothing(tmp_path: Path, short: Path) -> None:
    running = Training(tmp_path / "out")
    with pytest.raises(ConfigError, match="not in the standard library"):
        running.start(RealRun({}, "import torch\ndef rule(attempt, history):\n    return 1.0\n"))
    assert running.status()["state"] == "idle"


def test_a_child_is_brought_up_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "READY", ())
    running = Training(tmp_path)
    assert running.child() == tmp_path / "child"
    assert [stage.verb for stage in running._plan([])] == ["pretrain", "sft", "rl"]
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "summary.json").write_text("{}")
    assert [stage.verb for stage in running._plan([])] == ["sft", "rl"]


@pytest.mark.skipif(not (ROOT / "recipes").is_dir(), reason="the recipes are in the repository only")
def test_the_child_is_brought_up_as_the_recipes_say() -> None:
    for own, recipe in (("book.toml", "school-pretrain.toml"), ("child.toml", "school-sft.toml")):
        assert (RECIPES / own).read_text() == (ROOT / "recipes" / recipe).read_text()


def test_limits_hold_and_it_ends_with_its_parent() -> None:
    code = (
        "import sys, time, resource, runpy\n"
        "def run_module(name, run_name):\n"
        "    assert (name, sys.argv[1:]) == ('homeschool.cli', ['x'])\n"
        "    print(resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_DATA), flush=True)\n"
        "    time.sleep(60)\n"
        "runpy.run_module = run_module\n"
        "from homeschool.play import limited\n"
        "sys.argv = ['limited', '7', '3221225472', 'x']\n"
        "limited.main()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdin
    assert process.stdout.readline().strip() == "(7, 7) (3221225472, 3221225472)"
    process.stdin.close()  # as when the server is gone
    assert process.wait(10) == -15
    process.stdout.close()
