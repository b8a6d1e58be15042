"""Makes the runs of a plan: several at a time, each an ordinary ``homeschool rl`` in a process of its own.

Whatever stops the comparison, starting it again goes on where it was: finished runs are left alone, interrupted ones
resume from their last checkpoint, exactly. A run that fails is a result too, and the others go on.
"""

import json
import os
import selectors
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from homeschool.comparison.plan import Plan, Run
from homeschool.comparison.records import is_settled, read_failure
from homeschool.config import read_recipe, write_toml
from homeschool.errors import ConfigError, RunError, RunFolderError, Stopped
from homeschool.files import write_atomically
from homeschool.messages.comparison import RUN_DONE, RUN_FAILED, START_MADE
from homeschool.messages.refusals import comparing as refused
from homeschool.models.load import find_folder
from homeschool.resources import usable_cores
from homeschool.train.loop import Reporter
from homeschool.train.run_folder import hold, refuse_other_settings

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ENGLISH = {"LC_ALL": "C.UTF-8"}
"""What a run says of itself is kept beside it, and no folder depends on the language that is spoken."""
PATIENCE_S = 1.0
"""Seconds between looks at a run folder that another process still holds."""


@dataclass
class _Working:
    """A run that is being made."""

    run: Run
    process: "subprocess.Popen[bytes]"
    errors: Path


def carry_out(plan: Plan, reporter: Reporter) -> None:
    """Make every run of ``plan`` that is not settled.

    Raises RunFolderError when another comparison is at work in the folder, or when a run in it was made with other
    settings; Stopped after a signal, once the runs at work have saved everything.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    with hold(plan.out):
        for run in plan.runs:
            if (run.folder / "config.toml").exists():
                refuse_other_settings(run.folder, run.config)
        _make_starts(plan, reporter)
        for policy in sorted({run.config.policy for run in plan.runs}):
            find_folder(policy)
        waiting = [run for run in plan.runs if not is_settled(run.folder)]
        if waiting:
            _make_runs(plan, waiting, reporter)


def _make_starts(plan: Plan, reporter: Reporter) -> None:
    """The models to start from, by the commands of the recipe; those that are there are left alone."""
    for command in plan.starts:
        verb, recipe, *rest = [*shlex.split(command), "", ""]
        out = read_recipe(Path(recipe)).get("out") if recipe else None
        if not out:
            raise ConfigError(refused.NOT_A_START(command=command))
        folder = Path(out).expanduser()
        if (folder / "summary.json").exists():
            continue
        resume = ["--resume"] if (folder / "config.toml").exists() else []
        done = subprocess.run(_homeschool(verb, recipe, *filter(None, rest), *resume), check=False)
        if done.returncode:
            raise RunError(refused.START_FAILED(command=command, code=done.returncode))
        reporter.note(START_MADE(command=command, folder=folder))


def _homeschool(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "homeschool.cli", *arguments]


def _make_runs(plan: Plan, waiting: list[Run], reporter: Reporter) -> None:
    workers = min(plan.workers or usable_cores(), len(waiting))
    done = len(plan.runs) - len(waiting)
    reporter.start("compare", len(plan.runs), f"{len(plan.runs)} runs, {done} of them made, {workers} at a time")
    working: dict[int, _Working] = {}
    try:
        with _signals(), selectors.DefaultSelector() as selector:
            while waiting or working:
                for run in list(islice(_free(waiting), workers - len(working))):
                    waiting.remove(run)
                    started = _start(plan, run)
                    assert started.process.stdout
                    working[selector.register(started.process.stdout, selectors.EVENT_READ).fd] = started
                for key, _ in selector.select(PATIENCE_S if waiting else None):
                    # What a run prints is not needed: its folder says it all. But a run must not wait for a reader,
                    # and it notices by the closed pipe when the comparison is no more.
                    if not os.read(key.fd, 1 << 16):
                        selector.unregister(key.fileobj)
                        _close(working.pop(key.fd), reporter)
                        done += 1
                        reporter.step(done, {})
    except _Asked as asked:
        _stop(working)
        raise Stopped(
            asked.number,
            f"stopped by {signal.Signals(asked.number).name} after {done} of {len(plan.runs)} runs; everything is "
            "saved, the same command goes on",
        ) from None
    finally:
        for left in working.values():
            left.process.kill()
        reporter.end()


def _free(waiting: list[Run]) -> Iterator[Run]:
    """Those that no process is at work in: a comparison that was killed may have left some behind for a moment."""
    for run in waiting:
        run.folder.mkdir(parents=True, exist_ok=True)
        try:
            hold(run.folder).close()
        except RunFolderError:
            continue
        yield run


def _start(plan: Plan, run: Run) -> _Working:
    kept = plan.out / "settings" / run.folder.relative_to(plan.out / "runs")
    settings, errors = kept.with_suffix(".toml"), kept.with_suffix(".errors")
    write_atomically(settings, write_toml(run.config))
    (run.folder / "failure.json").unlink(missing_ok=True)
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *run.program, str(settings), "--resume", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
            env=os.environ | THREADS | ENGLISH,
            start_new_session=True,  # Ctrl-C reaches the comparison alone, which passes it on once
        )
    return _Working(run, process, errors)


def _close(working: _Working, reporter: Reporter) -> None:
    """A run is over: say so, and write down why if it failed."""
    assert working.process.stdout
    working.process.stdout.close()
    code, run = working.process.wait(), working.run
    if (run.folder / "summary.json").exists():
        summary: dict[str, Any] = json.loads((run.folder / "summary.json").read_text(encoding="utf-8"))
        reporter.note(RUN_DONE(run=run.name, mark=summary["after"]["estimate"], seconds=summary["seconds"]))
        working.errors.unlink(missing_ok=True)
        return
    failure = read_failure(run.folder, code, working.errors.read_text(encoding="utf-8", errors="replace"))
    write_atomically(run.folder / "failure.json", json.dumps(vars(failure), ensure_ascii=False) + "\n")
    reporter.note(RUN_FAILED(run=run.name, status=failure.status, reason=failure.reason))


def _stop(working: dict[int, _Working]) -> None:
    """Ask every run to save and end, and wait for it."""
    for left in working.values():
        left.process.send_signal(signal.SIGTERM)
    for left in working.values():
        assert left.process.stdout
        while os.read(left.process.stdout.fileno(), 1 << 16):
            pass
        left.process.wait()
    working.clear()


class _Asked(BaseException):
    """A signal asks the comparison to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM as an exception, wherever the comparison is; outside the main thread they are the caller's."""

    def ask(number: int, _: FrameType | None) -> None:
        raise _Asked(number)

    before: dict[int, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, ask)
    except ValueError:
        pass
    try:
        yield
    finally:
        for known, handler in before.items():
            signal.signal(known, handler)
