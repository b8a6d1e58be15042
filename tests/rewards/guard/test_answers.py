"""What the guard sees of answers, and what other scores would pay."""

import numpy as np
import pytest

from homeschool.rewards.guard.answers import (
    HIDDEN,
    Answer,
    Pay,
    Views,
    features_of,
    projected,
    replaced,
    trained_answers,
)
from homeschool.rewards.incentive import build_incentive
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup


def rollout(
    score: float | None, reward: float | None = None, tokens: int = 2, parts: tuple[float, ...] = ()
) -> Rollout:
    completion = Completion("x", (1,) * tokens, (0.0,) * tokens, "stop")
    paid = score if reward is None else reward
    return Rollout(Prompt("p", "?", {"answer": "42", "gold": 1.0}), completion, score, paid, (), parts)


def group(*rollouts: Rollout) -> RolloutGroup:
    return RolloutGroup(Prompt("p", "?"), rollouts)


def test_answers_keep_their_place_and_unmarked_ones_are_left_out() -> None:
    groups = [group(rollout(1.0), rollout(None)), group(rollout(None), rollout(0.5))]
    found = trained_answers(groups)
    assert [(answer.group, answer.place, answer.score) for answer in found] == [(0, 0, 1.0), (1, 1, 0.5)]
    after = replaced(groups, found, [rollout(9.0), rollout(8.0)])
    assert [[r.score for r in g.rollouts] for g in after] == [[9.0, None], [None, 8.0]]


def test_features_are_the_answer_and_its_pay_and_nothing_of_the_item() -> None:
    """Hidden 2, parts 2, score, its square, log length, log-probability. The item's columns hold the truth here."""
    answers = [Answer(0, 0, rollout(2.0, tokens=1, parts=(2.0, 0.5))), Answer(0, 1, rollout(1.0, parts=(1.0, 0.0)))]
    views = Views(np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([-1.5, -2.5]))
    found = features_of(answers, views, full_marks=2.0)
    assert found.tolist() == [
        [0.1, 0.2, 2.0, 0.5, 1.0, 1.0, 0.0, -1.5],
        [0.3, 0.4, 1.0, 0.0, 0.5, 0.25, pytest.approx(np.log(2)), -2.5],
    ]
    with_keys = features_of(answers, views, full_marks=2.0, earned=[0.0, 0.5])
    assert with_keys[:, :-1].tolist() == found.tolist() and with_keys[:, -1].tolist() == [0.0, 0.5]


def test_wide_models_are_projected_and_distances_survive() -> None:
    points = np.random.default_rng(0).standard_normal((6, 1000))
    found = projected(points)
    assert found.shape == (6, HIDDEN)
    before = np.linalg.norm(points[0] - points[1:], axis=1)
    after = np.linalg.norm(found[0] - found[1:], axis=1)
    assert after == pytest.approx(before, rel=0.25)
    assert projected(points[:, :50]) is not None and projected(points[:, :50]).shape == (6, 50)


def test_without_a_rule_another_score_is_its_own_pay_and_penalties_stay() -> None:
    """Score 1, reward 0.7: 0.3 was taken for length, and is taken of any other score too."""
    groups = [group(rollout(1.0, reward=0.7), rollout(0.0))]
    pay = Pay(groups, trained_answers(groups), None)
    assert pay.of([0, 1], [0.0, 1.0]) == pytest.approx([-0.3, 1.0])
    assert pay.of([], []) == []


def test_a_rule_is_asked_what_it_would_pay() -> None:
    """Tiers at half and three quarters of the marks: -0.05, 0.5 and 1."""
    rule = build_incentive("fixed_tiers", {"tiers": (50.0, 75.0)}, full_marks=1.0)
    groups = rule.pay_groups([group(rollout(0.6), rollout(0.9))])
    pay = Pay(groups, trained_answers(groups), rule)
    assert [r.reward for r in groups[0].rollouts] == [0.5, 1.0]
    assert pay.of([0, 0, 1], [0.2, 0.8, 0.6]) == [-0.05, 1.0, 0.5]


def test_a_relative_rule_compares_the_changed_score_with_the_others_as_they_are() -> None:
    rule = build_incentive("relative_tiers", {}, full_marks=1.0)
    groups = rule.pay_groups([group(rollout(0.5), rollout(0.5), rollout(0.5))])
    pay = Pay(groups, trained_answers(groups), rule)
    same, better = pay.of([0, 0], [0.5, 1.0])
    assert same == groups[0].rollouts[0].reward
    assert better > same


def test_a_rule_learns_from_what_is_believed() -> None:
    """Told that the marks were nothing, the expectation falls below one that was left to believe in full marks."""
    told, left = (build_incentive("raw_score", {}, full_marks=1.0) for _ in range(2))
    for rule in (told, left):
        rule.pay([("item", [1.0, None, 1.0])])
    told.believe([[0.0, None, 0.0]])
    for rule in (told, left):
        rule.learn()
    assert told.ability.predict("item", 1)[0] < 0.4 < 0.6 < left.ability.predict("item", 1)[0]
