"""Which runs a comparison has: settings in layers, equal exams, and refusals before anything is made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeschool.comparison.plan import CompareConfig, build_plan
from homeschool.config import BudgetConfig, build_config
from homeschool.errors import ConfigError

BASE: dict[str, Any] = {
    "policy": "start",
    "prompts": 4,
    "rl": {"group_size": 8, "kl_coef": 0.0},
    "sampling": {"max_tokens": 5},
    "arms": {"ppo": {"algo": "ppo"}, "slow": {"algo": "grpo", "optim": {"lr": 1e-5}}},
}


def config(**changed: Any) -> CompareConfig:
    return build_config(CompareConfig, BASE | changed, "c.toml")


def test_every_arm_meets_every_seed_and_task_in_a_folder_of_its_own() -> None:
    tasks = {"sums": {"task": {"name": "sums"}}, "papers": {"task": {"name": "papers"}, "steps": 7}}
    plan = build_plan(config(tasks=tasks, seeds=2, seed=3, out="here"))
    assert [(run.task, run.arm, run.seed) for run in plan.runs[:4]] == [
        ("sums", "ppo", 3),
        ("sums", "slow", 3),
        ("papers", "ppo", 3),
        ("papers", "slow", 3),
    ]
    assert len(plan.runs) == 8
    assert plan.runs[3].folder == Path("here/runs/papers/slow/seed-3")
    assert plan.runs[3].config.steps == 7
    assert (plan.baseline, plan.tasks, plan.seeds) == ("ppo", ["sums", "papers"], [3, 4])


def test_a_single_task_needs_no_folder() -> None:
    assert build_plan(config(seeds=1, out="here")).runs[0].folder == Path("here/runs/ppo/seed-0")


def test_an_arm_wins_over_the_command_line_which_wins_over_the_task_and_the_top() -> None:
    written = config(tasks={"short": {"prompts": 5}}, optim={"lr": 1e-3})
    typed = replace(written, prompts=9, optim=replace(written.optim, lr=1e-2))
    ppo, slow = (run.config for run in build_plan(typed, written).runs[:2])
    assert (ppo.prompts, slow.prompts) == (9, 9)
    assert (ppo.optim.lr, slow.optim.lr) == (1e-2, 1e-5)
    assert (ppo.rl.group_size, ppo.sampling.max_tokens) == (8, 5)


def test_rows_can_be_named_without_a_recipe() -> None:
    plan = build_plan(CompareConfig(policy="start", algos="ppo, grpo,rloo", seeds=1, baseline="rloo"))
    assert [run.config.algo for run in plan.runs] == ["ppo", "grpo", "rloo"]
    assert (plan.baseline, plan.out) == ("rloo", Path("runs/compare-ppo-grpo-rloo"))


def test_some_arms_can_go_first() -> None:
    arms = BASE["arms"] | {"third": {"algo": "rloo"}}
    plan = build_plan(config(arms=arms, only="third, ppo", seeds=1, out="here"))
    assert [run.folder for run in plan.runs] == [Path("here/runs/ppo/seed-0"), Path("here/runs/third/seed-0")]


def test_the_budget_sets_the_steps_where_nobody_did() -> None:
    # 32 answers a step: of one token at least, so 1000 / 32 steps at most; of five at most, so 1000 / 160 at least
    run = build_plan(config(budget={"tokens": 1000})).runs[0].config
    assert run.steps == 32
    assert run.check.every == 1
    assert build_plan(config(budget={"tokens": 1000}, steps=20)).runs[0].config.steps == 20
    ppo, grpo = (run.config for run in build_plan(config(budget={"updates": 64})).runs[:2])
    assert (ppo.steps, grpo.steps) == (64, 64)
    assert (ppo.check.every, grpo.check.every) == (2, 8)  # four updates a step, and one


def test_without_a_budget_all_arms_have_the_same_steps() -> None:
    assert {run.config.steps for run in build_plan(config(steps=40)).runs} == {40}
    assert build_plan(config(steps=40)).runs[0].config.check.every == 5
    assert build_plan(config(steps=40, check={"every": 3})).runs[0].config.check.every == 3


def test_runs_have_one_thread_and_go_on_where_they_were() -> None:
    run = build_plan(config(threads=8)).runs[0].config
    assert (run.threads, run.resume, run.budget) == (1, True, BudgetConfig())


def test_contradictory_columns_are_left_to_the_run() -> None:
    arms = BASE["arms"] | {"odd": {"algo": "rloo", "rl": {"epochs": 2}}}
    assert build_plan(config(arms=arms, seeds=1)).runs[-1].arm == "odd"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"arms": {"ppo": {"algo": "ppo"}}}, r"there are 1 arms \['ppo'\], and a comparison needs at least 2"),
        ({"baseline": "pop"}, 'the baseline "pop" is no arm; did you mean "ppo"'),
        ({"arms": BASE["arms"] | {"a": {"algo": "grop"}}}, 'arm a: unknown algorithm "grop"; did you mean "grpo"'),
        ({"arms": BASE["arms"] | {"a": {"optm": {}}}}, 'arm a: unknown key "optm"; did you mean "optim"'),
        ({"arms": BASE["arms"] | {"a": {"exam": {"items": 9}}}}, "arm a sets exam, which all arms share"),
        ({"arms": BASE["arms"] | {"a": {"seed": 9}}}, "arm a sets seed"),
        ({"arms": BASE["arms"] | {"a": 3}}, "arms.a is 3, expected a table of settings"),
        ({"arms": BASE["arms"] | {"a/b": {}}}, '"a/b" cannot be a name in arms'),
        ({"tasks": {"..": {}}}, r'"\.\." cannot be a name in tasks'),
        ({"policy": ""}, "there is no model to start from"),
        ({"only": "ppo,slwo"}, 'only names "slwo", which is no arm; did you mean "slow"'),
        ({"only": "slow"}, r"there are 1 arms \['slow'\]"),
        ({"seeds": 0}, "seeds is 0, expected at least 1"),
        ({"arms": 3}, "arms is 3, expected a table"),
    ],
)
def test_what_cannot_be_compared_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_plan(config(**changed))
