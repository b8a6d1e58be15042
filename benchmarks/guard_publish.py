"""From the rows of single runs to what is kept of the benchmark: raw numbers, result, tables, picture, pages.

python benchmarks/guard.py --publish         from the runs that are there
python benchmarks/guard_publish.py           the pages again, from what was published: the text has changed
python benchmarks/guard_publish.py --check   changes nothing; fails if a page is not as this command makes it
"""

import argparse
import csv
import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from guard_curve import draw
from guard_numbers import GLANCE, Row, cell_numbers
from guard_plan import ARMS, CELLS, ROOT, chosen, seeds_of
from guard_table import in_short, page
from guard_targets import targets
from machine import description

RESULTS = ROOT / "benchmarks" / "results"
FILES = ("runs.csv", "failed.csv", "result.json", "TABLE.md")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
OF_README = ("none", "kl-best", "few-6", "no-gold", "audited-default", "gold")
LANGUAGES = ("en", "zh")
DIGITS = 6
BEGIN, END = "<!-- guard-benchmark -->", "<!-- /guard-benchmark -->"
"""Where the guide to the guard and the README show the result at a glance."""


def write(out: Path, command: str) -> None:
    """runs.csv, failed.csv, result.json and TABLE.md of everything that is there."""
    rows = [_read(path) for path in sorted(out.glob("runs/*/*/*/row.json"))]
    lost = [_failure(path) for path in sorted(out.glob("runs/*/*/*.failed.json"))]
    _write_csv(out / "runs.csv", rows)
    _write_csv(out / "failed.csv", lost)
    found = result_of(rows, lost, command)
    (out / "result.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "TABLE.md").write_text(page(found, "en"), encoding="utf-8")


def result_of(rows: Sequence[Row], lost: Sequence[Row], command: str) -> dict[str, Any]:
    """Everything that is said about the runs, from their rows alone."""
    meant = chosen("all")
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "machine": description(),
        "runs": len(rows),
        "meant": sum(seeds_of(CELLS[cell], ARMS[arm]) for cell, arm in meant),
        "failed": len(lost),
        "cells": [cell_numbers(rows, lost, cell) for cell in CELLS],
        "targets": targets(rows, lost),
    }


def publish(out: Path) -> Path:
    """Copy what was measured into benchmarks/results, and make the picture and the pages of it."""
    found = _read(out / "result.json")
    folder = RESULTS / f"{found['date']}-guard"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(out / name, folder / name)
    for path, content in files():
        path.write_text(content, encoding="utf-8")
    return folder


def files() -> Iterator[tuple[Path, str]]:
    """Every page and picture, and what is to be in it."""
    folders = sorted(RESULTS.glob("*-guard"))
    found = _read(folders[-1] / "result.json") if folders else result_of([], [], "")
    raw, pictures = "", ""
    if folders:
        raw, pictures = f"../../{folders[-1].relative_to(ROOT).as_posix()}/runs.csv", "../images"
        yield ROOT / "docs" / "images" / "guard-trade.svg", draw(read_rows(folders[-1] / "runs.csv"))
    for language in LANGUAGES:
        yield ROOT / "docs" / language / "guard-benchmark.md", page(found, language, raw, pictures)
        if found["runs"]:
            for place, arms in ((ROOT / "docs" / language / "guard.md", GLANCE), (READMES[language], OF_README)):
                yield place, filled(place.read_text(encoding="utf-8"), "\n".join(in_short(found, language, arms)))


def filled(text: str, table: str) -> str:
    """The guide to the guard with this table between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{BEGIN} or {END} is missing in the guide")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of runs.csv, numbers as numbers and what is empty as None."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]


def adopt(published: Path, out: Path) -> None:
    """Take over the rows and failures of published results, so that only what is missing is run."""
    for name, ending in (("runs.csv", "/row.json"), ("failed.csv", ".failed.json")):
        for row in read_rows(published / name):
            path = out / "runs" / row["cell"] / row["arm"] / f"seed-{row['seed']}{ending}"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(row, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _value(text: str) -> Any:
    if text == "":
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text and "e" not in text else number


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _failure(path: Path) -> Row:
    cell, arm, name = path.parts[-3:]
    seed = int(name.removesuffix(".failed.json").rpartition("-")[2])
    return {"cell": cell, "arm": arm, "seed": seed, **_read(path)}


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    """A line per row; a column that a row lacks stays empty. Six significant digits."""
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["cell", "arm", "seed"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({n: f"{v:.{DIGITS}g}" if isinstance(v, float) else v for n, v in row.items()})


def main() -> None:
    """Make the pages, or see whether they are as they would be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if anything would change")
    check = parser.parse_args().check
    stale = []
    for path, content in files():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            stale.append(path.relative_to(ROOT).as_posix())
            if not check:
                path.write_text(content, encoding="utf-8")
    if check and stale:
        sys.exit(f"not as benchmarks/guard_publish.py makes them: {', '.join(stale)}")
    print(f"{len(stale)} files {'to change' if check else 'changed'}")


if __name__ == "__main__":
    main()
