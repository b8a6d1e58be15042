"""Do audits keep a learner honest? Cells (environments) x arms (what is done about cheating) x seeds.

    python benchmarks/guard.py                                   # the core, five seeds: hours; goes on where it stopped
    python benchmarks/guard.py --only core --minutes 30          # as much as fits, whole seeds first
    python benchmarks/guard.py --only rest                       # everything else, three seeds
    python benchmarks/guard.py --cells E1,E4 --arms none,gold,audited-learned --seeds 1
    python benchmarks/guard.py --tiny --seeds 1                  # seconds a run: does the machinery work?
    python benchmarks/guard.py --adopt benchmarks/results/2026-11-24-guard      # go on from what was published
    python benchmarks/guard.py --publish                         # results, tables, pictures and pages of what is there

Every run is an ordinary ``homeschool rl`` with one thread, in a folder of its own under OUT/runs, and is never made
twice. One that fails is written down with its reason and not tried again without ``--again``; the others go on. The
models that the runs of a seed start from are made once, in WORK/runs/guard-starts/seed-N. OUT gets runs.csv,
failed.csv, result.json and TABLE.md, also when the benchmark is stopped half way.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))
from contextlib import suppress
from dataclasses import dataclass, replace

from guard_credits import paid_by
from guard_designer import examine, make_design
from guard_measure import measured
from guard_observe import Observed
from guard_plan import ARMS, CELLS, PRETRAIN, ROOT, TINY, Run, build_runs, chosen, recipe, start_folder, starts
from guard_publish import adopt, publish, write
from safetensors.torch import load_file, save_file

from homeschool.comparison.plan import merged
from homeschool.config import PretrainConfig, RlConfig, SftConfig, build_config, read_recipe
from homeschool.errors import RunFolderError, Stopped, StoppedByGuard, UsageError
from homeschool.models.load import load_policy
from homeschool.resources import usable_cores
from homeschool.stages.pretrain import pretrain
from homeschool.stages.rl import rl
from homeschool.stages.sft import sft
from homeschool.stages.starting import build_task
from homeschool.tasks.hackable import HackableTask
from homeschool.train.run_folder import hold


@dataclass(frozen=True)
class Job:
    """Something to be made by a process of its own."""

    what: str
    """As --make wants it."""
    log: Path
    """Where the process writes."""
    done: Path
    """There once it is made."""
    failed: Path
    """There once it has failed, with the reason."""
    needs: tuple[Path, ...]
    """What must be there before."""
    run: Run | None = None


def main(arguments: list[str] | None = None) -> int:
    """The whole benchmark, or one run of it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("core", "rest", "all"), default="core")
    parser.add_argument("--cells", default="", help="some cells, separated by commas")
    parser.add_argument("--arms", default="", help="some arms, separated by commas")
    parser.add_argument("--seeds", type=int, default=0, help="0: five of what is in the core, three of the rest")
    parser.add_argument("--minutes", type=float, default=0.0, help="start no run after so many")
    parser.add_argument("--workers", type=int, default=0, help="runs at the same time; 0: as many as there are cores")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "guard-benchmark")
    parser.add_argument("--work", type=Path, default=ROOT, help="where the starts are kept")
    parser.add_argument("--again", action="store_true", help="try once more what has failed")
    parser.add_argument("--tiny", action="store_true", help="models that learn nothing, to try the machinery")
    parser.add_argument("--adopt", type=Path, help="a folder of published results, of which nothing is to be run again")
    parser.add_argument("--measure", action="store_true", help="measure once more what was run, and write the tables")
    parser.add_argument("--table", action="store_true", help="only write the tables of what is there")
    parser.add_argument("--publish", action="store_true", help="the same, and into benchmarks/results and docs")
    parser.add_argument("--make", default="", help=argparse.SUPPRESS)  # run/CELL/ARM/SEED, or start/SEED/RECIPE
    options = parser.parse_args(arguments)
    cells, arms = _named(parser, options.cells, CELLS), _named(parser, options.arms, ARMS)
    if options.seeds < 0:
        parser.error(f"--seeds is {options.seeds}, expected a number of seeds, or 0 for the usual one")
    if options.make:
        return _make(options)
    pairs = chosen(options.only, cells, arms)
    if not pairs:
        parser.error(f"no arm of {options.arms} says anything in {options.cells}, see guard_plan.is_meant")
    runs = build_runs(pairs, options.seeds, options.out, options.work, options.tiny)
    options.out.mkdir(parents=True, exist_ok=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is at work saves and ends
    try:
        with hold(options.out):
            if options.adopt:
                adopt(options.adopt, options.out)
            if options.measure:
                _measure_again(runs)
            return 0 if options.measure or options.table or options.publish else _carry_out(runs, options)
    except KeyboardInterrupt:
        return 130
    except RunFolderError as error:
        parser.error(str(error))
    finally:
        signal.signal(signal.SIGTERM, before)
        write(options.out, f"python benchmarks/guard.py --only all{' --tiny' * options.tiny}")
        if options.publish:
            publish(options.out)


def _named(parser: argparse.ArgumentParser, listed: str, known: dict[str, Any]) -> list[str]:
    names = [name.strip() for name in listed.split(",") if name.strip()]
    for name in names:
        if name not in known:
            parser.error(f'unknown "{name}"; known: {", ".join(known)}')
    return names


def build_jobs(runs: list[Run], out: Path, work: Path) -> list[Job]:
    """What is to be made for these runs, those of one seed together, each after what it needs."""
    jobs: dict[Path, Job] = {}
    for run in runs:
        for name in starts(run):
            job = _start_job(name, run.seed, out, work)
            jobs.setdefault(job.done, job)
        needs = tuple(_start_job(name, run.seed, out, work).done for name in starts(run))
        what = f"run/{run.cell.name}/{run.arm.name}/{run.seed}"
        done = run.folder / "row.json"
        jobs[done] = Job(what, run.folder.with_suffix(".log"), done, run.folder.with_suffix(".failed.json"), needs, run)
    return list(jobs.values())


def _start_job(name: str, seed: int, out: Path, work: Path) -> Job:
    tables, log = read_recipe(recipe(name)), out / "starts" / f"seed-{seed}" / name
    done = start_folder(work, seed, tables["out"]) / "summary.json"
    needs = (start_folder(work, seed, tables["policy"]) / "summary.json",) if "policy" in tables else ()
    return Job(f"start/{seed}/{name}", log.with_suffix(".log"), done, log.with_suffix(".failed.json"), needs)


def _carry_out(runs: list[Run], options: argparse.Namespace) -> int:
    """Make what is missing, some at a time. Returns 1 where something has failed, now or before."""
    jobs = build_jobs(runs, options.out, options.work)
    if options.again:
        for job in jobs:
            job.failed.unlink(missing_ok=True)
    waiting = [job for job in jobs if not job.done.exists() and not job.failed.exists()]
    there, lost = (sum(path.exists() for path in paths) for paths in _ends(jobs))
    print(f"{len(runs)} runs, {there} of them there, {lost} failed before", flush=True)
    began, workers = time.monotonic(), options.workers or usable_cores()
    working: dict[subprocess.Popen[bytes], Job] = {}
    try:
        while waiting or working:
            if options.minutes and time.monotonic() - began > 60 * options.minutes:
                waiting.clear()
            while len(working) < workers and (ready := _next_ready(waiting)) is not None:
                working[_spawn(options, ready)] = ready
            if not working:
                break
            process = _next_done(working)
            job = working.pop(process)
            if not job.done.exists() and not job.failed.exists():
                _write_down(job.failed, "died", f"the process ended with {process.returncode}, see {job.log.name}")
            print(_line(job), flush=True)
    finally:  # stopped half way: every run saves what it has and ends
        for process in working:
            process.send_signal(signal.SIGTERM)
        for process in working:
            process.wait()
    for job in waiting:
        print(f"{job.what}: not made, what it starts from has failed", flush=True)
    return int(any(job.failed.exists() for job in jobs))


def _ends(jobs: list[Job]) -> tuple[list[Path], list[Path]]:
    return [job.done for job in jobs if job.run], [job.failed for job in jobs if job.run]


def _next_ready(waiting: list[Job]) -> Job | None:
    """The first whose needs are there, taken out of the list; None where all wait for something."""
    for place, job in enumerate(waiting):
        if all(path.exists() for path in job.needs):
            return waiting.pop(place)
    return None


def _spawn(options: argparse.Namespace, job: Job) -> "subprocess.Popen[bytes]":
    """A process that makes one thing; what it prints is kept beside the folder."""
    job.log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(Path(__file__).resolve()), "--make", job.what]
    command += ["--out", str(options.out), "--work", str(options.work), *(["--tiny"] if options.tiny else [])]
    with job.log.open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def _next_done(working: dict["subprocess.Popen[bytes]", Job]) -> "subprocess.Popen[bytes]":
    """Wait for any of the processes to end."""
    while True:
        for process in working:
            if process.poll() is not None:
                return process
        time.sleep(0.5)


def _line(job: Job) -> str:
    if job.failed.exists():
        return f"{job.what}: {json.loads(job.failed.read_text(encoding='utf-8'))['reason']}"
    if job.run is None:
        return f"{job.what}: made"
    row = json.loads(job.done.read_text(encoding="utf-8"))
    cheating, true = 100 * row["cheating_end"], 100 * row["true_end"]
    return f"{job.run.name}: {cheating:.1f} % cheat, true score {true:.1f} %, {row['seconds']:.0f} s"


def _write_down(path: Path, kind: str, reason: str) -> None:
    path.write_text(json.dumps({"kind": kind, "reason": reason}, ensure_ascii=False) + "\n", encoding="utf-8")


def _make(options: argparse.Namespace) -> int:
    """One job, in a process of its own. A run that is refused or fails says why, in a file beside its folder."""
    kind, _, rest = options.make.partition("/")
    if kind == "start":
        seed, _, name = rest.partition("/")
        job = _start_job(name, int(seed), options.out, options.work)
    else:
        cell, arm, seed = rest.split("/")
        runs = build_runs([(cell, arm)], int(seed) + 1, options.out, options.work, options.tiny, first=int(seed))
        (job,) = (job for job in build_jobs(runs, options.out, options.work) if job.run)
    try:
        if job.run:
            make_run(job.run, options.work)
        else:
            make_start(name, int(seed), options.work, options.tiny)
    except Stopped as stopped:
        return stopped.exit_code
    except Exception as error:
        traceback.print_exc()
        what = "refused" if isinstance(error, UsageError) else type(error).__name__
        _write_down(job.failed, what, str(error).splitlines()[0] if str(error) else repr(error))
        return 1
    return 0


def make_start(name: str, seed: int, work: Path, tiny: bool) -> None:
    """Pre-train or fine-tune by a recipe; what was interrupted goes on."""
    is_first = name == PRETRAIN
    small = TINY["pretrain" if is_first else "sft"] if tiny else {}
    tables = merged(read_recipe(recipe(name)), small)
    folder = start_folder(work, seed, tables["out"])
    own = {"out": str(folder), "seed": seed, "threads": 1, "resume": (folder / "config.toml").exists()}
    if is_first:
        pretrain(build_config(PretrainConfig, tables | own, name))
    else:
        policy = str(start_folder(work, seed, tables["policy"]))
        sft(build_config(SftConfig, tables | own | {"policy": policy}, name))


def make_run(run: Run, work: Path) -> None:
    """One run under observation, then its row; the checkpoints are not needed any more."""
    if run.arm.designs:
        row = make_design(run)
    else:
        _train(run, work)
        row = measured(run)
    for folder in (run.folder / "checkpoints", run.folder / "design" / "forks"):
        shutil.rmtree(folder, ignore_errors=True)
    _write_row(run, row)


def _measure_again(runs: list[Run]) -> None:
    """New rows for runs that are there, where what is measured has changed. A design has spent what it was made of, and
    of a run that was adopted there is only the row."""
    for run in runs:
        if (run.folder / "metrics.jsonl").exists() and (run.folder / "row.json").exists() and not run.arm.designs:
            _write_row(run, measured(run))


def _write_row(run: Run, row: dict[str, Any]) -> None:
    (run.folder / "row.json").write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")


def _train(run: Run, work: Path) -> None:
    """The run itself; one that its guard ends is examined where it stands."""
    task = build_task(run.config.task)
    assert isinstance(task, HackableTask)
    run.folder.mkdir(parents=True, exist_ok=True)
    config = replace(run.config, resume=(run.folder / "config.toml").exists())
    seen = Observed(task, run.folder.with_suffix(".observed"), pays=run.arm.pays, audits=run.arm.audits, seed=run.seed)
    with paid_by(run.arm.credit):
        if run.cell.transplant:
            config = _with_jump(run, config, seen, work)
        try:
            rl(config, task=seen)
        except StoppedByGuard:
            examine(run, str(run.folder), "after")
    shutil.copy(seen.file, run.folder / "observed.jsonl")


def _with_jump(run: Run, config: RlConfig, seen: Observed, work: Path) -> RlConfig:
    """Run the first half, replace the weights, and say how to go on."""
    half, jumped = config.steps // 2, run.folder.with_suffix(".jumped")
    checkpoint = run.folder / "checkpoints" / f"step-{half:06d}"
    if jumped.exists():
        return config
    if not checkpoint.exists():
        seen.stop_before = half
        with suppress(InterruptedError):
            rl(config, task=seen)
        seen.stop_before = None
    transplant(checkpoint, start_folder(work, run.seed, run.cell.transplant))
    jumped.touch()
    return replace(config, resume=True)


def transplant(checkpoint: Path, donor: Path) -> None:
    """Give a checkpoint the weights of another model, and let the optimiser and the guard remember what they did."""
    path = checkpoint / "state" / "state.safetensors"
    tensors, weights = load_file(path), dict(load_policy(donor).model.named_parameters())
    for name, weight in weights.items():
        tensors[f"policy/master/{name}"] = weight.detach().float().contiguous()
    save_file(tensors, path)


if __name__ == "__main__":
    sys.exit(main())
