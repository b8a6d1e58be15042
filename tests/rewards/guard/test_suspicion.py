"""Suspicion: each sign by hand, calibrated on honest learners, pointing where it should, and taught by audits alone."""

import importlib
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from homeschool.errors import UsageError
from homeschool.rewards.ability import sigmoid
from homeschool.rewards.guard.suspicion import (
    Side,
    Surge,
    Suspicion,
    answer_of,
    combined,
    counts,
    dominance,
    ranks,
    seen_from_within,
    shared_answers,
    tail,
    variety,
)
from homeschool.streams import stream
from homeschool.types import Audit, Completion, Prompt, Rollout, RolloutGroup


def rollout(item: str, text: str, score: float | None, parts: tuple[float, ...] = (), floor: bool = True) -> Rollout:
    completion = Completion(text, tuple(range(len(text) + 1)), (0.0,) * (len(text) + 1), "stop")
    return Rollout(Prompt(item, item), completion, score, score, parts=parts, audit=Audit(0.1, floor, None))


def group(item: str, texts: Sequence[str], scores: Sequence[float | None]) -> RolloutGroup:
    rollouts = tuple(rollout(item, text, score) for text, score in zip(texts, scores, strict=True))
    return RolloutGroup(Prompt(item, item), rollouts)


def test_counts_of_a_known_logit_are_binomial() -> None:
    assert counts(4, 0.0, 0.0) == pytest.approx([1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16])


@pytest.mark.parametrize(
    ("mean", "variance", "right", "asked", "expected"),
    [(-4, 4, 8, 8, 0.00198671), (0, 4, 8, 8, 0.137211), (-3, 2, 20, 32, 0.00912953), (-2, 0.2, 7, 8, 4.48467e-5)],
)
def test_counts_of_an_unknown_logit(mean: float, variance: float, right: int, asked: int, expected: float) -> None:
    """So many or more, against the integral over 20,001 points (made with scipy)."""
    assert sum(counts(asked, mean, variance)[right:]) == pytest.approx(expected, rel=2e-3)


def test_the_tail_by_hand() -> None:
    chances = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    assert tail(chances, 3, 0.0) == pytest.approx(1 / 16)
    assert tail(chances, 3, 0.5) == pytest.approx(3 / 16)
    assert tail(chances, 0, 0.0) == pytest.approx(15 / 16)
    assert tail(chances, 4, 0.0) == 0.0
    assert tail(chances, 2.5, 0.0) == pytest.approx((5 / 16 + 1 / 16) / 2), "half a mark lies between"


def test_a_success_meets_large_counts_more_often() -> None:
    """0, 1 and 2 successes as likely as each other: two of the three successes are in company."""
    assert seen_from_within([1 / 3, 1 / 3, 1 / 3]) == pytest.approx([0, 1 / 3, 2 / 3])


def test_the_rank_among_four_honest_answers() -> None:
    """Of 10, 20, 20, 30: above 20 lies one, two are the same, and the answer itself makes five."""

    def rank(value: float, luck: float, side: Side) -> float:
        return float(ranks(np.array([value]), np.array([10.0, 20.0, 20.0, 30.0]), np.array([luck]), side)[0])

    assert rank(20.0, 0.5, "high") == pytest.approx((1 + 0.5 * 3) / 5)
    assert rank(20.0, 0.0, "high") == pytest.approx(0.2)
    assert rank(20.0, 0.0, "low") == pytest.approx(0.8)
    assert rank(99.0, 0.5, "high") == pytest.approx(0.1)
    assert rank(99.0, 0.5, "both") == pytest.approx(0.2)
    assert rank(1.0, 0.5, "both") == pytest.approx(0.2)
    assert math.isnan(rank(math.nan, 0.5, "both")), "a sign that does not apply says nothing"
    assert ranks(np.array([7.0]), np.zeros(0), np.array([0.3]), "high") == pytest.approx([0.3])


def test_p_values_are_combined_by_sidak() -> None:
    nothing = math.nan
    rows = np.array([[nothing] * 3, [0.3, nothing, nothing], [0.1, 0.5, nothing], [1e-12, 0.5, 1.0], [0.0, 0.7, 1.0]])
    assert combined(rows) == pytest.approx([1.0, 0.3, 0.19, 3e-12, 0.0])
    assert combined(np.array([1.0, 1.0])) == 1.0
    assert combined(np.zeros((2, 0))) == pytest.approx([1.0, 1.0])


def test_what_is_read_off_an_answer() -> None:
    assert answer_of("We add.\n  The  Answer: 42 \n\n") == "the answer: 42"
    assert answer_of(" \n ") == ""
    assert variety(rollout("a", "aaaaaa", 1.0)) == 0.25  # four runs, one kind
    assert variety(rollout("a", "abcdef", 1.0)) == 1.0
    assert variety(rollout("a", "ab", 1.0)) == 1.0
    assert dominance(rollout("a", "x", 1.0, (3.0, -1.0))) == 0.75
    assert dominance(rollout("a", "x", 1.0, (1.0,))) is None is dominance(rollout("a", "x", 0.0, (0.0, 0.0)))


def test_how_many_other_items_got_the_same_answer() -> None:
    paid = [
        rollout("a", "7", 1),
        rollout("a", "7 ", 1),
        rollout("a", "8", 1),
        rollout("b", " 7", 1),
        rollout("c", "5", 1),
    ]
    assert shared_answers(paid, 2) == [0.5, 0.5, 0.0, 0.5, 0.0]
    assert shared_answers(paid[:1], 0) == [0.0]


class Judged(NamedTuple):
    """A rewarded answer, what suspicion said, and the truth."""

    p_value: float
    item: str
    is_false: bool


class School:
    """A learner with 128 items, 16 of them a step with 8 answers each; a tenth of the rewarded ones is audited."""

    def __init__(self, seed: int, ability: float = -1.0) -> None:
        self.seed, self.ability = seed, ability
        self.offsets = stream(seed, "offsets").normal(0, 1, 128)
        self.suspicion = Suspicion(seed)

    def step(self, number: int, leaked: Sequence[int] = (), junk: float = 0.0) -> list[Judged]:
        """Answers to a leaked item all pass; a share ``junk`` of the wrong answers passes by a long line of "!"."""
        luck = stream(self.seed, "school", number)
        groups, golds, false = [], [], []
        for item in luck.choice(128, 16, replace=False).tolist():
            right = luck.random(8) < sigmoid(self.ability + self.offsets[item])
            is_junk = ~right & (luck.random(8) < junk)
            passed = right | is_junk | np.full(8, item in leaked)
            sizes = luck.integers(3, 12, 8)
            letters = luck.integers(97, 123, (8, 12))
            texts = [
                "!" * 40 if bad else bytes(row[:n].tolist()).decode()
                for bad, row, n in zip(is_junk, letters, sizes, strict=True)
            ]
            groups.append(group(str(item), texts, passed.astype(float).tolist()))
            audited = passed & (luck.random(8) < 0.1)
            golds += [float(g) if a else None for g, a in zip(right, audited, strict=True)]
            false += (passed & ~right).tolist()
        found = self.suspicion.p_values(groups)
        self.suspicion.learn(groups, golds)
        rollouts = [one for many in groups for one in many.rollouts]
        return [Judged(p, one.prompt.id, bad) for p, one, bad in zip(found, rollouts, false, strict=True) if one.score]


@pytest.mark.parametrize("drift", [0.0, 0.02], ids=["standing still", "learning"])
def test_p_values_are_calibrated_on_an_honest_learner(drift: float) -> None:
    """Answers to one item share a p-value, so the bounds are wide; too small is what must not happen."""
    found: list[float] = []
    for seed in range(3):
        school = School(seed)
        for number in range(150):
            school.ability += drift
            judged = school.step(number)
            found += [one.p_value for one in judged] if number >= 50 else []
    shares = [float(np.mean(np.array(found) < level)) for level in (0.01, 0.05, 0.2, 0.5)]
    assert shares[0] <= 0.02 and shares[1] <= 0.07 and shares[2] <= 0.23 and shares[3] <= 0.56
    assert shares[1] >= 0.02 and shares[3] >= 0.35, "not so cautious that it says nothing"


def test_an_honest_insight_flags_few_and_asks_for_audits() -> None:
    """Four logits at once, from 27 % to 95 %: 5 % flagged at most in the next thirty steps; and a surge."""
    flagged, surges = [], 0
    for seed in range(3):
        school = School(seed)
        for number in range(130):
            school.ability += 4.0 * (number == 100)
            judged = school.step(number)
            flagged += [one.p_value < 0.01 for one in judged] if number >= 100 else []
            surges += school.suspicion.surge.began and number in (100, 101)
    assert np.mean(flagged) <= 0.05
    assert surges == 3


def test_a_leaked_item_stands_out() -> None:
    school = School(0)
    hardest = int(np.argmin(school.offsets))
    for number in range(100):
        school.step(number)
    found = [one for number in range(100, 140) for one in school.step(number, leaked=(hardest,))]
    leaked = [one.p_value for one in found if one.item == str(hardest)]
    assert len(leaked) >= 8
    assert np.median(leaked) < 0.02 < np.median([one.p_value for one in found if one.item != str(hardest)])


def test_junk_stands_out_by_its_length_and_sameness() -> None:
    school = School(0)
    for number in range(80):
        school.step(number)
    found = [one for number in range(80, 90) for one in school.step(number, junk=0.2)]
    false = [one.p_value for one in found if one.is_false]
    assert len(false) > 50
    assert np.mean(np.array(false) < 0.1) > 0.9
    assert np.mean([one.p_value < 0.1 for one in found if not one.is_false]) < 0.2


def test_faked_marks_raise_nobodys_ability() -> None:
    """Everything passes from step 60 on, a tenth is audited: and the tracker does not believe in 100 %."""
    school = School(0)
    for number in range(60):
        school.step(number)
    before = school.suspicion.ability.level
    for number in range(60, 120):
        school.step(number, junk=1.0)
    assert school.suspicion.trust < 0.5
    assert school.suspicion.ability.level < before + 1.0, "the raw marks stand at 100 %, six logits higher"


def test_only_uniform_audits_teach() -> None:
    """What suspicion itself picked is no sample of what is normal."""
    for floor, expected in ((True, 1), (False, 0)):
        suspicion = Suspicion()
        groups = [RolloutGroup(Prompt("a", "a"), (rollout("a", "xyz", 1.0, floor=floor),))]
        suspicion.p_values(groups)
        suspicion.learn(groups, [1.0])
        assert len(suspicion.honest.get("length", [])) == expected


def test_a_cheat_never_teaches_what_is_normal() -> None:
    suspicion = Suspicion()
    groups = [group("a", ["honest", "!!!!"], [1.0, 1.0])]
    suspicion.p_values(groups)
    suspicion.learn(groups, [1.0, 0.0])
    assert suspicion.honest["length"] == [7.0]
    assert suspicion.trust == pytest.approx((0.99 * (0.99 * 1 + 1)) / (0.99 * (0.99 * 1 + 1) + 1))


def test_unrewarded_answers_are_never_suspicious() -> None:
    school = School(0)
    for number in range(40):
        school.step(number)
    groups = [group("1", ["!" * 99, "x"], [0.0, None])]
    assert school.suspicion.p_values(groups) == [1.0, 1.0]


def test_features_of_the_caller_count() -> None:
    """Likelihood under the reference is odd where it is low; what has no row of its own is odd on both sides."""
    suspicion = Suspicion()
    for number in range(25):
        groups = [group(f"q{number}", ["same"], [1.0])]
        suspicion.p_values(groups, {"ref_logprob": [-1.0 - 0.01 * number], "heat": [float(number)]})
        suspicion.learn(groups, [1.0])
    groups = [group("new", ["same", "same", "same"], [1.0, 1.0, 1.0])]
    suspicion.p_values(groups, {"ref_logprob": [-9.0, -0.1, -1.1], "heat": [12.0, 99.0, -99.0]})
    strange, likely, usual = suspicion.signs["ref_logprob"].tolist()
    assert strange < 0.04 and likely > 0.96 and 0.1 < usual < 0.9
    assert (suspicion.signs["heat"] < 0.08).tolist() == [False, True, True]


def test_a_surge_begins_and_ends() -> None:
    """exp(2 z - 2) at z = 4 is e^6 = 403; two of them make 162,755, a third of it is above 1,000."""
    surge = Surge()
    surge.observe(4.0)
    assert not surge.began
    surge.observe(4.0)
    assert surge.began and surge.steps_left == 20
    for _ in range(20):
        surge.observe(0.0)
    assert surge.steps_left == 0 and not surge.began


@pytest.mark.parametrize("z", [3.0e2, 5.0e2, 1.0e9, float("inf")])
def test_a_leap_beyond_all_numbers_is_a_surge_and_no_error(z: float) -> None:
    """exp(2 z - 2) is no number from z = 356 on; the surge of a judge who is deceived all at once has gone beyond."""
    surge = Surge()
    surge.observe(z)
    assert surge.began and surge.capitals == [1.0, 1.0, 1.0]
    surge.observe(-z)
    assert max(surge.capitals) < 1e-60


def test_surges_are_rare_for_an_honest_learner() -> None:
    luck, surge, began = stream(0, "surge").normal(0, 1, 5000), Surge(), 0
    for z in luck.tolist():
        surge.observe(z)
        began += surge.began
    assert began <= 5, "one in 1,000 steps at most was promised"


def test_the_same_seed_says_the_same_and_state_survives_json() -> None:
    school, twin = School(0), School(0)
    for number in range(30):
        school.step(number)
        twin.step(number)
    copy = Suspicion(0)
    copy.load_state_dict(json.loads(json.dumps(school.suspicion.state_dict())))
    twin.suspicion = copy
    assert school.step(30) == twin.step(30)
    assert copy.state_dict() == school.suspicion.state_dict()


def test_marks_on_another_scale() -> None:
    """Full marks 100, and only scores above 50 count as paid."""
    suspicion = Suspicion(0, full_marks=100.0, rewarded_above=50.0)
    groups = [group("a", ["abc", "abd"], [100.0, 40.0])]
    assert suspicion.p_values(groups) == [1.0, 1.0]
    suspicion.learn(groups, [0.0, 0.0])
    assert suspicion.trust == pytest.approx(0.99 / 1.99), "the second was not paid, so it is no false pass"
    assert suspicion.ability.beliefs["a"].mean < 0


def test_nonsense_is_refused() -> None:
    groups = [group("a", ["x"], [1.0])]
    with pytest.raises(UsageError, match="feature heat has 2 values for 1 rollouts"):
        Suspicion().p_values(groups, {"heat": [1.0, 2.0]})
    with pytest.raises(UsageError, match="0 gold marks for 1 rollouts"):
        Suspicion().learn(groups, [])


@pytest.mark.parametrize(("name", "low", "high"), [("ewma", 0.5, 0.7), ("item", 0.35, 0.6), ("anchored", 0.0, 0.05)])
def test_the_table_of_honest_items_accused_after_an_insight(
    name: str, low: float, high: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One seed of benchmarks/results/2026-11-23-suspicion: at a nominal 1 %, in the 30 steps after it."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "benchmarks"))
    benchmark = importlib.import_module("suspicion")
    assert low <= benchmark.flagged(benchmark.TESTS[name], "insight", 0, 600)["after_middle"] <= high
