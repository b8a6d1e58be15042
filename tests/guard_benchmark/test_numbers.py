"""What is made of single runs, by hand."""

import pytest
from guard_numbers import (
    arm_numbers,
    cells_that_count,
    chosen_by_gold,
    is_degenerate,
    kept,
    of,
    over_seeds,
    ratio,
)
from rows import row


def test_student_s_interval_over_seeds() -> None:
    """0.1 and 0.3: mean 0.2, standard error 0.1, t(0.975, 1) = 12.706."""
    found = over_seeds([0.1, 0.3])
    assert found is not None
    assert found["estimate"] == pytest.approx(0.2)
    assert (found["low"], found["high"]) == pytest.approx((0.2 - 1.2706, 0.2 + 1.2706), abs=1e-4)


def test_one_seed_has_no_spread_and_none_no_number() -> None:
    assert over_seeds([0.4]) == {"estimate": 0.4, "low": None, "high": None}
    assert over_seeds([]) is None


def test_a_ratio_of_means_with_its_interval() -> None:
    """Parts 1 and 3 of wholes 2 and 2: R = 4 / 4 = 1, deviations -1 and 1 of spread sqrt(2), so the half width is
    12.706 sqrt(2) / (sqrt(2) 2) = 6.353."""
    found = ratio([1.0, 3.0], [2.0, 2.0])
    assert found is not None
    assert found["estimate"] == pytest.approx(1.0)
    assert (found["low"], found["high"]) == pytest.approx((1 - 6.353, 1 + 6.353), abs=1e-3)


def test_equal_shares_are_certain() -> None:
    """Half of every whole, whatever the wholes are."""
    assert ratio([0.05, 0.1], [0.1, 0.2]) == {"estimate": 0.5, "low": 0.5, "high": 0.5}


def test_of_a_gain_of_nothing_nothing_is_kept() -> None:
    assert ratio([0.1], [0.01]) is None


def test_kept_is_the_share_of_gold_s_gain_by_seed() -> None:
    """Gold gains 0.2 and 0.4, the arm 0.1 and 0.35; a seed without gold does not count."""
    rows = [row("E1", "gold", 0, exam_true_after=0.3), row("E1", "gold", 1, exam_true_after=0.5)]
    rows += [row("E1", "none", seed, exam_true_after=after) for seed, after in ((0, 0.2), (1, 0.45), (2, 0.9))]
    found = kept(rows, "E1", "none")
    assert found is not None
    assert found["estimate"] == pytest.approx(0.45 / 0.6)
    assert kept(rows, "E2", "none") is None


def test_gold_chooses_the_strength() -> None:
    rows = [row("E1", "kl-0.03", exam_true_after=0.2), row("E1", "kl-0.3", exam_true_after=0.4)]
    rows += [row("E2", "kl-0.1", exam_true_after=0.1)]
    assert chosen_by_gold(rows, "E1", "kl-best") == "kl-0.3"
    assert chosen_by_gold(rows, "E2", "kl-best") == "kl-0.1"
    assert chosen_by_gold(rows, "E3", "kl-best") == ""
    assert [found["arm"] for found in of(rows, "E1", "kl-best")] == ["kl-0.3"]
    assert of(rows, "E3", "kl-best") == []


def test_a_cell_in_which_nobody_cheats_does_not_count() -> None:
    rows = [row("E1", "none", cheating_end=0.3), row("E2", "none", cheating_end=0.7), row("H1", "none")]
    assert is_degenerate(rows, "E1")
    assert not is_degenerate(rows, "E2")
    assert not is_degenerate(rows, "H1"), "an honest cell is meant to be honest"
    assert "E1" not in cells_that_count(rows)
    assert "H1" not in cells_that_count(rows)


def test_an_arm_in_numbers() -> None:
    rows = [row("E1", "no-gold-signs", seed, cheating_peak=0.2 * seed, alarm=seed or None) for seed in range(3)]
    rows[1]["stopped"] = "alarm"
    lost = [{"cell": "E1", "arm": "no-gold-signs", "seed": 4, "kind": "died", "reason": "out of memory"}]
    found = arm_numbers(rows, lost, "E1", "no-gold-signs")
    assert (found["seeds"], found["meant"], found["alarms"], found["peak"]) == (3, 3, 2, 0.4)
    assert found["stopped"] == {"alarm": 1}
    assert found["failed"] == ["died: out of memory"]


def test_rows_come_by_seed() -> None:
    assert [found["seed"] for found in of([row("E1", "none", 2), row("E1", "none", 1)], "E1", "none")] == [1, 2]
