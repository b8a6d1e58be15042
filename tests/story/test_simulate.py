"""The ladder in a simulation: what each rung teaches, how fast it runs, and that it is the ladder of real training."""

import time
from typing import Any

import pytest

from homeschool.errors import UsageError
from homeschool.rewards.ability import Ability, Result
from homeschool.rewards.incentive import build_incentive
from homeschool.rewards.rules import RULES
from homeschool.story.simulate import STRONG, WEAK, Child, Course, ladder, standardized, take_course
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup


def course(rule: str, child: Child, **settings: Any) -> Course:
    return take_course(build_incentive(rule, questions=child.questions), child, **settings)


def test_the_children_start_where_the_story_says() -> None:
    assert STRONG.level == pytest.approx(88.08, abs=0.01) and WEAK.level == pytest.approx(54.98, abs=0.01)


def test_advantages_are_those_of_grpo_and_none_where_all_are_the_same() -> None:
    assert standardized([1.0, 1.0, 3.0, 3.0]) == [-1.0, -1.0, 1.0, 1.0]
    assert standardized([0.3, 0.3, 0.3]) == [0.0, 0.0, 0.0]


def test_a_rule_without_a_difference_teaches_nothing() -> None:
    """A tier that every paper reaches, and one that none can: the child stays where it is, to the bit."""
    for tiers, coasting, give_up in (((0.1,), 1.0, 0.0), ((100.0,), 0.0, 1.0)):
        incentive = build_incentive("fixed_tiers", {"tiers": tiers, "pays": (0.0, 1.0)}, questions=20)
        found = take_course(incentive, Child(0.0), exams=100)
        assert (found.gain, found.signal, found.signal_to_noise) == (0.0, 0.0, 0.0)
        assert (found.coasting, found.give_up) == (coasting, give_up)


def test_what_the_rungs_do() -> None:
    """Fixed tiers: the strong child coasts in half of the exams or more, the weak one gives up in a quarter, and both
    need longer than by any line of their own. This is the simulation; on language models it has to be seen."""
    strong, weak = ladder(STRONG, exams=300), ladder(WEAK, exams=300)
    assert strong["fixed_tiers"].coasting > 0.5 and weak["fixed_tiers"].give_up > 0.25
    for rung in ("own_tiers", "relative_tiers", "relative_smooth"):
        assert strong[rung].coasting < 0.05 and weak[rung].give_up < 0.1
        assert strong[rung].signal > 2 * strong["fixed_tiers"].signal
        assert strong[rung].gain > strong["fixed_tiers"].gain and weak[rung].gain > weak["fixed_tiers"].gain
        assert (weak[rung].exams_to(80) or 300) < 0.6 * (weak["fixed_tiers"].exams_to(80) or 300)
        assert strong[rung].edits == weak[rung].edits == 0
    assert strong["hand_kept_tiers"].edits >= 1 and weak["hand_kept_tiers"].edits >= 2
    assert strong["fixed_tiers"].exams_to(99) is None


def test_the_same_seed_is_the_same_course_and_another_is_not() -> None:
    first, again = course("own_tiers", WEAK, exams=50), course("own_tiers", WEAK, exams=50)
    assert first == again
    assert course("own_tiers", WEAK, exams=50, seed=1).scores != first.scores


def test_thousands_of_papers_take_a_moment() -> None:
    """5,000 papers in about 50 ms of one core here; ten times as much on a slow or busy machine."""
    began = time.process_time()
    course("own_tiers", WEAK, exams=1000)
    assert time.process_time() - began < 0.5


def test_a_single_paper_is_refused() -> None:
    with pytest.raises(UsageError, match="10 exams of 1 papers; expected at least 1 of at least 2"):
        course("raw_score", WEAK, exams=10, papers=1)


@pytest.mark.parametrize("name", RULES)
def test_simulation_training_and_the_plain_function_pay_the_same_to_the_bit(name: str) -> None:
    """The papers of a simulated course are handed in again: as rollouts of a training step, and to the bare rule."""
    found = course(name, WEAK, exams=60, rate=0.05)
    training = build_incentive(name, questions=WEAK.questions)
    rule, ability = RULES[name], Ability()
    history = rule.start()
    for scores, rewards in zip(found.scores, found.rewards, strict=True):
        (group,) = training.pay_groups([rollouts(scores)])
        training.learn()
        mean, sd = ability.predict("paper", 20)
        attempts = [
            {
                "item": "paper",
                "score": score,
                "others": scores[:place] + scores[place + 1 :],
                "expected": 100 * mean,
                "spread": 100 * sd,
            }
            for place, score in enumerate(scores)
        ]
        plain = [rule.rule(attempt, history) for attempt in attempts]
        history = rule.learn(attempts, history)
        ability.observe([Result("paper", sum(20 * (score / 100) for score in scores), 100)])
        assert group.rewards == plain == rewards
    assert training.history == history


def rollouts(scores: list[float]) -> RolloutGroup:
    prompt, answer = Prompt("paper", "?"), Completion("", (0,), (0.0,), "stop")
    return RolloutGroup(prompt, tuple(Rollout(prompt, answer, score, score) for score in scores))
