"""The guard of a step, without a model: what it pays, what it asks, what it remembers."""

import json
from typing import Any

import numpy as np
import pytest

from homeschool.config import GuardConfig
from homeschool.rewards.guard.answers import Views
from homeschool.rewards.guard.gold import GoldCheck
from homeschool.rewards.guard.guard import Guard
from homeschool.rewards.guard.warmup import warm_up
from homeschool.rewards.incentive import build_incentive
from homeschool.types import Audit, Completion, Prompt, Rollout, RolloutGroup


def right(prompts: list[Any], completions: list[str], **columns: Any) -> list[float]:
    """Gold: an answer that says ``right`` is."""
    return [float("right" in text) for text in completions]


def group(number: int, *texts: str, score: float = 1.0) -> RolloutGroup:
    """Answers that the grader pays alike, unless they say ``refused``."""
    prompt = Prompt(f"item/{number}", "?", {}, ("kind",))
    marks = [0.0 if "refused" in text else score for text in texts]
    rollouts = tuple(
        Rollout(prompt, Completion(text, (1, 2), (0.0, 0.0), "stop"), mark, mark)
        for text, mark in zip(texts, marks, strict=True)
    )
    return RolloutGroup(prompt, rollouts)


def guard_of(gold: Any = right, rule: Any = None, full_marks: float = 1.0, **settings: Any) -> Guard:
    chosen = {"mode": "audited", "variance": 0.0, "steer": False, "predictor": "proxy"} | settings
    check = GoldCheck(gold, "check", 5.0)
    return Guard(GuardConfig(**chosen), check, seed=0, answers=1000, rule=rule, full_marks=full_marks)


def pays(groups: list[RolloutGroup]) -> list[list[float | None]]:
    return [[rollout.reward for rollout in g.rollouts] for g in groups]


def test_where_everything_is_audited_the_pay_is_gold() -> None:
    guard = guard_of(rate=1.0)
    found = guard.audit([group(0, "right", "cheat"), group(1, "cheat", "refused right")], None, 0, 10)
    assert pays(found) == [[1.0, 0.0], [0.0, 0.0]]
    assert found[0].rollouts[1].audit == Audit(1.0, True, 0.0)
    assert found[1].rollouts[1].audit is None  # not paid, not audited: no appeal was asked for
    assert [rollout.predicted for rollout in found[0].rollouts] == [1.0, 1.0]


def test_an_appeal_pays_what_was_refused_and_right() -> None:
    guard = guard_of(rate=0.5, appeals=1.0)
    found = guard.audit([group(0, "refused right", "refused wrong")], None, 0, 10)
    assert pays(found) == [[1.0, 0.0]]


def test_a_caught_cheat_loses_nineteen_and_the_others_keep_what_they_have() -> None:
    guard = guard_of(rate=0.05)
    groups = [group(number, "cheat", "cheat") for number in range(40)]
    found = guard.audit(groups, None, 0, 10)
    caught = [r for g in found for r in g.rollouts if r.audit]
    free = [r for g in found for r in g.rollouts if not r.audit]
    assert caught and all(r.reward == pytest.approx(-19.0) for r in caught)
    assert {r.reward for r in free} == {1.0}
    assert len(guard.rows) == len(caught) == guard.gold.calls


def test_one_that_only_observes_leaves_the_pay_alone() -> None:
    guard = guard_of(mode="observe", rate=0.5)
    groups = [group(0, "right", "cheat", "cheat", "cheat")]
    found = guard.audit(groups, None, 0, 10)
    assert pays(found) == pays(groups)
    assert any(rollout.audit for rollout in found[0].rollouts)
    assert guard.believed(found) == found


def test_gold_is_asked_about_fallen_coins_and_nothing_else() -> None:
    """Two checks that disagree about everything: without a coin nothing differs, down to the last feature and state."""
    asked: list[str] = []

    def telltale(prompts: list[Any], completions: list[str], **columns: Any) -> list[float]:
        asked.extend(completions)
        return [0.0] * len(completions)

    runs = []
    for gold in (right, telltale):
        guard = guard_of(gold, rate=1e-6, steer=True, predictor="learned")
        views = Views(np.ones((3, 2)), np.zeros(3))
        found = guard.audit([group(0, "right", "cheat", "right")], views, 0, 10)
        guard.learn()
        runs.append((found, guard.metrics, json.dumps(guard.state_dict())))
    assert asked == []
    assert runs[0] == runs[1]


def test_what_is_believed_of_a_learner_is_what_was_audited() -> None:
    guard = guard_of(rate=1.0)
    found = guard.audit([group(0, "right", "cheat")], None, 0, 10)
    assert [r.score for r in guard.believed(found)[0].rollouts] == [1.0, 0.0]
    assert [r.score for r in found[0].rollouts] == [1.0, 1.0]


def test_a_learned_prediction_pays_in_advance_what_audits_taught() -> None:
    """The first feature tells cheats; after one step of full audits they are paid almost nothing before any coin."""
    guard = guard_of(rate=1.0, predictor="learned")
    texts = ["right", "cheat"] * 20
    views = Views(np.array([[float(t == "right")] for t in texts]), np.zeros(40))
    guard.audit([group(0, *texts)], views, 0, 10)
    guard.learn()
    found = guard.audit([group(1, *texts)], views, 1, 10)
    predicted = [rollout.predicted for rollout in found[0].rollouts]
    assert all(value is not None and value > 0.9 for value in predicted[::2])
    assert all(value is not None and value < 0.1 for value in predicted[1::2])
    assert pays(found)[0] == pytest.approx([1.0, 0.0] * 20)


def test_under_a_rule_gold_is_paid_by_the_rule() -> None:
    """Tiers at half and three quarters: an answer without marks is worth -0.05, one with full marks 1."""
    rule = build_incentive("fixed_tiers", {"tiers": (50.0, 75.0)}, full_marks=1.0)
    guard = guard_of(rate=1.0, rule=rule)
    found = guard.audit(rule.pay_groups([group(0, "right", "cheat")]), None, 0, 10)
    assert pays(found) == [pytest.approx([1.0, -0.05])]


def test_bounds_count_in_full_marks() -> None:
    """Caught at 5 % it would lose 19 x 10; the bound of -1 takes it to -10."""
    guard = guard_of(rate=0.05, credit="bounded", bounds=(-1.0, 2.0), full_marks=10.0)
    groups = [group(number, "cheat", "cheat", score=10.0) for number in range(40)]
    found = guard.audit(groups, None, 0, 10)
    assert {r.reward for g in found for r in g.rollouts if r.audit} == {-10.0}


def test_an_answer_that_breaks_the_check_is_worth_nothing() -> None:
    def breakable(prompts: list[Any], completions: list[str], **columns: Any) -> list[float | None]:
        return [None if "cheat" in text else 1.0 for text in completions]

    guard = guard_of(breakable, rate=1.0)
    found = guard.audit([group(0, "right", "cheat")], None, 0, 10)
    assert pays(found) == [[1.0, 0.0]]
    assert found[0].rollouts[1].findings == ("gold_failed",)
    assert guard.rows[1]["gold"] is None


def test_no_rewarded_answers_no_audits() -> None:
    guard = guard_of(rate=1.0)
    found = guard.audit([group(0, "refused", "refused")], None, 0, 10)
    guard.learn()
    assert pays(found) == [[0.0, 0.0]]
    assert guard.metrics["guard/audits"] == 0.0
    assert "guard/false_pass_rate" not in guard.metrics


def test_a_spent_budget_stops_by_default_and_says_what_it_cost() -> None:
    guard = guard_of(rate=1.0, budget=20)
    guard.audit([group(0, *["right"] * 10)], None, 0, 10)
    assert guard.stop_reason is None
    found = guard.audit([group(1, *["cheat"] * 10)], None, 1, 9)
    assert guard.control.spent == 10
    assert guard.stop_reason == "budget_spent"
    (event,) = guard.events
    assert (event["step"], event["action"], event["reason"]) == (2, "stop", "budget_spent")
    assert pays(found) == [[1.0] * 10]


def test_one_that_goes_on_without_a_budget_audits_no_more() -> None:
    guard = guard_of(rate=1.0, budget=5, when_spent="go_on")
    for step in range(3):
        guard.audit([group(0, *["cheat"] * 10)], None, step, 10)
    assert guard.stop_reason is None
    assert guard.is_spent and guard.gold.calls == 0
    assert guard.metrics["guard/rate"] == 0.0


def test_cheating_is_found_and_ends_the_run_where_that_was_asked() -> None:
    guard = guard_of(rate=1.0, on_alarm="stop", tolerance=0.05)
    for step in range(4):
        guard.audit([group(step, *["cheat"] * 4)], None, step, 10)
        guard.learn()
        if guard.stop_reason:
            break
    assert guard.stop_reason == "alarm"
    assert step <= 2  # seven or eight false passes in a row are enough
    assert guard.stopped is not None and guard.stopped["since_false"] >= 7


def test_what_audits_have_shown_to_be_false_has_no_part_in_the_update() -> None:
    guard = guard_of(rate=1.0)
    for step in range(4):
        groups = [group(10 * step + n, f"right {step} {n}", f"right {step} {n} x", "cheat") for n in range(6)]
        found = guard.audit(groups, None, step, 10)
        guard.learn()
    assert guard.ladder.out["answer"] == ["cheat"]
    assert pays(found)[0] == [1.0, 1.0, None]
    assert "screened" in found[0].rollouts[2].findings
    assert guard.metrics["guard/screened_frac"] == pytest.approx(1 / 3)


def test_without_screening_what_is_false_is_still_paid_by_audits() -> None:
    guard = guard_of(rate=1.0, screen=False, quarantine=False)
    for step in range(4):
        groups = [group(10 * step + n, f"right {step} {n}", f"right {step} {n} x", "cheat") for n in range(6)]
        found = guard.audit(groups, None, step, 10)
        guard.learn()
    assert pays(found)[0] == [1.0, 1.0, 0.0]
    assert guard.metrics["guard/screened_frac"] == 0.0


def test_a_step_without_paid_answers_counts_in_the_true_score() -> None:
    """Three steps all right and one that earned nothing: three quarters, not all."""
    guard = guard_of(rate=1.0)
    for step in range(4):
        text = "refused" if step == 2 else "right"
        guard.audit([group(step, *[text] * 10)], None, step, 10)
        guard.learn()
    assert guard.metrics["guard/true_score"] == pytest.approx(0.75)


def test_what_nobody_audits_narrows_nothing_and_widens_nothing() -> None:
    """Ten paid answers at 5 % among ninety refused ones: all that is open is what those ten are worth, a tenth."""
    guard = guard_of(rate=0.05)
    for step in range(40):
        guard.audit([group(step, *["right"] * 10, *["refused"] * 90)], None, step, 100)
        guard.learn()
    assert guard.metrics["guard/true_score"] == pytest.approx(0.1, abs=0.01)
    assert guard.metrics["guard/true_score_high"] < 0.12
    assert guard.metrics["guard/true_score_low"] > 0.02


def test_the_start_model_reads_nothing_until_an_audit_shows_the_grader_wrong() -> None:
    guard = guard_of(rate=1.0, predictor="learned")
    assert not guard.expectation.reads_start
    guard.audit([group(0, *["right"] * 30)], None, 0, 10)
    guard.learn()
    assert not guard.expectation.reads_start and len(guard.expectation.unread) == 30
    guard.audit([group(1, *["right"] * 9, "cheat")], None, 1, 10)
    guard.learn()
    assert guard.expectation.reads_start and len(guard.expectation.unread) == 40
    texts = ["right"] * 39 + ["cheat"]
    guard.expectation.catch_up(Views(np.array([[float(text == "right")] for text in texts]), np.zeros(40)))
    predictor = guard.expectation.predictor
    assert guard.expectation.unread == [] and predictor is not None and predictor.labels.sum() == 39
    views = Views(np.array([[1.0], [0.0]]), np.zeros(2))
    found = guard.audit([group(2, "right", "cheat")], views, 2, 10)
    good, bad = (rollout.predicted for rollout in found[0].rollouts)
    assert good is not None and bad is not None and good > 0.9 and bad < 0.5


def test_it_reads_no_more_once_100_audits_were_right() -> None:
    guard = guard_of(rate=1.0, predictor="learned", screen=False, quarantine=False)
    guard.audit([group(0, "cheat")], None, 0, 10)
    guard.learn()
    for step in range(1, 6):
        assert guard.expectation.reads_start
        guard.audit([group(step, *["right"] * 20)], None, step, 10)
        guard.learn()
    assert not guard.expectation.reads_start


def test_the_warm_up_sets_the_tolerance_and_says_what_a_run_needs() -> None:
    """Half of what is paid is false, and nothing tells it apart: 10,000 answers, all rewarded."""
    guard = guard_of(variance=3.0, rate=0.05, warmup=64)
    guard.answers, guard.control.budget = 10_000, 500.0
    texts = ["right", "cheat"] * 50
    found = warm_up(guard, [group(0, *texts)], None)
    assert (found.answers, found.rewarded, found.audits) == (100, 100, 64)
    assert found.false_passes == 32
    assert found.tolerance == 0.1  # however wrong the grader was
    assert found.true_score == 0.5
    assert found.plan is not None
    assert found.plan.needed == pytest.approx(0.5 / (3 * 0.25 + 0.5))
    assert guard.control.spent == 64
    assert [row["step"] for row in found.rows] == [0] * 64


def test_a_warm_up_spends_half_of_a_small_budget_at_most() -> None:
    guard = guard_of(variance=3.0, rate=0.05, warmup=64, budget=21)
    found = warm_up(guard, [group(0, *["right", "cheat"] * 50)], None)
    assert (found.audits, guard.control.spent) == (10, 10)


def test_a_budget_that_ends_between_two_audits_ends_the_run_and_not_the_audits_alone() -> None:
    """Two calls for 40 steps of twelve answers: with the second of them gone, nobody could correct the pay."""
    guard = guard_of(variance=3.0, rate=0.05, budget=2, steer=False)
    for step in range(40):
        guard.audit([group(step, *["right"] * 12)], None, step, 40 - step)
        guard.learn()
        if guard.stop_reason:
            break
        assert guard.metrics["guard/rate"] > 0
    assert guard.stop_reason == "budget_spent"
    assert guard.control.spent == 2


def test_a_warm_up_without_rewarded_answers_says_so() -> None:
    found = warm_up(guard_of(variance=3.0), [group(0, "refused", "refused")], None)
    assert (found.audits, found.plan) == (0, None)


def test_state_comes_back_through_json_and_the_next_step_is_the_same() -> None:
    def lived(steps: range, guard: Guard) -> list[Any]:
        out = []
        for step in steps:
            texts = [("right", "cheat", "refused")[(step + n) % 3] for n in range(12)]
            views = Views(np.array([[float(t == "right"), float(step)] for t in texts]), np.linspace(-2, -1, 12))
            found = guard.audit([group(step % 3, *texts)], views, step, 10 - step)
            out.append((found, dict(guard.metrics), list(guard.events)))
            guard.learn()
        return out

    settings: dict[str, Any] = {"rate": 0.4, "variance": 3.0, "steer": True, "predictor": "learned"}
    straight = guard_of(**settings)
    whole = lived(range(10), straight)
    first, second = guard_of(**settings), guard_of(**settings)
    lived(range(6), first)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert lived(range(6, 10), second) == whole[6:]
    assert json.dumps(second.state_dict()) == json.dumps(straight.state_dict())
