"""Whole steps of several arms that take turns in one process on one thread: what they share, and which rounds count.

An arm is timed by the clock and by its processor seconds, which other programs disturb less. A round is a step of each
arm on the same prompts; one in which another program was busy counts only where that was accepted.
"""

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "peers"), str(ROOT)]
import torch
from machine import busy_seconds, description
from ours import Words
from work import Shape, Work, prompt_ids, text

import homeschool
from homeschool.models.decoder import DecoderConfig
from homeschool.models.load import DTYPES, Policy, new_decoder
from homeschool.resources import keep_freed_memory
from homeschool.types import Prompt

MAX_FOREIGN = 0.05
"""Processor cores that others may have used while a step was timed."""
LAP = ["foreign_cores", "load", "clock"]
"""Columns of every lap, after those of the arm."""

Result = TypeVar("Result")
Row = dict[str, Any]
Round = dict[str, dict[str, str]]
"""By arm, the row of its lap as it was read."""


def new_policy(shape: Shape, dtype: str = "fp32") -> Policy:
    """A decoder with random weights, which reads and writes words."""
    sizes = (shape.width, shape.layers, shape.heads, shape.kv_heads, shape.width // shape.heads, shape.hidden)
    decoder = new_decoder(DecoderConfig(shape.vocab, *sizes, max_positions=shape.context), seed=0)
    return Policy(decoder.to(DTYPES[dtype]), Words(shape.vocab), shape.name)


def prompts_of(work: Work, number: int) -> list[Prompt]:
    """What every arm is asked in this round."""
    return [Prompt(f"{number}/{i}", text(ids)) for i, ids in enumerate(prompt_ids(work, number))]


def timed(step: Callable[[], Result]) -> tuple[Result, Row]:
    """What a step returns, and its lap."""
    busy, wall, cpu = busy_seconds(), time.perf_counter(), time.process_time()
    result = step()
    busy, wall, cpu = busy_seconds() - busy, time.perf_counter() - wall, time.process_time() - cpu
    lap = {"seconds": wall, "cpu_seconds": cpu, "foreign_cores": max(0.0, busy - cpu) / wall}
    return result, lap | {"load": os.getloadavg()[0], "clock": round(time.time())}


def append_rows(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Add laps to a file, six digits each."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if is_new:
            writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def read_rows(path: Path) -> list[dict[str, str]]:
    """The laps of a file, none where it is not there yet."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def counted(rows: Iterable[dict[str, str]], arms: Iterable[str], accept_load: bool) -> list[Round]:
    """Complete measured rounds; only those of a quiet machine unless load is accepted."""
    by_round: dict[str, Round] = {}
    for row in rows:
        if row["kind"] == "measured":
            by_round.setdefault(row["round"], {})[row["arm"]] = row
    return [
        found
        for found in by_round.values()
        if set(found) == set(arms)
        and (accept_load or all(float(row["foreign_cores"]) <= MAX_FOREIGN for row in found.values()))
    ]


def next_round(rows: Sequence[dict[str, str]]) -> int:
    """The first that the file does not have."""
    return 1 + max((int(row["round"]) for row in rows), default=-1)


def begin(about: str | None, models: Iterable[str], rounds: int, folder: str) -> tuple[argparse.Namespace, Path]:
    """Read the command line, set the machine up, and write the conditions into the folder of the results."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=",".join(models))
    parser.add_argument("--rounds", type=int, default=rounds, help="rounds to count")
    parser.add_argument("--out", type=Path, help="folder of the results; an old one is gone on with")
    parser.add_argument("--accept-load", action="store_true", help="count rounds of a busy machine too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    out: Path = options.out or ROOT / "results" / f"{time.strftime('%Y-%m-%d')}-{folder}"
    out.mkdir(parents=True, exist_ok=True)
    versions = {"homeschool": homeschool.__version__, "torch": torch.__version__}
    conditions = description() | versions | {"threads": 1, "accept_load": options.accept_load}
    (out / "conditions.json").write_text(json.dumps(conditions, indent=2) + "\n")
    return options, out
