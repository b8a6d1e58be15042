"""From scores to rewards: the scale, missing marks, the metrics, the state, and settings that cannot be meant."""

import json
from typing import Any

import pytest

from homeschool.errors import ConfigError
from homeschool.rewards.incentive import build_incentive
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup


def test_scores_of_any_scale_are_marks_for_the_rule_and_a_missing_one_stays_missing() -> None:
    incentive = build_incentive("fixed_tiers", full_marks=2.0)
    assert incentive.pay([("a", [1.59, 1.6, None, 2.0]), ("b", [None])]) == [[-0.05, 0.5, None, 1.0], [None]]


def test_the_others_are_those_with_a_mark_and_the_expectation_is_from_before_the_exam() -> None:
    """Nothing known: expected 50. Alone, only what is above 50 is paid, and nothing changes within the exam."""
    incentive = build_incentive("relative_tiers", {"prior": 0.0})
    assert incentive.pay([("a", [60.0, None]), ("a", [50.0])]) == [[0.5, None], [0.0]]
    # With others their mean is the line: 70 for the 90, 90 for the 70.
    assert incentive.pay([("a", [70.0, None, 90.0])]) == [[0.0, None, 0.5]]
    incentive.learn()
    assert incentive.ability.predict("a").mean > 0.6


def test_groups_get_rewards_and_keep_their_scores() -> None:
    prompt, answer = Prompt("a", "?"), Completion("1", (1,), (-0.1,), "stop")
    scores = (0.9, None, 0.2)
    group = RolloutGroup(prompt, tuple(Rollout(prompt, answer, score, score) for score in scores))
    (paid,) = build_incentive("fixed_tiers", full_marks=1.0).pay_groups([group])
    assert [(rollout.score, rollout.reward) for rollout in paid.rollouts] == [(0.9, 1.0), (None, None), (0.2, -0.05)]


def test_the_metrics_of_an_exam() -> None:
    incentive = build_incentive("hand_kept_tiers", {"patience": 1}, full_marks=10)
    incentive.pay([("a", [9.5, 10.0]), ("b", [1.0, 9.0]), ("c", [0.0, None]), ("d", [None])])
    found = incentive.metrics()
    assert found["reward/coasting_frac"] == found["reward/give_up_frac"] == pytest.approx(1 / 3)
    assert found["reward/score_mean"] == pytest.approx(5.9)
    assert (found["reward/reached_1"], found["reward/reached_2"]) == pytest.approx((0.6, 0.6))
    assert (found["reward/edge_1"], found["reward/edge_2"], found["reward/edits"]) == (80, 90, 0)
    incentive.learn()
    assert "reward/coasting_frac" not in incentive.metrics(), "the next exam has not begun"
    smooth = build_incentive("relative_smooth")
    smooth.pay([("a", [90.0, 95.0])])
    assert "reward/coasting_frac" not in smooth.metrics(), "without tiers there is none to coast in"


def test_an_exam_without_a_mark_teaches_nothing() -> None:
    incentive = build_incentive("own_tiers")
    before = json.dumps(incentive.state_dict())
    assert incentive.pay([("a", [None, None])]) == [[None, None]]
    assert "reward/score_mean" not in incentive.metrics()
    incentive.learn()
    assert json.dumps(incentive.state_dict()) == before


@pytest.mark.parametrize("name", ["own_tiers", "hand_kept_tiers", "relative_smooth"])
def test_state_survives_json_and_the_next_exam_is_paid_the_same(name: str) -> None:
    first, second = build_incentive(name), build_incentive(name)
    for exam in range(25):
        first.pay([(f"item {exam % 3}", [10.0 * (exam % 7), 55.5, 90.0])])
        first.learn()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for _ in range(2):
        papers: list[tuple[str, list[float | None]]] = [("item 1", [70.0, 71.3]), ("new", [20.0])]
        assert second.pay(papers) == first.pay(papers)
        first.learn()
        second.learn()
    assert second.state_dict() == first.state_dict()


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("fixed_tires", {}, 'reward.rule is "fixed_tires"; did you mean "fixed_tiers"'),
        ("fixed_tiers", {"tiers": (90, 80)}, "reward.tiers are not sorted: 90 stands before 80 in [90, 80]"),
        ("fixed_tiers", {"tiers": (80, 80)}, "reward.tiers overlap: 80 stands twice in [80, 80]"),
        ("fixed_tiers", {"tiers": (80, 800)}, "reward.tiers are [80, 800], expected marks above 0 and up to 100"),
        ("fixed_tiers", {"tiers": (80, float("nan"))}, "reward.tiers are [80, nan], expected finite numbers"),
        ("fixed_tiers", {"tiers": (80,)}, "reward.pays has 3 entries and tiers 1; expected one pay more"),
        ("fixed_tiers", {"pays": (0, 1)}, "reward.pays has 2 entries and tiers 2"),
        ("fixed_tiers", {"pays": (0, 2, 1)}, "reward.pays are not sorted: 2 stands before 1"),
        ("fixed_tiers", {"rates": (0.5, 0.2)}, 'reward.rates is set, but the rule "fixed_tiers" reads tiers, pays'),
        ("raw_score", {"tiers": (80,)}, 'the rule "raw_score" reads nothing'),
        ("own_tiers", {"rates": (0.2, 0.5)}, "reward.rates do not fit: [0.2, 0.5]; whoever reaches a tier"),
        ("own_tiers", {"rates": (0.5, 0.5)}, "reward.rates do not fit"),
        ("own_tiers", {"rates": (1.0, 0.5)}, "reward.rates are [1.0, 0.5], expected shares of attempts, each above 0"),
        ("own_tiers", {"rates": (0.5,)}, "reward.pays has 3 entries and rates 1"),
        ("own_tiers", {"pace": 0.0}, "reward.pace is 0.0, expected a number above 0, up to 4"),
        ("relative_smooth", {"softness": -1.0}, "reward.softness is -1.0"),
        ("jump_discount", {"kept": 1.5}, "reward.kept is 1.5, expected a number from 0, up to 1"),
        ("hand_kept_tiers", {"patience": 0}, "reward.patience is 0, expected a number from 1"),
        ("hand_kept_tiers", {"weary": 0.2}, "reward.weary is 0.2, expected a number from 0.5, up to 1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build_incentive(name, settings)
    assert message in str(refused.value)


def test_full_marks_of_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="full_marks is 0 and questions 1, expected numbers above 0"):
        build_incentive("raw_score", full_marks=0)
