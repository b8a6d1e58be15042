"""The rate of audits: what the variance target asks for, what the budget allows, and what a warm-up says of both."""

from math import inf

import pytest

from homeschool.rewards.guard.rate import RateControl, extra_variance, needed_rate, own_variance, plan


def test_what_audits_add_to_the_variance() -> None:
    """0.95 / 0.05 = 19 times an error of 0.16 among 40 % of the answers."""
    assert extra_variance(0.05, 0.16, 0.4) == pytest.approx(1.216)
    assert extra_variance(1.0, 0.16, 0.4) == 0.0
    assert extra_variance(0.0, 0.16, 0.4) == 0.0


def test_a_weak_verifier_needs_a_fifth_of_its_answers_audited() -> None:
    """40 % rewarded, missed by 0.16, a true score of 0.08 with variance 0.0736: 0.064 / (3 * 0.0736 + 0.064)."""
    assert own_variance(0.08) == pytest.approx(0.0736)
    rate = needed_rate(0.16, 0.4, own_variance(0.08), 3.0)
    assert rate == pytest.approx(0.2247, abs=1e-4)
    assert extra_variance(rate, 0.16, 0.4) == pytest.approx(3 * 0.0736)


def test_a_prediction_that_never_misses_needs_no_audits() -> None:
    assert needed_rate(0.0, 1.0, 0.25, 3.0) == 0.0


def test_scores_near_the_ends_are_not_taken_to_be_without_variance() -> None:
    assert own_variance(0.0) == own_variance(1.0) == own_variance(-0.3) == 0.05
    assert own_variance(0.5) == 0.25


def test_a_fixed_rate_is_fixed() -> None:
    control = RateControl(rate=0.05, variance=0.0)
    assert control.chosen(100, 256, 1) == control.chosen(3, 256, 300) == 0.05
    assert control.pace(0.05, 1.0) == 1.0


def test_the_chance_falls_as_predictions_get_better_but_never_below_the_rate() -> None:
    control = RateControl(rate=0.05, variance=3.0, budget=inf)
    before = control.chosen(100, 256, 300)
    control.learn([0.0] * 2000, [1.0] * 2000, 0.5)
    after = control.chosen(100, 256, 300)
    assert before > 0.2
    assert after == 0.05


def test_what_was_never_seen_may_still_be_there() -> None:
    """Of about a hundred audits that count none missed: one that was overlooked would be an error of 0.01."""
    control = RateControl(rate=0.05, variance=3.0)
    control.learn([0.0] * 5000, [1.0] * 5000, None)
    assert control.error == pytest.approx(0.01, rel=0.01)


def test_more_is_audited_on_demand() -> None:
    assert RateControl(rate=0.05, variance=0.0, boost=2.0).chosen(100, 256, 300) == 0.1


def test_the_budget_holds_back_half_of_what_the_rest_of_the_run_may_need() -> None:
    """1000 calls, 97 steps left, 256 answers of which 20 are rewarded, 5 %: 0.5 * 0.05 * 256 * 96 = 614.4 are held back
    and 1 is this step's own; 4 / 100 of the remaining 384.6 may go on top: 16.384 calls for 20 answers."""
    control = RateControl(rate=0.05, variance=3.0, budget=1000.0)
    assert control.affordable(20, 256, 97) == pytest.approx(16.384 / 20)
    assert control.affordable(0, 256, 97) == 1.0


def test_a_budget_that_is_short_is_spread_evenly() -> None:
    """400 calls for 97 steps with 100 rewarded answers each: 4.12 calls in this one."""
    control = RateControl(rate=0.05, variance=3.0, budget=400.0)
    assert control.affordable(100, 256, 97) == pytest.approx(400 / 97 / 100)
    control.spent = 399
    assert control.affordable(100, 256, 97) == pytest.approx(1 / 97 / 100)


def test_a_fixed_rate_that_the_budget_cannot_pay_is_no_rate_at_all() -> None:
    control = RateControl(rate=0.05, variance=0.0, budget=40.0, spent=36)
    assert control.chosen(100, 256, 50) == 0.0
    assert RateControl(rate=0.05, variance=0.0, budget=40.0).chosen(100, 256, 50) == 0.05


def test_noise_slows_learning_by_what_it_takes_from_a_step() -> None:
    """Own variance 0.25 at half marks; a mean squared miss of 0.24 at a rate of 1 % adds 99 * 0.24 = 23.76; at 24 %
    3.1667 times 0.24, 0.76."""
    control = RateControl(rate=0.05, variance=3.0, missed=24.0, weight=100.0, score=0.5)
    assert control.pace(0.01, 1.0) == pytest.approx((0.25 / 24.01) ** 0.5)
    assert control.pace(0.24, 1.0) == pytest.approx((0.25 / 1.01) ** 0.5)
    assert control.pace(1.0, 1.0) == 1.0
    assert control.pace(0.0, 1.0) == 1.0
    assert RateControl(rate=0.05, variance=0.0, missed=24.0, weight=100.0).pace(0.01, 1.0) == 1.0


def test_a_prediction_that_was_never_seen_to_miss_slows_nobody_down() -> None:
    control = RateControl(rate=0.05, variance=3.0)
    control.learn([0.0] * 2000, [1.0] * 2000, 0.5)
    assert control.pace(0.05, 0.5) == pytest.approx(1.0, abs=1e-6)


def test_recent_audits_count_most() -> None:
    control = RateControl(rate=0.05, variance=3.0)
    control.learn([1.0] * 50, [1.0] * 50, None)
    wrong = control.error
    control.learn([0.0] * 300, [1.0] * 300, None)
    assert wrong > 0.8 and control.error < 0.05


def test_the_true_score_is_smoothed_and_a_step_without_one_changes_nothing() -> None:
    control = RateControl(rate=0.05, variance=3.0)
    control.learn([], [], 0.4)
    control.learn([], [], 0.9)
    control.learn([], [], None)
    assert control.score == pytest.approx(0.9 * 0.4 + 0.1 * 0.9)


def test_state_comes_back_exactly() -> None:
    control = RateControl(rate=0.05, variance=3.0, budget=100.0)
    control.spent = 7
    control.learn([0.3, -0.2], [1.0, 0.5], 0.7)
    other = RateControl(rate=0.05, variance=3.0, budget=100.0)
    other.load_state_dict(control.state_dict())
    assert other == control


def test_the_plan_says_what_a_run_needs_and_whether_it_is_there() -> None:
    """The weak verifier for 10,000 answers: 0.2247 * 0.4 * 10,000 = 899 calls, 9 % of all answers."""
    found = plan(0.16, 0.4, 0.08, 3.0, 10_000, 500.0)
    assert found.calls == pytest.approx(898.9, abs=0.5)
    assert found.share == pytest.approx(0.0899, abs=1e-4)
    # 500 calls for 4,000 rewarded answers are 12.5 %: 7 * 0.16 * 0.4 = 0.448 on top of 0.0736.
    assert found.pace == pytest.approx((0.0736 / 0.5216) ** 0.5)
    assert plan(0.16, 0.4, 0.08, 3.0, 10_000, 5000.0).pace == pytest.approx(0.5), "the target itself: 1 / sqrt(1 + 3)"
    assert found.affordable
    assert not plan(0.16, 0.4, 0.08, 3.0, 10_000, 400.0).affordable


def test_a_plan_without_need_still_wants_the_nominal_rate() -> None:
    """Predictions that never miss need no audit; 5 % of 4,000 rewarded answers are looked at all the same."""
    found = plan(0.0, 0.4, 0.08, 3.0, 10_000, 500.0, least=0.05)
    assert (found.needed, found.calls, found.pace) == (0.0, 0.0, 1.0)
    assert (found.wanted, found.wanted_calls) == (0.05, pytest.approx(200.0))
    assert found.affordable


def test_there_is_a_rate_as_long_as_a_call_is_left() -> None:
    """One call for ten steps, an even share of 0.1 for twenty rewarded answers; and of three for one, a quarter."""
    assert RateControl(rate=0.05, variance=3.0, budget=1.0).chosen(20, 64, 10) == pytest.approx(0.005)
    assert RateControl(rate=0.05, variance=3.0, budget=3.0).chosen(20, 64, 1) == pytest.approx(0.0375)
    assert RateControl(rate=0.05, variance=3.0, budget=3.0, spent=3).chosen(20, 64, 1) == 0.0
