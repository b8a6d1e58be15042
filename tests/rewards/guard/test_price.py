"""What a guard is said to cost, by a clock that the test winds."""

import pytest

from homeschool.rewards.guard.price import Price


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_step_by_hand() -> None:
    """10 seconds: 3 of them inside the guard's blocks, of which the gold check took 1. So 2 on top of 7."""
    clock = Clock()
    price = Price(clock)
    with price:
        clock.now += 1.5
        with price.gold():
            clock.now += 1.0
    clock.now += 7.0
    with price:
        clock.now += 0.5
    assert price.of_step(clock.now) == pytest.approx({"perf/guard_s": 2, "perf/gold_s": 1, "perf/guard_share": 2 / 7})


def test_steps_add_up_and_each_begins_at_nothing() -> None:
    clock = Clock()
    price = Price(clock)
    for seconds in (1.0, 3.0):
        with price:
            clock.now += seconds
        price.of_step(10.0)
    assert (price.seconds, price.gold_seconds, price.rest_seconds) == (4.0, 0.0, 16.0)
    assert price.share == 0.25
    assert price.of_step(0.0)["perf/guard_share"] == 0.0


def test_gold_calls_outside_of_steps_are_not_counted() -> None:
    """The warm-up's: there is no step that they could be a share of."""
    clock = Clock()
    price = Price(clock)
    with price.gold():
        clock.now += 5.0
    assert price.of_step(1.0) == {"perf/guard_s": 0.0, "perf/gold_s": 0.0, "perf/guard_share": 0.0}
    assert Price().share == 0.0


def test_a_check_that_fails_has_taken_its_time() -> None:
    clock = Clock()
    price = Price(clock)

    def fail() -> None:
        with price, price.gold():
            clock.now += 2.0
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert price.of_step(2.0)["perf/gold_s"] == 2.0


def test_a_run_that_goes_on_goes_on_counting() -> None:
    """Four seconds of twenty in one process; in the next one of four, all of it gold's: 4 on top of 16 and 3."""
    clock = Clock()
    first, second = Price(clock), Price(clock)
    with first:
        clock.now += 4.0
    first.of_step(20.0)
    second.load_state_dict(first.state_dict())
    with second, second.gold():
        clock.now += 1.0
    assert second.of_step(4.0)["perf/guard_share"] == 0.0, "a step is counted by itself"
    assert second.state_dict() == {"seconds": 4.0, "gold_seconds": 1.0, "rest_seconds": 19.0}
    assert second.share == pytest.approx(4 / 19)
