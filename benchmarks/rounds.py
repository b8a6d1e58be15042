"""Interleaved rounds: A B, B A, A B ... in one process tree, a probe beside each, every measurement a CSV line.

A round is kept when the machine was itself: no other process took more than ``MAX_FOREIGN`` of a core, and the probe
was within ``MAX_PROBE_DRIFT`` of the median. Rounds are added until enough are kept, at most twice as many as asked
for. What is on disk counts: a cell that was interrupted goes on where it stopped.
"""

import csv
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arms import ARMS, Running
from cells import Cell
from machine import busy_seconds
from work import WORKS

MAX_FOREIGN = 0.05
MAX_PROBE_DRIFT = 0.10

COLUMNS = [
    "round",
    "kind",
    "place",
    "arm",
    "seconds",
    "generate_seconds",
    "prepare_seconds",
    "tokens",
    "cpu_seconds",
    "foreign_cores",
    "peak_bytes",
    "probe_gflops",
    "probe_copy_gbytes",
    "load",
    "clock",
]

Row = dict[str, str]


@dataclass(frozen=True)
class Plan:
    """How a comparison is run."""

    dtype: str
    models: Path
    pairs: int
    quiet: bool
    """Ask for a quiet machine; otherwise only the probe decides which rounds are kept."""
    say: Callable[[str], None]
    warm_up: int = 2
    """Rounds discarded at the start of a cell."""


def run_cell(cell: Cell, plan: Plan, path: Path, expected_tokens: int) -> dict[str, Any]:
    """Adds rounds to ``path`` until enough are kept. Returns what each arm says about itself."""
    done = read_rows(path)
    start = 1 + max((int(row["round"]) for row in done), default=-1)
    if len(kept_rounds(done, cell, plan.quiet)) >= plan.pairs:
        return {}
    with started(cell, plan) as running, recorder(path) as record:
        information = {name: running[name].ask("info") for name in cell.arms}
        for number in range(start, start + plan.warm_up + 2 * plan.pairs):
            kind = "warm-up" if number < start + plan.warm_up else "measured"
            probe = running["probe"].ask("probe")
            order = cell.arms if number % 2 == 0 else tuple(reversed(cell.arms))
            for place, name in enumerate(order):
                row = measure(running[name], cell, number)
                if row["tokens"] != expected_tokens:
                    raise RuntimeError(
                        f"{name} handled {row['tokens']} tokens in {cell.name}, expected {expected_tokens}"
                    )
                record(row | _circumstances(number, kind, place, probe))
                plan.say(f"{cell.name} {kind} {number}: {name} {row['seconds']:.2f} s")
            if len(kept_rounds(read_rows(path), cell, plan.quiet)) >= plan.pairs:
                break
    return information


def measure(arm: Running, cell: Cell, number: int) -> dict[str, Any]:
    """One piece of work by one arm, and what the rest of the machine did meanwhile."""
    busy, wall = busy_seconds(), time.perf_counter()
    reply = arm.ask(cell.op, step=number % 16)
    busy, wall = busy_seconds() - busy, time.perf_counter() - wall
    own = sum(reply["cpu_seconds"][name] for name in _outermost(reply["cpu_seconds"]))
    seconds = reply["seconds"]
    return {
        "arm": arm.arm.name,
        "seconds": seconds[cell.phase],
        "generate_seconds": seconds.get("generate", ""),
        "prepare_seconds": seconds.get("prepare", ""),
        "tokens": reply["tokens"],
        "cpu_seconds": own,
        "foreign_cores": max(0.0, busy - own) / wall,
        "peak_bytes": reply["peak_bytes"],
    }


def _outermost(stopwatches: dict[str, float]) -> list[str]:
    """``step`` contains the others; without it the only one is ``generate``."""
    return ["step"] if "step" in stopwatches else list(stopwatches)


def _circumstances(number: int, kind: str, place: int, probe: dict[str, float]) -> dict[str, Any]:
    return {
        "round": number,
        "kind": kind,
        "place": place,
        "probe_gflops": probe["gflops"],
        "probe_copy_gbytes": probe["copy_gbytes"],
        "load": os.getloadavg()[0],
        "clock": round(time.time()),
    }


@contextmanager
def started(cell: Cell, plan: Plan) -> Iterator[dict[str, Running]]:
    """All arms of the cell and the probe, loaded and waiting."""
    work = WORKS[cell.work]
    options = {"work": work.name, "model": str(plan.models / work.shape.name), "dtype": cell.dtype or plan.dtype}
    with ExitStack() as stack:
        running = {}
        for name in cell.arms:
            plan.say(f"{cell.name}: loading {name}")
            running[name] = Running(ARMS[name], options)
            stack.callback(running[name].close)
        running["probe"] = Running(ARMS["probe"], options)
        stack.callback(running["probe"].close)
        yield running


@contextmanager
def recorder(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Appends rows, each on disk before the next measurement begins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()

        def record(row: dict[str, Any]) -> None:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})
            file.flush()

        yield record


def read_rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def kept_rounds(rows: list[Row], cell: Cell, quiet: bool) -> list[dict[str, Row]]:
    """Complete measured rounds in which the machine was itself, as arm -> row."""
    by_round: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["kind"] == "measured":
            by_round.setdefault(row["round"], {})[row["arm"]] = row
    complete = [rows for rows in by_round.values() if set(rows) == set(cell.arms)]
    if not complete:
        return []
    probes = [float(next(iter(rows.values()))["probe_gflops"]) for rows in complete]
    middle = statistics.median(probes)
    return [
        rows
        for rows, probe in zip(complete, probes, strict=True)
        if abs(probe / middle - 1) <= MAX_PROBE_DRIFT
        and not (quiet and any(float(row["foreign_cores"]) > MAX_FOREIGN for row in rows.values()))
    ]


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
