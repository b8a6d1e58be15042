"""The table of comparisons. A cell is one kind of work, done by us and by the peers in turn."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One line of work, by us and by one or two peers. The ``noise`` cells race us against ourselves."""

    name: str
    title: str
    work: str
    """A name in ``work.WORKS``."""
    op: str
    """What each arm is asked to do, again and again."""
    ours: str
    peers: tuple[str, ...]
    phase: str = "step"
    """Which of the arm's stopwatches counts."""
    floors: dict[str, float] = field(default_factory=dict)
    """The least ratio, peer's seconds over ours, that the project promises."""
    dtype: str = ""
    """Fixed for this cell; empty: the dtype of the comparison. The quickstart itself runs in fp32."""

    @property
    def arms(self) -> tuple[str, ...]:
        """In the order of an even round: ours stands between the peers, next to each."""
        first, *rest = self.peers
        return (first, self.ours, *rest)


_GENERATION = {"T0": 2.5, "T1": 2.0}
_UPDATE = {"T0": 2.4, "T1": 1.9}

CELLS = {
    cell.name: cell
    for cell in (
        Cell("generation", "generation", "p128", "generate", "ours", ("T0", "T1"), "generate", _GENERATION),
        Cell("train", "training half, recorded answers", "p128", "train", "ours", ("T0", "T1"), floors=_UPDATE),
        Cell("step", "full GRPO step", "p128", "step", "ours", ("T0", "T1"), floors=_UPDATE),
        Cell("step512", "full GRPO step, prompt 512", "p512", "step", "ours", ("T0",), floors={"T0": 4.0}),
        Cell("ppo", "full PPO step", "p128", "step", "ours-ppo", ("P1",), floors={"P1": 2.0}),
        Cell("ppo-shipped", "full PPO step", "p128", "step", "ours-ppo", ("P0",), floors={"P0": 2.0}),
        Cell(
            "quickstart",
            "full GRPO step, quickstart model in fp32",
            "quickstart",
            "step",
            "ours",
            ("T0",),
            floors={"T0": 5.0},
            dtype="float32",
        ),
        Cell("noise-generation", "noise: generation", "p128", "generate", "ours", ("again",), "generate"),
        Cell("noise-step", "noise: full GRPO step", "p128", "step", "ours", ("again",)),
    )
}

MEMORY_FLOOR = 0.8
"""Our peak resident memory over the peer's, in the cell ``step``."""

DEFAULT = tuple(CELLS)
ALONE = ("roofline", "startup")
"""Cells about us alone, with modules of their own."""
