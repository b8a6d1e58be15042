"""The table of algorithms: one row each, one column per choice. Data only, no torch.

Naming a row and setting nothing else is the algorithm of the paper; any column can be set by hand. The functions that
the columns name live beside this file, in ``advantages``, ``losses`` and ``kl``.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from homeschool.errors import ConfigError, nearest

Advantage = Literal["gae", "group_standardized", "group_mean", "leave_one_out"]
Ratio = Literal["token", "none"]
Surrogate = Literal["clip", "logprob"]
Aggregation = Literal["token_mean", "sequence_mean", "sequence_sum", "constant_length"]
KlPlace = Literal["none", "reward", "loss"]
KlEstimator = Literal["k1", "k2", "k3"]


@dataclass(frozen=True)
class Algorithm:
    """One row."""

    name: str
    source: str
    """The paper whose setting this row is."""
    advantage: Advantage
    ratio: Ratio = "token"
    """Level of the importance ratio; none leaves it out, which is exact for one update per batch."""
    surrogate: Surrogate = "clip"
    aggregation: Aggregation = "token_mean"
    clip_low: float = 0.2
    """The ratio's gain stops at 1 - clip_low ..."""
    clip_high: float = 0.2
    """... and at 1 + clip_high."""
    group_size: int = 8
    """Completions of each prompt."""
    epochs: int = 1
    """Passes over each batch."""
    minibatches: int = 1
    """Weight updates per pass."""
    kl_in: KlPlace = "none"
    """Where the distance to the reference is charged."""
    kl_estimator: KlEstimator = "k3"
    kl_coef: float = 0.0
    whiten: bool = False
    """Shift and scale all advantages of a batch to mean 0 and variance 1."""
    gae_gamma: float = 1.0
    gae_lambda: float = 1.0
    value_coef: float = 0.0
    """Weight of the critic's loss; 0 means there is no critic."""
    value_clip: float = 0.2
    """A new value counts only this far from the old one; 0 turns the clip off."""

    @property
    def has_critic(self) -> bool:
        return self.advantage == "gae"

    @property
    def updates_per_batch(self) -> int:
        return self.epochs * self.minibatches

    @property
    def needs_reference(self) -> bool:
        return self.kl_in != "none" and self.kl_coef > 0

    def with_columns(self, **columns: Any) -> "Algorithm":
        """The row with some columns set by hand. Contradictions raise ConfigError with the reason."""
        row = replace(self, **columns)
        refuse_contradictions(row)
        return row


_ROWS = (
    Algorithm(
        name="ppo",
        source="Schulman et al. 2017, arXiv:1707.06347; for language models Ouyang et al. 2022, arXiv:2203.02155",
        advantage="gae",
        group_size=1,
        epochs=4,
        minibatches=1,
        kl_in="reward",
        kl_estimator="k1",
        kl_coef=0.02,
        whiten=True,
        gae_lambda=0.95,
        value_coef=0.5,
    ),
    Algorithm(
        name="grpo",
        source="Shao et al. 2024, arXiv:2402.03300",
        advantage="group_standardized",
        aggregation="sequence_mean",
        group_size=64,
        kl_in="loss",
        kl_coef=0.04,
    ),
    Algorithm(
        name="dr_grpo",
        source="Liu et al. 2025, arXiv:2503.20783",
        advantage="group_mean",
        aggregation="constant_length",
    ),
    Algorithm(
        name="rloo",
        source="Ahmadian et al. 2024, arXiv:2402.14740",
        advantage="leave_one_out",
        ratio="none",
        surrogate="logprob",
        aggregation="sequence_sum",
        group_size=4,
        kl_in="reward",
        kl_estimator="k1",
        kl_coef=0.03,
    ),
)

ALGORITHMS: dict[str, Algorithm] = {row.name: row for row in _ROWS}


def algorithm(name: str, columns: dict[str, Any]) -> Algorithm:
    """The row called ``name`` with ``columns`` set by hand."""
    if name not in ALGORITHMS:
        raise ConfigError(f'unknown algorithm "{name}"{nearest(name, ALGORITHMS)}')
    return ALGORITHMS[name].with_columns(**columns)


def changed_columns(row: Algorithm) -> dict[str, Any]:
    """The columns in which ``row`` differs from the published setting of its name."""
    published = ALGORITHMS[row.name]
    return {
        field.name: getattr(row, field.name)
        for field in fields(row)
        if getattr(row, field.name) != getattr(published, field.name)
    }


def refuse_contradictions(row: Algorithm) -> None:
    """Columns that cannot mean anything together."""
    if row.group_size < 1:
        raise ConfigError(f"group_size is {row.group_size}, expected at least 1")
    if row.advantage != "gae" and row.group_size < 2:
        raise ConfigError(
            f'group_size is {row.group_size} but advantage "{row.advantage}" compares answers to the same prompt and '
            'needs at least 2; set rl.group_size, or use advantage "gae" (--algo ppo)'
        )
    if row.epochs < 1 or row.minibatches < 1:
        raise ConfigError(f"epochs is {row.epochs} and minibatches {row.minibatches}, expected at least 1 each")
    if row.ratio == "none" and row.surrogate == "clip":
        raise ConfigError(
            'surrogate "clip" clips a ratio, but ratio is "none"; set ratio "token" or surrogate "logprob"'
        )
    if row.surrogate == "logprob" and row.updates_per_batch > 1:
        raise ConfigError(
            'surrogate "logprob" is exact for one update per batch, but epochs x minibatches is '
            f'{row.updates_per_batch}; set both to 1 or use surrogate "clip"'
        )
    if not 0 <= row.clip_low <= 1 or row.clip_high < 0:
        raise ConfigError(
            f"clip_low is {row.clip_low} and clip_high {row.clip_high}; they are distances from a ratio of 1, so "
            "clip_low lies in [0, 1] and clip_high is not negative"
        )
    if row.kl_in == "loss" and row.kl_estimator == "k1":
        raise ConfigError(
            "k1 in the loss has a gradient of mean zero: it punishes nothing; use k2 or k3 there, or kl_in = reward"
        )
