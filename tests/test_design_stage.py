"""The designer on real training: forks that are ordinary runs, exams it may see, and a restart makes none twice."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from homeschool.config import AlgorithmColumns, RlConfig, TaskConfig, build_config, read_recipe
from homeschool.errors import ConfigError, TaskError
from homeschool.rewards.designer.halving import Halving
from homeschool.rewards.designer.moves import Move
from homeschool.rewards.designer.search import Budget
from homeschool.stages.design import TrainingSchool, design_training, exams_of, halve_training, question_price
from homeschool.tasks import load_task
from homeschool.types import Sampling

SMALL = Budget(purse=40.0, trial=4.0, candidates=2, pairs=2, items=2, practice=1.0, most=1.0)
STORY = {"reward.rule": "fixed_tiers", "rl.kl_coef": 0.0}


def config_of(tiny_school: Path) -> RlConfig:
    return RlConfig(
        policy=str(tiny_school / "runs" / "quickstart-grpo" / "sft"),
        rl=AlgorithmColumns(group_size=2),
        prompts=2,
        threads=1,
        sampling=Sampling(max_tokens=4),
        task=TaskConfig(name="sums", digits=2),
    )


@pytest.mark.slow
def test_a_design_makes_runs_and_a_second_one_finds_them(tmp_path: Path, tiny_school: Path) -> None:
    config = config_of(tiny_school)
    found = design_training(config, STORY, SMALL, tmp_path / "design")
    forks = sorted((tmp_path / "design" / "forks").iterdir())
    recipes = [build_config(RlConfig, read_recipe(fork / "config.toml"), fork.name) for fork in forks]
    assert sum(recipe.steps == 1 for recipe in recipes) >= 2, (
        "a trial of four answers is a step, two fork in a selection"
    )
    assert sum(recipe.steps for recipe in recipes) * 4 < 40 and {recipe.rl.group_size for recipe in recipes} == {2}
    assert {recipe.reward.rule for recipe in recipes} >= {"fixed_tiers", "own_tiers"}
    assert Path(found.state) in forks
    written = json.loads((tmp_path / "design" / "design.json").read_text(encoding="utf-8"))
    assert written["settings"] == found.settings and written["spent"] == found.spent <= 40 + 4
    made = [(fork / "summary.json").stat().st_mtime_ns for fork in forks]
    assert design_training(config, STORY, SMALL, tmp_path / "design") == found
    assert [(fork / "summary.json").stat().st_mtime_ns for fork in forks] == made


def test_its_exams_share_no_question_and_none_is_of_the_hidden_split(tmp_path: Path, tiny_school: Path) -> None:
    school = TrainingSchool(config_of(tiny_school), tmp_path, exams_of(SMALL), SMALL.items, 1.0)
    asked = [prompt.id for prompt in school.questions]
    # Terms of 8 answers in a purse of 40: five and one; in each a round and two pairs; and the last: 19 of 2 questions.
    assert len(asked) == len(set(asked)) == 38
    hidden = {prompt.id for prompt in load_task("sums", digits=2).exam("hidden", 10_000, 0)}
    assert hidden and not hidden & set(asked)
    marks = school.exam(school.base.policy, 3, 2)
    assert len(marks.scores) == 2 and set(marks.scores) <= {0.0, 100.0} and marks.spent == 4.0


def test_what_cannot_be_designed_is_refused_before_anything_is_made(tmp_path: Path, tiny_school: Path) -> None:
    config, out = config_of(tiny_school), tmp_path / "design"
    with pytest.raises(ConfigError, match=r"task\.digits is a rail"):
        design_training(config, STORY | {"task.digits": 1}, SMALL, out)
    with pytest.raises(ConfigError, match=r'guard\.rate is to be tuned, but guard\.mode is "off"'):
        design_training(config, STORY | {"guard.rate": 0.1}, SMALL, out)
    with pytest.raises(TaskError, match="19 exams of 500 questions need 9500 different ones, and the check split of"):
        design_training(config, STORY, replace(SMALL, items=500), out)
    assert not out.exists()


def test_an_exam_is_kept_for_as_many_questions_and_answers_as_it_had(tmp_path: Path, tiny_school: Path) -> None:
    config = config_of(tiny_school)
    thrice = replace(config, exam=replace(config.exam, samples=3))
    for base, items, spent, answers in ((config, 2, 4.0, 2.0), (config, 4, 8.0, 6.0), (thrice, 2, 12.0, 12.0)):
        school = TrainingSchool(base, tmp_path, 2, items, 1.0)
        marks = school.exam(base.policy, 1, items)
        assert (len(marks.scores), marks.spent) == (items, spent)
        assert school.gold_calls == answers, "those of all exams that lie here"
        assert school.exam(base.policy, 1, items) == marks
    assert len(list((tmp_path / "exams").iterdir())) == 3


def test_a_question_costs_its_answers_and_a_look_at_each(tmp_path: Path, tiny_school: Path) -> None:
    """Two questions in each of two exams, and one fork that goes on: 2 x 3 answers, seen at the price of 2 more."""
    config = config_of(tiny_school)
    assert question_price(config, 1.0) == 2.0
    sampled = replace(config, exam=replace(config.exam, samples=3))
    assert question_price(sampled, 2.0) == 9.0
    plan = Halving(purse=60.0, share=0.5, items=2, item_price=0.1)
    found = halve_training(
        sampled, STORY, [Move("own", {**STORY, "reward.rule": "own_tiers"})], plan, tmp_path, gold_price=2.0
    )
    # A round with two sides and the last exam would cost 3 x 2 x 9 = 54 besides the 30 of its practice: not affordable,
    # though at 0.1 a question it would be; so all is practised away, but for the last exam.
    assert found.decisions == () and 60.0 - 4 <= found.spent <= 60.0


def test_a_design_that_was_moved_keeps_its_line_and_goes_on(tmp_path: Path, tiny_school: Path) -> None:
    config = config_of(tiny_school)
    old, new = tmp_path / "old", tmp_path / "somewhere" / "else"
    school = TrainingSchool(config, old, 1, 2, 1.0)
    first = school.practise(config.policy, STORY, 4.0, 1).state
    second = school.practise(first, STORY, 4.0, 2).state
    line = [Path(first).name, Path(second).name]
    assert [fork.name for fork in school.line(second)] == line and school.place(second) == f"forks/{line[1]}"
    new.parent.mkdir()
    old.rename(new)
    (new / "forks" / line[1] / "summary.json").unlink()  # as if it had been stopped

    moved = TrainingSchool(config, new, 1, 2, 1.0)
    here = str(new / "forks" / line[1])
    assert moved.line(here) == [new / "forks" / name for name in line]
    again = moved.practise(str(new / "forks" / line[0]), STORY, 4.0, 2)
    assert again.state == here and (new / "forks" / line[1] / "summary.json").exists()
    assert not old.exists() and len(list((new / "forks").iterdir())) == 2


def test_a_fork_of_another_design_is_where_a_line_begins(tmp_path: Path, tiny_school: Path) -> None:
    """Even where both have a fork of the same name."""
    config = config_of(tiny_school)
    before = TrainingSchool(config, tmp_path / "before", 1, 2, 1.0).practise(config.policy, STORY, 4.0, 1).state
    base = replace(config, policy=before)
    school = TrainingSchool(base, tmp_path / "after", 1, 2, 1.0)
    fork = school.practise(before, STORY, 4.0, 1).state
    assert Path(fork).name == Path(before).name
    assert school.line(fork) == [Path(fork)] and school.line(before) == []
