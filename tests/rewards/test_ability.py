"""What a learner can do: small cases by hand, honest learners in simulation, and one item against all of them."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from homeschool.rewards.ability import Ability, Result, laplace, predicted_share, sigmoid
from homeschool.streams import stream


def test_the_share_of_a_known_logit_has_the_luck_of_the_binomial() -> None:
    assert predicted_share(0.0, 0.0, 4) == pytest.approx((0.5, 0.25))
    assert predicted_share(1.0, 0.0, 1) == pytest.approx((0.731059, 0.443409), abs=1e-6)


def test_an_unknown_logit_adds_its_own_variance() -> None:
    """By symmetry the mean is 1/2; by fine integration E[p^2] = 0.293379 for N(0, 1), and 0.348574 for N(0, 4)."""
    assert predicted_share(0.0, 1.0, 1e12) == pytest.approx((0.5, (0.293379 - 0.25) ** 0.5), abs=1e-4)
    assert predicted_share(0.0, 4.0, 1e12).sd == pytest.approx((0.348574 - 0.25) ** 0.5, abs=0.003)
    # One question is right or wrong, so its variance is p (1 - p) = 1/4 however little is known.
    assert predicted_share(0.0, 4.0, 1).sd == pytest.approx(0.5)


def test_the_mode_of_one_right_answer() -> None:
    """1 - sigmoid(z) = z at z = 0.401058; curvature 1 + 0.598942 * 0.401058 = 1.240211."""
    assert laplace(0.0, 1.0, 1, 1) == pytest.approx((0.401058, 0.806315), abs=1e-6)
    assert laplace(-1.3, 2.0, 0, 0) == pytest.approx((-1.3, 2.0))


def test_the_first_observation_by_hand() -> None:
    """4 of 4: p = 1/2, w = 1, r = 2, I = 1 / (4 + 1); V = 4.01, V' = 1 / (1/4.01 + 1/5) = 2.225305, drift 0.4 V'."""
    ability = Ability()
    assert ability.predict("a").mean == pytest.approx(0.5)
    ability.observe([Result("a", 4, 4)])
    assert ability.level == pytest.approx(0.890122, abs=1e-6)
    assert ability.level_variance == pytest.approx(2.225305, abs=1e-6)
    # The item: 4 - 4 sigmoid(z) = z / 8.01 at z = 2.4787.
    assert ability.beliefs["a"].mean == pytest.approx(2.4787, abs=1e-4)
    assert ability.predict("b").mean > 0.5, "what was seen of one item says something about the next"


def test_nothing_asked_changes_nothing() -> None:
    ability = Ability()
    before = json.dumps(ability.state_dict())
    assert ability.observe([]) == {} == ability.observe([Result("a", 0, 0)])
    assert json.dumps(ability.state_dict()) == before


def test_all_right_for_ever_stays_within_reason() -> None:
    ability = Ability()
    for _ in range(300):
        ability.observe([Result("a", 8, 8), Result("b", 8, 8), Result("c", 0, 8)])
    assert ability.predict("a").mean > 0.97 and ability.predict("c").mean < 0.03
    assert all(np.isfinite([belief.mean, belief.variance]).all() for belief in ability.beliefs.values())


class Honest:
    """A learner with items of unequal difficulty, whose ability moves as ``drift`` says."""

    def __init__(self, drift: Callable[[int], float], items: int = 64, questions: int = 10, answers: int = 5) -> None:
        self.drift, self.items, self.questions, self.answers = drift, items, questions, answers
        self.ability, self.filter = -1.0, Ability()
        self.offsets = stream(0, "offsets").normal(0, 1, items)
        self.hits: list[bool] = []
        self.odd: list[dict[str, float]] = []

    def step(self, number: int, leaked: tuple[int, ...] = ()) -> None:
        """16 items, 5 answers each. A leaked item is answered right for certain."""
        chance = stream(0, "honest", number)
        self.ability += self.drift(number)
        which = [*leaked, *(item for item in chance.permutation(self.items) if item not in leaked)][:16]
        results = []
        for item in which:
            p = 1.0 if item in leaked else sigmoid(self.ability + self.offsets[item])
            right = chance.binomial(self.questions, p, self.answers)
            mean, sd = self.filter.predict(str(item), self.questions)
            self.hits += [abs(k / self.questions - mean) <= 1.645 * sd for k in right if number >= 20]
            results.append(Result(str(item), float(right.sum()), self.questions * self.answers))
        self.odd.append(self.filter.observe(results))

    def oddness(self, first: int, last: int) -> list[float]:
        return [odd for step in self.odd[first:last] for odd in step.values()]


@pytest.mark.parametrize(
    ("drift", "error"),
    [(lambda step: 0.0, 0.2), (lambda step: 0.03, 0.4), (lambda step: -0.02, 0.5)],
    ids=["standing still", "learning", "forgetting"],
)
def test_the_drift_of_an_honest_learner_is_found_and_its_marks_fall_where_predicted(
    drift: Callable[[int], float], error: float
) -> None:
    learner = Honest(drift)
    for number in range(120):
        learner.step(number)
    assert learner.filter.level == pytest.approx(learner.ability, abs=error)
    assert 0.87 <= np.mean(learner.hits) <= 0.95, "90 % were promised"
    odd = learner.oddness(20, 120)
    assert np.mean(np.abs(odd) > 3) < 0.01
    assert np.std(odd) == pytest.approx(1, abs=0.15)


def test_a_jump_of_everything_is_ability() -> None:
    """Four logits at once, from 27 % to 95 %: known for one within two steps, and hardly an item looks odd."""
    learner = Honest(lambda step: 4.0 if step == 60 else 0.0)
    for number in range(90):
        learner.step(number)
        if number == 61:
            assert learner.filter.level == pytest.approx(learner.ability, abs=0.8)
    assert np.mean(np.array(learner.oddness(60, 90)) > 3) < 0.02


def test_an_item_that_jumps_by_itself_is_odd_and_nobody_elses_ability() -> None:
    learner = Honest(lambda step: 0.0)
    for number in range(60):
        learner.step(number)
    hardest = int(np.argmin(learner.offsets))
    level = learner.filter.level
    learner.step(60, leaked=(hardest,))
    odd = learner.odd[-1]
    assert odd[str(hardest)] > 5
    assert max(value for item, value in odd.items() if item != str(hardest)) < 3
    assert learner.filter.level == pytest.approx(level, abs=0.15)


def test_state_survives_json() -> None:
    learner = Honest(lambda step: 0.01)
    for number in range(10):
        learner.step(number)
    copy = Ability()
    copy.load_state_dict(json.loads(json.dumps(learner.filter.state_dict())))
    assert copy == learner.filter
    results = [Result("3", 2, 10), Result("new", 5, 10)]
    assert copy.observe(results) == learner.filter.observe(results)
    assert copy.state_dict() == learner.filter.state_dict()
