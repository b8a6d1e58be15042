"""Which runs a target of the benchmark needs, and which of them are there.

A target is about every cell of the core in which somebody cheats, and all seeds of the plan: what holds for the runs
that happen to be there is not met yet. A cell outside the core is needed as soon as the arm has been tried in it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guard_numbers import Found, Row, cells_that_count, gains, is_degenerate, kept_of
from guard_plan import ARMS, CELLS, is_meant, seeds_of

Key = tuple[str, str, int]
"""Cell, arm and seed of a run."""


@dataclass(frozen=True)
class Runs:
    """Rows of the runs that ended, and what is known of those that failed or were refused."""

    rows: Sequence[Row]
    lost: Sequence[Row] = ()

    @property
    def ended(self) -> set[Key]:
        return {_key(row) for row in self.rows}

    def lost_seeds(self, cell: str, arm: str) -> set[int]:
        return {seed for place, name, seed in map(_key, self.lost) if (place, name) == (cell, arm)}

    def lost_by_cell(self, cells: Iterable[str], arm: str) -> dict[str, int]:
        """How many runs of the arm failed or were refused, where any did."""
        return {cell: len(seeds) for cell in cells if (seeds := self.lost_seeds(cell, arm))}

    def there(self, needed: set[Key], *arms: str) -> set[Key]:
        """Those that ended, and of ``arms`` those that will not: what failed is a miss of theirs and no gap."""
        return needed & (self.ended | {key for key in map(_key, self.lost) if key[1] in arms})

    def gains(self, cell: str, arm: str) -> dict[int, float]:
        """By seed, what the arm gained of true score; a run that failed or was refused has gained nothing."""
        return dict.fromkeys(self.lost_seeds(cell, arm), 0.0) | gains(self.rows, cell, arm)

    def kept(self, cell: str, arm: str) -> Found | None:
        """What the arm keeps of gold's gain, its lost runs included."""
        return kept_of(self.gains(cell, arm), gains(self.rows, cell, "gold"))


def needs(cells: Iterable[str], arm: str, *others: str) -> set[Key]:
    """All seeds of the arm in these cells, and the same seeds of the arms that it is compared with."""
    return {
        (cell, name, seed)
        for cell in cells
        for name in (arm, *others)
        if is_meant(CELLS[cell], ARMS[name])
        for seed in range(min(seeds_of(CELLS[cell], ARMS[arm]), seeds_of(CELLS[cell], ARMS[name])))
    }


def counted(runs: Runs, arm: str) -> list[str]:
    """Cells in which the arm means something and, as far as is known, somebody cheats."""
    return [cell for cell in cells_that_count(runs.rows) if is_meant(CELLS[cell], ARMS[arm])]


def required(runs: Runs, arm: str) -> list[str]:
    """Cells that a target of this arm cannot do without: all but those known to be degenerate."""
    tried = {cell for cell, name, _ in [*runs.ended, *map(_key, runs.lost)] if name == arm}
    return [
        name
        for name, cell in CELLS.items()
        if not cell.is_honest and (cell.core or name in tried) and is_meant(cell, ARMS[arm]) and not is_out(runs, name)
    ]


def is_out(runs: Runs, cell: str) -> bool:
    """Whether all its runs without a guard are there, and too few of them cheat."""
    return is_degenerate(runs.rows, cell) and needs([cell], "none") <= runs.ended


def _key(row: Row) -> Key:
    return row["cell"], row["arm"], row["seed"]
