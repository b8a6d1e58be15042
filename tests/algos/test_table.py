"""The table of algorithms: rows are their papers' settings, contradictions are refused with a reason."""

import pytest

from homeschool.algos.table import ALGORITHMS, algorithm, changed_columns
from homeschool.errors import ConfigError


def test_every_row_stands_on_its_own() -> None:
    for name in ALGORITHMS:
        assert changed_columns(algorithm(name, {})) == {}
        assert "arXiv" in ALGORITHMS[name].source


def test_ppo_and_grpo_are_their_papers() -> None:
    ppo, grpo = ALGORITHMS["ppo"], ALGORITHMS["grpo"]
    assert (ppo.advantage, ppo.aggregation, ppo.kl_in, ppo.kl_estimator) == ("gae", "token_mean", "reward", "k1")
    assert (grpo.advantage, grpo.aggregation, grpo.kl_in, grpo.kl_coef) == (
        "group_standardized", "sequence_mean", "loss", 0.04,
    )  # fmt: skip


def test_columns_set_by_hand_are_known() -> None:
    assert changed_columns(algorithm("grpo", {"group_size": 8, "clip_low": 0.2})) == {"group_size": 8}


@pytest.mark.parametrize(
    ("name", "columns", "reason"),
    [
        ("grpoo", {}, 'did you mean "grpo"'),
        ("grpo", {"group_size": 1}, "needs at least 2"),
        ("grpo", {"group_size": 0}, "at least 1"),
        ("rloo", {"epochs": 2}, "one update per batch"),
        ("grpo", {"kl_estimator": "k1"}, "mean zero"),
        ("grpo", {"ratio": "none"}, "clips a ratio"),
        ("ppo", {"clip_low": 1.5}, "distances from a ratio of 1"),
        ("ppo", {"epochs": 0}, "at least 1 each"),
    ],
)
def test_refusals_say_why(name: str, columns: dict[str, object], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        algorithm(name, columns)
