"""From raw pairs to one table. Reads nothing but the CSV and JSON files of a result folder, so it can be made again.

python benchmarks/summary.py benchmarks/results/<date>-<cpu>/bfloat16
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from cells import ALONE, CELLS, MEMORY_FLOOR, Cell
from rounds import kept_rounds, read_rows
from work import WORKS

RESAMPLES = 10_000


@dataclass(frozen=True)
class Ratio:
    """The peer's seconds over ours, round by round: how many times faster we are."""

    cell: str
    peer: str
    median: float
    low: float
    high: float
    pairs: int
    dropped: int
    ours_seconds: float
    peer_seconds: float
    floor: float | None

    @property
    def verdict(self) -> str:
        if self.floor is None:
            return ""
        if self.low >= self.floor:
            return f"at least {self.floor:g}: met"
        return f"at least {self.floor:g}: " + ("not shown" if self.high >= self.floor else "missed")


def main(folder: str) -> None:
    path = Path(folder)
    ratios = [ratio for cell in CELLS.values() for ratio in cell_ratios(cell, path / f"{cell.name}.csv")]
    memory = memory_rows(path / "step.csv")
    alone = {
        name: json.loads((path / f"{name}.json").read_text()) for name in ALONE if (path / f"{name}.json").exists()
    }
    summary = {"ratios": [asdict(ratio) | {"verdict": ratio.verdict} for ratio in ratios], "memory": memory} | alone
    (path / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (path / "TABLE.md").write_text(markdown(path, ratios, memory, alone))


def cell_ratios(cell: Cell, path: Path) -> list[Ratio]:
    rows = read_rows(path)
    measured = len({row["round"] for row in rows if row["kind"] == "measured"})
    kept = kept_rounds(rows, cell, quiet=was_quiet(path))
    if not kept:
        return []
    ours = [float(round_[cell.ours]["seconds"]) for round_ in kept]
    found = []
    for peer in cell.peers:
        theirs = [float(round_[peer]["seconds"]) for round_ in kept]
        quotients = [b / a for a, b in zip(ours, theirs, strict=True)]
        low, high = bootstrap_median(quotients)
        counts = (len(kept), measured - len(kept))
        floor = cell.floors.get(peer)
        found.append(Ratio(cell.name, peer, median(quotients), low, high, *counts, median(ours), median(theirs), floor))
    return found


def was_quiet(path: Path) -> bool:
    """Whether the run asked for a quiet machine; recorded beside the rounds, so that the table drops the same ones."""
    conditions = path.parent / "conditions.json"
    return not conditions.exists() or bool(json.loads(conditions.read_text()).get("quiet", True))


def bootstrap_median(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """95% interval of the median: percentiles of the medians of resampled pairs. A single pair gives itself twice."""
    draw = np.random.default_rng(seed)
    samples = draw.choice(np.asarray(values), (RESAMPLES, len(values)))
    low, high = np.quantile(np.median(samples, axis=1), [0.025, 0.975])
    return float(low), float(high)


def memory_rows(path: Path) -> list[dict[str, Any]]:
    """Peak resident memory of each arm over all its full steps, and ours over the peer's."""
    peaks: dict[str, float] = {}
    for row in read_rows(path):
        peaks[row["arm"]] = max(peaks.get(row["arm"], 0.0), float(row["peak_bytes"]))
    ours = peaks.get("ours")
    return [
        {
            "arm": arm,
            "peak_gib": peak / 2**30,
            "ours_over_it": ours / peak,
            "floor": MEMORY_FLOOR if arm == "T0" else None,
        }
        for arm, peak in peaks.items()
        if ours
    ]


def markdown(path: Path, ratios: list[Ratio], memory: list[dict[str, Any]], alone: dict[str, Any]) -> str:
    lines = [f"# Speed and memory: {path.parent.name}, {path.name}", "", *_conditions(path)]
    lines += [
        "",
        "Ratios are the peer's seconds over ours in the same round: median, 95 % interval, number of rounds.",
        "",
    ]
    lines += [
        "| work | against | times faster | 95 % interval | rounds (dropped) | ours | peer | floor |",
        "|" + " --- |" * 8,
    ]
    for r in ratios:
        ours, theirs = _rate(r.cell, r.ours_seconds), _rate(r.cell, r.peer_seconds)
        interval = f"{r.low:.2f} to {r.high:.2f}"
        cells = [CELLS[r.cell].title, r.peer, f"**{r.median:.2f}**", interval, f"{r.pairs} ({r.dropped})", ours, theirs]
        lines.append(f"| {' | '.join(cells)} | {r.verdict} |")
    if memory:
        lines += ["", "| peak memory, full steps | GiB | ours over it | floor |", "| --- | --- | --- | --- |"]
        for m in memory:
            floor = (
                f"at most {m['floor']}: {'met' if m['ours_over_it'] <= m['floor'] else 'missed'}" if m["floor"] else ""
            )
            lines.append(f"| {m['arm']} | {m['peak_gib']:.2f} | {m['ours_over_it']:.2f} | {floor} |")
    for name, facts in alone.items():
        lines += ["", f"## {name}", "", "| what | value |", "| --- | --- |"]
        lines += [f"| {what.replace('_', ' ')} | {_short(value)} |" for what, value in facts.items()]
    return "\n".join([*lines, ""])


def _conditions(path: Path) -> list[str]:
    file = path / "conditions.json"
    if not file.exists():
        return []
    facts = json.loads(file.read_text())
    return [f"- {what.replace('_', ' ')}: {_short(value)}" for what, value in facts.items()]


def _rate(cell: str, seconds: float) -> str:
    if CELLS[cell].op == "generate":
        return f"{WORKS[CELLS[cell].work].generated_tokens / seconds:,.0f} tok/s"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return ", ".join(f"{k} {_short(v)}" for k, v in value.items()) if isinstance(value, dict) else str(value)


if __name__ == "__main__":
    main(sys.argv[1])
