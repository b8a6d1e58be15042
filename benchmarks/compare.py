"""Runs the comparisons: ``bash benchmarks/run --help``."""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import machine
import roofline
import startup
import summary
from arms import ARMS, HERE, ROOT, THREADS, WORK, ArmFailed
from cells import ALONE, CELLS, DEFAULT
from gate import Gate
from rounds import MAX_FOREIGN, MAX_PROBE_DRIFT, Plan, run_cell, say
from work import WORKS

MODELS = WORK / "models"


def main() -> None:
    options = parse()
    folder = Path(options.out or HERE / "results" / f"{time.strftime('%Y-%m-%d')}-{machine.cpu_name()}") / options.dtype
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.dtype, MODELS, options.pairs, not options.accept_load, say, options.warm_up)
    write(folder / "conditions.json", conditions(plan))
    for shape in {work.shape.name for work in WORKS.values()}:
        make_model(shape)
    if not options.skip_gate and not (folder / "gate.json").exists():
        say("gate: greedy tokens, gradients, log-probabilities")
        write(folder / "gate.json", Gate("gate", MODELS / WORKS["gate"].shape.name, options.dtype).check())
    failed = [name for name in options.cells if not attempt(name, plan, folder)]
    print((folder / "TABLE.md").read_text())
    if failed:
        sys.exit(f"not finished: {', '.join(failed)}")


def attempt(name: str, plan: Plan, folder: Path) -> bool:
    """One cell, and the table with what there is. A peer that cannot do its work must not cost the other cells."""
    started = time.perf_counter()
    try:
        run_one(name, plan, folder)
    except ArmFailed as failure:
        say(f"{name}: {failure}")
        return False
    finally:
        summary.main(str(folder))
    say(f"{name}: done in {time.perf_counter() - started:.0f} s")
    return True


def parse() -> argparse.Namespace:
    names = (*DEFAULT, *ALONE)
    parser = argparse.ArgumentParser(
        prog="bash benchmarks/run", description="homeschool beside TRL 1.16.0 and TRL 1.12.0's PPO, on this machine"
    )
    parser.add_argument(
        "--cells",
        type=lambda text: text.split(","),
        default=list(names),
        help=f"some of {','.join(names)}; default all",
    )
    parser.add_argument("--pairs", type=int, default=9, help="rounds kept per cell")
    parser.add_argument("--warm-up", type=int, default=2, help="rounds discarded at the start of each cell")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--out", help="result folder; an interrupted one goes on where it stopped")
    parser.add_argument(
        "--accept-load", action="store_true", help="keep rounds during which other processes took processor time"
    )
    parser.add_argument("--skip-gate", action="store_true", help="do not check first that the arms compute the same")
    options = parser.parse_args()
    if unknown := sorted(set(options.cells) - set(names)):
        parser.error(f"unknown cell {', '.join(unknown)}; known: {', '.join(names)}")
    return options


def run_one(name: str, plan: Plan, folder: Path) -> None:
    if name == "roofline":
        write(folder / "roofline.json", roofline.run(plan, folder))
    elif name == "startup":
        write(folder / "startup.json", startup.run(plan.pairs, folder))
    else:
        cell = CELLS[name]
        about = run_cell(cell, plan, folder / f"{name}.csv", WORKS[cell.work].generated_tokens)
        if about:
            known = json.loads((folder / "arms.json").read_text()) if (folder / "arms.json").exists() else {}
            write(folder / "arms.json", known | {name: about})


def make_model(shape: str) -> None:
    folder = MODELS / shape
    if not (folder / "config.json").exists():
        say(f"writing {folder}")
        subprocess.run([ARMS["T0"].python, str(HERE / "peers" / "make_model.py"), shape, str(folder)], check=True)


def conditions(plan: Plan) -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return machine.description() | {
        "threads": THREADS,
        "dtype": plan.dtype,
        "quiet": plan.quiet,
        "rounds_dropped_when": f"probe {MAX_PROBE_DRIFT:.0%} off the median"
        + (f", or other processes above {MAX_FOREIGN:.0%} of a core" if plan.quiet else ""),
        "commit": commit.stdout.strip() or "none",
    }


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
