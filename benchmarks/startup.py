"""Seconds until something happens: importing the package, and ``homeschool --help``."""

import csv
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

IMPORT_BOUND, HELP_BOUND = 0.3, 0.5

IMPORT = """
import sys, time
start = time.perf_counter()
import homeschool
print(time.perf_counter() - start, "torch" in sys.modules)
"""


def run(repeats: int, folder: Path) -> dict[str, Any]:
    rows = [one_round() for _ in range(repeats + 1)][1:]
    with (folder / "startup.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    seconds = {name: median(row[name] for row in rows) for name in ("import_seconds", "help_seconds", "python_seconds")}
    return seconds | {
        "import_met": seconds["import_seconds"] < IMPORT_BOUND and not any(row["imported_torch"] for row in rows),
        "help_met": seconds["help_seconds"] < HELP_BOUND,
        "repeats": len(rows),
    }


def one_round() -> dict[str, Any]:
    words = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True).stdout.split()
    command = Path(sys.executable).with_name("homeschool")
    return {
        "import_seconds": float(words[0]),
        "imported_torch": words[1] == "True",
        "help_seconds": wall([str(command), "--help"]),
        "python_seconds": wall([sys.executable, "-c", "pass"]),
    }


def wall(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
