"""Randomness as a function: the same name gives the same numbers, on every machine and in every version."""

import numpy as np

from homeschool.streams import fraction, stream


def test_numbers_do_not_change() -> None:
    """Whatever was drawn before is drawn again: these were noted down once and for all."""
    assert stream(0, "sample", 3, "7+5").random(3).tolist() == [
        0.033862092545512756,
        0.12194783172231327,
        0.32250104721169237,
    ]
    assert stream(1, "order", 2).permutation(6).tolist() == [5, 0, 2, 3, 1, 4]
    assert stream(-1, "x").integers(0, 1000, 4).tolist() == [720, 367, 604, 325]


def test_a_name_is_its_types_as_well() -> None:
    assert stream(0, "a", 1).random() != stream(0, "a", "1").random()
    assert fraction("a", 1) != fraction("a", "1")


def test_each_generator_is_a_fresh_one() -> None:
    """Two of the same name do not share a state, and there is no state to begin with."""
    first, second = stream(0, "coins"), stream(0, "coins")
    drawn = first.random(5)
    assert np.array_equal(second.random(5), drawn)
    assert not np.array_equal(first.random(5), drawn)
