"""Which runs the benchmark consists of."""

from pathlib import Path

import guard_plan as plan
import pytest

from homeschool.config import refuse_impossible
from homeschool.stages.starting import build_task
from homeschool.tasks.hackable import HackableTask

EVERY = [(cell, arm) for cell in plan.CELLS for arm in plan.ARMS if plan.is_meant(plan.CELLS[cell], plan.ARMS[arm])]


@pytest.mark.parametrize(("cell", "arm"), EVERY)
def test_every_run_has_settings_that_are_possible(cell: str, arm: str) -> None:
    (run,) = plan.build_runs([(cell, arm)], 1, Path("out"), Path("work"))
    refuse_impossible(run.config)
    assert run.config.algorithm.name == run.config.algo == "audited"
    assert isinstance(build_task(run.config.task), HackableTask)
    assert run.config.policy.startswith("work/runs/guard-starts/seed-0/")
    assert run.config.guard.audits == run.arm.is_audited
    assert (run.config.guard.mode == "weak") == (run.arm.kind == "weak")


def test_arms_of_a_cell_differ_in_nothing_else() -> None:
    """Equal answers, equal start, equal exams."""
    arms = [arm for cell, arm in plan.chosen("all", cells=["E4"])]
    runs = plan.build_runs([("E4", arm) for arm in arms], 1, Path("out"), Path("work"))
    shared = {
        (c.steps, c.prompts, c.algorithm.group_size, c.policy, c.optim, c.exam, c.task.name, c.sampling)
        for c in (run.config for run in runs)
    }
    assert len(runs) == len(arms) > 30
    assert len(shared) == 1


def test_arms_that_test_the_pay_leave_all_to_the_pay() -> None:
    """Else screening or other keys would do the work; the guard as it comes does all of it."""
    for arm in plan.ARMS.values():
        guard = plan.run_config(plan.CELLS["E4"], arm, 0, Path("out"), Path("work"), False).guard
        if arm.is_audited:
            is_whole = arm.name in ("audited-default", "audited-no-keys")
            assert (guard.screen, guard.quarantine) == (is_whole,) * 2, arm.name
            assert (guard.other_keys > 0) == (arm.name == "audited-default" or guard.predictor == "proxy"), arm.name


def test_who_knows_no_truth_asks_for_none() -> None:
    for arm in plan.ARMS.values():
        assert not (arm.kind in ("old", "weak") and arm.is_audited), arm.name


def test_the_core_and_the_rest_are_everything_once() -> None:
    core, rest, every = (plan.chosen(only) for only in ("core", "rest", "all"))
    assert sorted(core + rest) == sorted(every)
    assert len(set(every)) == len(every)
    assert ("E1", "audited-learned") in core
    assert ("E1", "no-gold-signs") in rest
    assert ("E5", "none") in rest


def test_what_is_named_is_chosen_whatever_it_belongs_to() -> None:
    found = plan.chosen("core", cells=["E5"], arms=["none", "no-gold-signs"])
    assert found == [("E5", "none"), ("E5", "no-gold-signs")]
    assert ("E5", "audited-learned") in plan.chosen("core", cells=["E5"])
    assert ("E5", "no-gold-signs") not in plan.chosen("core", cells=["E5"])
    assert plan.chosen("core", cells=["H1"], arms=["gold"]) == [], "where gold is paid anyway"


def test_more_seeds_of_the_core() -> None:
    runs = plan.build_runs([("E1", "none"), ("E1", "no-gold-signs")], 0, Path("out"), Path("work"))
    assert [run.arm.name for run in runs] == ["none", "no-gold-signs"] * 3 + ["none"] * 2


def test_several_judges_only_where_a_judge_marks() -> None:
    cells = {cell for cell, arm in plan.chosen("all", arms=["ensemble-minimum"])}
    assert cells == {"E6", "E7", "E8"}


def test_every_seed_has_children_of_its_own() -> None:
    (run,) = plan.build_runs([("H2", "none")], 2, Path("out"), Path("work"), first=1)
    assert (run.seed, run.config.seed) == (1, 1)
    assert run.config.policy == "work/runs/guard-starts/seed-1/honest-sums"
    assert plan.starts(run) == ["guard-pretrain", "guard-sums-sft", "guard-honest-sums-sft", "guard-transplant-sft"]


def test_seeds_come_whole() -> None:
    pairs = plan.chosen("core", cells=["E1", "H2"], arms=["none", "gold"])
    runs = plan.build_runs(pairs, 2, Path("out"), Path("work"))
    assert [(run.seed, run.cell.name, run.arm.name) for run in runs] == [
        (0, "E1", "none"),
        (0, "E1", "gold"),
        (0, "H2", "none"),
        (1, "E1", "none"),
        (1, "E1", "gold"),
        (1, "H2", "none"),
    ]
    assert runs[0].folder == Path("out/runs/E1/none/seed-0")


def test_a_long_cell_is_three_times_as_long() -> None:
    short, long = plan.build_runs([("E4", "none"), ("E4x3", "none")], 1, Path("out"), Path("work"))
    assert long.config.steps == 3 * short.config.steps


def test_the_honest_jump_comes_at_a_checkpoint() -> None:
    (run,) = plan.build_runs([("H2", "none")], 1, Path("out"), Path("work"))
    assert run.config.keep.every == run.config.steps // 2


def test_every_environment_has_its_recipes() -> None:
    names = {cell.environment for cell in plan.CELLS.values()}
    assert all(plan.recipe(f"guard-{name}{end}").exists() for name in names for end in ("", "-sft"))
