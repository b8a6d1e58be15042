"""``homeschool story`` itself: its plan, its refusals, its recipes, and tiny real runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from homeschool.cli import main
from homeschool.config import (
    PretrainConfig,
    RewardModelConfig,
    SftConfig,
    build_config,
    flatten,
    read_recipe,
    refuse_impossible,
)
from homeschool.errors import UsageError
from homeschool.messages.sentence import in_language
from homeschool.messages.story import FOUND, STORY
from homeschool.story.children import QUESTIONS, UPBRINGINGS, child_folder, copying_of, judge_of, reading_of
from homeschool.story.plan import StoryConfig, build_story, run_of, upbringing, write_recipes
from homeschool.story.rungs import CHAPTERS, RUNGS, run_by, rungs_of

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_is_a_run_that_nothing_refuses_and_all_cost_as_many_answers(name: str, tmp_path: Path) -> None:
    config = run_of(RUNGS[name], "weak", 3, 50, tmp_path).config
    refuse_impossible(config)
    a_step = config.prompts * config.algorithm.group_size
    assert a_step * config.steps == 60 * 50 * RUNGS[name].times and a_step == config.rollouts_kept
    is_open = RUNGS[name].chapter in (5, 6, 7) and name != "honest_twice"
    assert (config.seed, config.check.every, config.exam.items) == (3, 0 if is_open else 5, 200)
    assert bool(config.task.loophole) == is_open
    assert config.policy == str(child_folder(tmp_path, "weak"))


def test_the_plan_of_a_chapter_and_of_all(tmp_path: Path) -> None:
    chapter = build_story(StoryConfig(chapter=1, out=str(tmp_path)))
    assert [run.name for run in chapter.runs] == [
        *("strong fixed_tiers seed 0", "weak fixed_tiers seed 0", "strong one_judge seed 0", "weak one_judge seed 0")
    ]
    assert [command.split()[0] for command in chapter.starts] == ["pretrain", "sft", "sft", "reward-model"]
    everything = build_story(StoryConfig(all=True, seeds=3, out=str(tmp_path)))
    assert len(everything.runs) == len(RUNGS) * 2 * 3
    assert len({run.folder for run in everything.runs}) == len(everything.runs)
    assert [rung.name for rung in rungs_of(5)] == ["honest_twice", "incident"]
    assert [rung.name for rung in run_by(6)] == ["incident", "patch", "audits"] and len(rungs_of(6)) == 6
    assert all(len(run_by(number)) <= 3 for number in CHAPTERS), "six runs of a minute on two cores are three minutes"
    alone = build_story(StoryConfig(chapter=7, out=str(tmp_path)))
    assert {run.program for run in alone.runs if run.arm == "father"} == {("homeschool.story.father",)}
    assert {run.program for run in alone.runs if run.arm == "hand_rule"} == {("homeschool.cli", "rl")}
    assert build_story(StoryConfig(out=str(tmp_path))).runs == ()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chapter": 8}, "there is no chapter 8; expected one from 1 to 7"),
        ({"rungs": "own_tires"}, 'no rung "own_tires"; did you mean "own_tiers"'),
        ({"chapter": 1, "all": True}, "give one of them"),
        ({"all": True, "seeds": 0}, "seeds is 0, expected at least 1"),
        ({"all": True, "steps": 1}, "steps is 1, expected at least 2"),
    ],
)
def test_what_cannot_be_told_is_refused(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        build_story(StoryConfig(out=str(tmp_path), **settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"chapter": 8}, "没有第 8 章；应该是 1 到 7 之间的一章"),
        ({"rungs": "own_tires"}, "没有“own_tires”这级台阶；是不是想写“own_tiers”？"),
        ({"chapter": 1, "all": True}, "只能用一种"),
        ({"all": True, "seeds": 0}, "seeds 是 0，至少要 1"),
        ({"all": True, "steps": 1}, "steps 是 1，至少要 2"),
    ],
)
def test_refusals_of_the_story_are_in_chinese_for_who_reads_chinese(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with in_language("zh"), pytest.raises(UsageError, match=message):
        build_story(StoryConfig(out=str(tmp_path), **settings))


def test_the_recipes_of_the_children_are_those_of_the_story() -> None:
    out = Path("runs/story")
    made: dict[str, Any] = {"child-book": (PretrainConfig, reading_of(out))}
    made |= {f"child-{name}": (SftConfig, copying_of(child, out)) for name, child in UPBRINGINGS.items()}
    made["story-judge"] = (RewardModelConfig, judge_of(out))
    for recipe, (kind, config) in made.items():
        written = build_config(kind, read_recipe(RECIPES / f"{recipe}.toml"), recipe)
        assert flatten(written) == flatten(config), recipe


def test_children_differ_in_schooling_only(tmp_path: Path) -> None:
    strong, weak = (UPBRINGINGS[name] for name in ("strong", "weak"))
    assert strong.enough > weak.enough
    write_recipes(tmp_path)
    written = {
        name: read_recipe(tmp_path / "settings" / "children" / f"{name}.toml") for _, name, _ in upbringing(tmp_path)
    }
    strong_settings, weak_settings = written["strong"], written["weak"]
    assert strong_settings.pop("out") != weak_settings.pop("out")
    assert strong_settings["check"].pop("stop_at") > weak_settings["check"].pop("stop_at")
    assert strong_settings == weak_settings


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_result_is_typed_into_the_text(language: str) -> None:
    """What the runs show has no digit of its own: every number is a name in braces."""
    for key, sentence in FOUND.items():
        text = getattr(sentence, language)
        outside = "".join(part.partition("}")[2] if "}" in part else part for part in text.split("{"))
        assert not any(character.isdigit() for character in outside), key
    assert "{strong.fixed_tiers.before}" in getattr(STORY["1"], language)
    assert QUESTIONS == 5, "the text says five sums a paper, and that a line too many costs a sixth"


@pytest.mark.slow
@pytest.mark.timeout(900)  # on a busy machine; alone it takes half a minute
def test_a_tiny_story_from_the_command_line(
    tmp_path: Path, tiny_school: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two rungs, both children, two steps each: made, told, written; the second call makes nothing again."""
    for stage in ("book", *UPBRINGINGS):
        shutil.copytree(tiny_school / "runs" / "quickstart-grpo" / "sft", tmp_path / "children" / stage)
    command = ["story", "--rungs", "fixed_tiers,incident", "--steps", "2", "--out", str(tmp_path), "--workers", "1"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "1 fixed tiers" in said and "5 incident" in said and "not known yet: own tiers" not in said
    summaries = sorted(tmp_path.glob("runs/*/*/seed-0/summary.json"))
    assert len(summaries) == 4
    result = json.loads((tmp_path / "story.json").read_text(encoding="utf-8"))
    assert {(one["rung"], one["child"]) for one in result["figures"]} == {
        (rung, child) for rung in ("fixed_tiers", "incident") for child in UPBRINGINGS
    }
    assert all(one["give_up"] == 1.0 for one in result["figures"] if one["rung"] == "fixed_tiers")
    for name in ("story.csv", "pages/en/story/README.md", "pages/zh/story/chapter-5.md"):
        assert (tmp_path / name).stat().st_size > 100
    times = [path.stat().st_mtime_ns for path in summaries]
    assert main(command) == 0
    assert [path.stat().st_mtime_ns for path in summaries] == times
