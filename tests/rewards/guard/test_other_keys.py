"""Marking by other keys: which ones are asked about, what is paid, what is heard and remembered."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeschool.rewards.guard.other_keys import REMEMBERED, OtherKeys, earned, named_besides, nearest
from homeschool.rewards.marker import Marker
from homeschool.types import Completion, Prompt, Rollout, RolloutGroup

Grader = Callable[[str, str], float | None]


def exact(text: str, key: str) -> float:
    return float(text == key)


def anything(text: str, key: str) -> float:
    return 1.0


def part(text: str, key: str) -> float:
    return float(text in key)


def half_for_trying(text: str, key: str) -> float:
    return 0.5 + 0.5 * (text == key)


class Scorer:
    def __init__(self, grader: Grader) -> None:
        self.grader, self.calls = grader, 0

    def __call__(
        self, prompts: list[str], completions: list[str], answer: list[str], **rest: Any
    ) -> list[float | None]:
        self.calls += len(completions)
        return [self.grader(text, str(key)) for text, key in zip(completions, answer, strict=True)]


def paper(key: Any, grader: Grader, *texts: str, reward: float = 1.0) -> RolloutGroup:
    prompt = Prompt(f"q{key}", "?", {"answer": key})
    marked = [(Completion(text, (1,), (0.0,), "stop"), grader(text, str(key))) for text in texts]
    return RolloutGroup(prompt, tuple(Rollout(prompt, done, mark, reward * (mark or 0.0)) for done, mark in marked))


def rewards(groups: Sequence[RolloutGroup]) -> list[list[float | None]]:
    return [[rollout.reward for rollout in group.rollouts] for group in groups]


def keys_of(grader: Grader, count: int = 2) -> tuple[OtherKeys, Scorer]:
    scorer = Scorer(grader)
    return OtherKeys(Marker(scorer, 10.0), "answer", count, seed=0), scorer


def test_what_other_keys_give_is_not_earned() -> None:
    assert earned(1.0, []) == 1.0
    assert earned(1.0, [0.0, 0.25]) == 0.75
    assert earned(0.5, [1.0]) == 0.0


def looked_up(text: str, own: str, known: Sequence[str], count: int, seed: int = 0) -> list[str]:
    return [known[place] for place in nearest([text], [own], known, count, np.random.default_rng(seed))[0]]


def test_the_keys_asked_about_are_those_that_look_most_alike() -> None:
    assert looked_up("76", "76", ["75", "12", "176", "7", "76"], 1) in (["75"], ["7"])
    assert looked_up("20", "120", ["75", "120", "20"], 1) == ["20"]
    found = {looked_up("76", "76", ["75", "77", "12", "76"], 1, seed)[0] for seed in range(20)}
    assert found == {"75", "77"}, "equals come in random order"


def test_a_key_that_the_answer_names_besides_its_own_is_asked_about() -> None:
    known = ["76", "69", "9", "", "12", "176"]

    def named(text: str, own: str, seed: int = 0) -> list[str]:
        found = named_besides([text], [own], known, np.random.default_rng(seed))[0]
        return [known[place] for place in found]

    assert named("769", "76") == ["69"], "the longest"
    assert named("176", "176") == [], "76 is a part of the right answer"
    assert named("0", "76") == [] and named("", "76") == []
    assert {named("69 12", "76", seed)[0] for seed in range(20)} == {"69", "12"}, "equals come in random order"


def test_the_right_answer_with_something_behind_it_is_not_the_answer() -> None:
    def contains(text: str, key: str) -> float:
        return float(key in text)

    keys, _ = keys_of(contains)
    keys.pay([paper(key, contains, "x") for key in ("69", "20", "77")], 0)
    groups = [paper("76", contains, "769", "76"), paper("120", contains, "120", "12077")]
    assert rewards(keys.pay(groups, 1)) == [[0.0, 1.0], [1.0, 0.0]]


def test_no_item_is_asked_about_its_own_key() -> None:
    assert looked_up("a", "a", ["a"], 3) == []
    assert looked_up("b", "b", ["a"], 3) == ["a"]
    assert looked_up("a", "a", [], 3) == []
    assert nearest([], [], ["a"], 3, np.random.default_rng(0)) == []


def test_right_answers_keep_their_pay_and_wrong_ones_cost_no_mark() -> None:
    keys, scorer = keys_of(exact)
    groups = [paper("12", exact, "12", "13"), paper("13", exact, "13", "99"), paper("14", exact, "0", "1")]
    assert rewards(keys.pay(groups, 0)) == [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    assert scorer.calls == 2 * 2


def test_whoever_is_paid_for_anything_is_paid_for_nothing() -> None:
    keys, _ = keys_of(anything)
    groups = [paper("12", anything, "cheat", "12"), paper("13", anything, "cheat")]
    assert rewards(keys.pay(groups, 0)) == [[0.0, 0.0], [0.0]]


def test_a_part_of_the_answer_is_not_the_answer() -> None:
    keys, _ = keys_of(part)
    groups = [paper("76", part, "7", "76", ""), paper("75", part, "75"), paper("12", part, "1"), paper("13", part, "3")]
    assert rewards(keys.pay(groups, 0))[0] == [0.0, 1.0, 0.0]


def test_the_end_of_the_answer_is_not_the_answer_either() -> None:
    keys, _ = keys_of(part)
    keys.pay([paper(key, part, "x") for key in ("20", "121", "130", "60")], 0)
    assert rewards(keys.pay([paper("120", part, "20", "120", "0")], 1)) == [[0.0, 1.0, 0.0]]


def test_pay_that_is_given_in_any_case_falls_away_and_the_rule_stays() -> None:
    keys, _ = keys_of(half_for_trying)
    groups = [paper("12", half_for_trying, "12", "x", reward=10.0), paper("13", half_for_trying, "13", reward=10.0)]
    assert rewards(keys.pay(groups, 0)) == [[5.0, 0.0], [5.0]]


def test_one_key_for_all_leaves_the_pay_as_it_is() -> None:
    keys, scorer = keys_of(anything)
    assert rewards(keys.pay([paper("yes", anything, "x"), paper("yes", anything, "y")], 0)) == [[1.0], [1.0]]
    assert scorer.calls == 0 and keys.pay([], 1) == []


def test_an_item_without_a_key_is_nobody_elses_key() -> None:
    keys, _ = keys_of(anything)
    bare = paper(None, anything, "x")
    keyless = replace(bare, prompt=replace(bare.prompt, columns={}))
    assert rewards(keys.pay([keyless, paper("12", anything, "x")], 0)) == [[0.0], [1.0]]
    assert keys.state_dict()["known"] == ["12"]


def test_marks_that_are_missing_are_left_out() -> None:
    def moody(text: str, key: str) -> float | None:
        return float("nan") if key == "13" else 1.0

    keys = OtherKeys(Marker(Scorer(moody), 10.0, max_failures=1.0), "answer", 2, seed=0)
    groups = [paper("12", anything, "x"), paper("13", anything, "x")]
    assert rewards(keys.pay(groups, 0)) == [[1.0], [0.0]]


def test_shares_of_full_marks_are_what_no_other_key_gives() -> None:
    scorer = Scorer(half_for_trying)
    keys = OtherKeys(Marker(scorer, 10.0), "answer", 2, seed=0, full_marks=2.0, above=0.5)
    rollouts = [r for key in ("12", "13") for r in paper(key, half_for_trying, "12", "x").rollouts]
    assert keys.shares(rollouts, "warm-up") == [0.25, 0.25, 0.25, 0.25], "right 1.0 - 0.5; not asked about 0.5"
    assert scorer.calls == 1, "one answer had more than a half, and there is one other key"
    assert keys.verdict.audits == 0, "only what is paid by it is heard of"


@pytest.mark.parametrize(("grader", "rings"), [(anything, True), (exact, False), (half_for_trying, False)])
def test_it_rings_where_full_marks_need_no_key(grader: Grader, rings: bool) -> None:
    keys, _ = keys_of(grader)
    for step in range(20):
        keys.pay([paper(str(key), grader, str(key)) for key in range(10, 20)], step)
    assert keys.verdict.alarm is rings
    assert keys.verdict.audits == 200


def test_what_it_remembers_survives_and_stays_bounded() -> None:
    keys, _ = keys_of(exact)
    for step in range(30):
        keys.pay([paper(step * 10 + n, exact, "x") for n in range(10)], step)
    state = json.loads(json.dumps(keys.state_dict()))
    assert state["known"] == list(range(290 - REMEMBERED, 300)), "the last 256, and those of the step"
    again, _ = keys_of(exact)
    again.load_state_dict(state)
    asked = [*paper(299, exact, "298").rollouts, *paper(5, exact, "5").rollouts]
    assert again._keys(asked, 30) == keys._keys(asked, 30)
    assert again._keys(asked, 30)[0][0] == 298
    assert again.state_dict() == keys.state_dict()
