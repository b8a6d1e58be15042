"""The pass rate of each prompt: by hand, converging, forgetting, surviving a restart."""

import json

import pytest

from homeschool.algos.tracker import PassRateTracker, kept_share
from homeschool.errors import UsageError
from homeschool.streams import stream


def mean_baseline(tracker: PassRateTracker, rate: float, visits: int) -> float:
    """Ask prompt "a", which is passed at this rate, so many times; the mean baseline of the later half."""
    seen = []
    for coin in stream(0, "tracker test", str(rate)).random(visits) < rate:
        seen.append(tracker.baseline("a"))
        tracker.advantages(["a"], [float(coin)])
    return sum(seen[visits // 2 :]) / (visits - visits // 2)


def test_by_hand() -> None:
    tracker = PassRateTracker()
    # Nothing is known: 1/2, with the weight of two marks. A pass: Beta(0.96 + 1, 0.96).
    assert tracker.advantages(["a"], [1.0]) == [0.5]
    assert tracker.baseline("a") == pytest.approx(1.96 / 2.92)
    # A fail: Beta(0.96 * 1.96, 0.96 * 0.96 + 1) = Beta(1.8816, 1.9216).
    assert tracker.advantages(["a"], [0.0]) == pytest.approx([-1.96 / 2.92])
    assert tracker.baseline("a") == pytest.approx(1.8816 / 3.8032)


def test_marks_between_pass_and_fail_count_in_parts() -> None:
    tracker = PassRateTracker()
    tracker.advantages(["a"], [0.25])
    assert tracker.baseline("a") == pytest.approx(1.21 / 2.92)


def test_a_new_prompt_begins_at_the_average_of_all_answers() -> None:
    tracker = PassRateTracker()
    tracker.advantages(["a", "b", "c"], [1.0, 1.0, 1.0])
    assert tracker.baseline("new") == pytest.approx(4 / 5)  # two marks for 1/2, three passes, nothing forgotten
    # Then it is its own: Beta(0.96 * 1.6, 0.96 * 0.4 + 1), and the average has moved to 4 passes of 6.
    tracker.advantages(["new"], [0.0])
    assert tracker.baseline("new") == pytest.approx(1.536 / 2.92)
    assert tracker.baseline("newer") == pytest.approx(4 / 6)


def test_the_answers_of_a_step_are_compared_with_the_past_only() -> None:
    tracker = PassRateTracker()
    assert tracker.advantages(["a", "a", "b"], [1.0, 0.0, 1.0]) == [0.5, -0.5, 0.5]


def test_a_change_of_policy_makes_old_marks_count_less() -> None:
    # Half a half-life keeps 2^-0.5 = 0.707, but never less than 0.875; a short way keeps 2^(-0.1), but a visit at most
    # 0.96.
    assert kept_share(0.006) == pytest.approx(0.9330330)
    assert kept_share(0.03) == kept_share(9.0) == 0.875
    assert kept_share(0.0) == 1
    still, moved = PassRateTracker(), PassRateTracker()
    for tracker in (still, moved):
        tracker.advantages(["a"], [1.0])
    moved.travel(0.006)
    for tracker in (still, moved):
        tracker.advantages(["a"], [0.0])
    assert still.baseline("a") == pytest.approx(1.8816 / 3.8032)
    assert moved.baseline("a") == pytest.approx(0.933033 * 1.96 / (0.933033 * 2.92 + 1))


def test_distance_counts_since_the_prompts_own_last_visit() -> None:
    tracker = PassRateTracker()
    tracker.advantages(["a"], [1.0])
    tracker.travel(0.003)
    tracker.advantages(["b"], [1.0])
    tracker.travel(0.003)
    tracker.travel(-1.0)  # an estimate of a KL may fall below 0; a distance does not
    assert tracker.beliefs["a"].seen_at == 0 and tracker.beliefs["b"].seen_at == pytest.approx(0.003)
    tracker.advantages(["a"], [0.0])
    assert tracker.baseline("a") == pytest.approx(0.933033 * 1.96 / (0.933033 * 2.92 + 1))
    # Of b, which began at 2 passes of 3 and was passed, a short way keeps more than a visit may: 0.96.
    tracker.advantages(["b"], [0.0])
    assert tracker.baseline("b") == pytest.approx(0.96 * 2.28 / (0.96 * 2.92 + 1))
    # And a has just been seen: from Beta(1.828745, 1.895712) it keeps 0.96 too.
    tracker.advantages(["a"], [0.0])
    assert tracker.baseline("a") == pytest.approx(0.96 * 1.828745 / (0.96 * 3.724457 + 1))


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_it_converges_to_the_pass_rate(rate: float) -> None:
    # Two thousand coins have a standard error of at most 0.011.
    assert mean_baseline(PassRateTracker(), rate, 4000) == pytest.approx(rate, abs=0.03)


def test_it_forgets_what_the_learner_has_outgrown() -> None:
    learning, still = PassRateTracker(), PassRateTracker()
    for tracker in (learning, still):
        assert mean_baseline(tracker, 0.1, 200) < 0.2
    for _ in range(20):
        learning.travel(0.1)
        for tracker in (learning, still):
            tracker.advantages(["a"], [1.0])
    # Of some 25 old marks 0.875^20 = 7 % are left, or 0.96^20 = 44 %.
    assert learning.baseline("a") > 0.8 > 0.65 > still.baseline("a")


def test_on_average_the_advantage_of_a_steady_learner_is_zero() -> None:
    tracker = PassRateTracker()
    coins = stream(0, "tracker test").random(4000) < 0.3
    found = [tracker.advantages(["a"], [float(coin)])[0] for coin in coins]
    assert sum(found) / len(found) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("reward", [-0.1, 1.5, float("nan")])
def test_a_reward_that_is_no_share_of_a_pass_is_refused_before_anything_is_learned(reward: float) -> None:
    tracker = PassRateTracker()
    with pytest.raises(UsageError, match=r"'b'.*rewards in"):
        tracker.advantages(["a", "b"], [1.0, reward])
    assert tracker == PassRateTracker()


def test_it_goes_on_from_its_state() -> None:
    first, second = PassRateTracker(), PassRateTracker()
    first.advantages(["a", "b"], [1.0, 0.0])
    first.travel(0.02)
    first.advantages(["b"], [1.0])
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert second == first
    assert second.advantages(["a", "c"], [0.0, 0.0]) == first.advantages(["a", "c"], [0.0, 0.0])
    assert second == first
