"""Are the tests awake? Breaks each function of the losses on purpose and sees whether a test notices.

    .venv/bin/python benchmarks/mutations.py [--only algos/kl.py] [--out benchmarks/results/DATE-mutations]

The breaks are data, in ``mutations.toml``: a file, the tests that should notice, and for each break one piece of the
source and what it becomes. Each is made in a copy of the source tree, and the tests of its file run until one fails.
Nothing in the repository is touched. Exit code 0 when every break is caught, 1 when one survives, 2 when the list does
not fit the source (a piece that is not there exactly once) or the tests fail without any break.

One process loads torch and pytest and forks a child per break, so a break costs its tests and little more.
"""

import argparse
import csv
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

import hypothesis  # noqa: F401  loaded once, before the forks
import pytest
import torch

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".toml")
SECONDS = 300
"""A test run that takes longer hangs: the break is caught, as it would be by any reader."""


@dataclass(frozen=True)
class Mutation:
    """One break."""

    file: str
    tests: tuple[str, ...]
    what: str
    before: str
    after: str

    def apply(self, source: str) -> str:
        """The broken source. Raises ValueError if the list no longer fits it."""
        found = source.count(self.before)
        if found != 1:
            raise ValueError(f"{self.file}: {self.what}: found {found} times, expected once: {self.before!r}")
        if self.before == self.after:
            raise ValueError(f"{self.file}: {self.what}: changes nothing")
        return source.replace(self.before, self.after)


@dataclass(frozen=True)
class Outcome:
    """What became of it: ``by`` is the first test that failed, nothing where all passed."""

    mutation: Mutation
    by: str
    seconds: float


class FirstFailure:
    """A pytest plugin that remembers the first thing that went wrong."""

    def __init__(self) -> None:
        self.name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.name:
            self.name = f"{report.nodeid} (does not load)"


def read_list(path: Path, only: Sequence[str]) -> list[Mutation]:
    """All breaks, or those of the files named."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
    return [
        Mutation(entry["path"], tuple(entry["tests"]), *words)
        for entry in entries
        if not only or any(name in entry["path"] for name in only)
        for words in entry["breaks"]
    ]


def first_failure(source: Path, tests: Sequence[str]) -> str:
    """The first test that fails with the package taken from ``source``; nothing if all pass. Runs in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reading)
        try:
            answer = _run_pytest(source, tests)
        except BaseException as error:  # whatever it is, a child must not go on as its parent
            answer = f"-{error!r}"
        os.write(writing, answer.encode()[:4000])
        os._exit(0)
    os.close(writing)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.alarm(SECONDS)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    signal.alarm(0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return answer.removeprefix("-") or f"more than {SECONDS} s" if answer != "-" else ""


def _run_pytest(source: Path, tests: Sequence[str]) -> str:
    """``-`` and the first failure, so that an empty answer is a child that was killed."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(source))
    os.environ["PYTHONPATH"] = str(source)
    os.chdir(ROOT)
    import homeschool

    assert Path(homeschool.__file__).is_relative_to(source), "the tests would read another copy of the package"
    seen = FirstFailure()
    paths = [str(ROOT / "tests" / test) for test in tests]
    status = pytest.main(
        ["-x", "-q", "-p", "no:cacheprovider", "-p", "pytest_socket", "-p", "pytest_timeout", *paths], plugins=[seen]
    )
    if status == 0:
        return "-"
    return f"-{seen.name or f'pytest ended with {int(status)}'}"


def run(mutations: Sequence[Mutation], source: Path) -> list[Outcome]:
    """Make every break in turn and take it back."""
    outcomes = []
    for number, mutation in enumerate(mutations, start=1):
        path = source / "homeschool" / mutation.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(mutation.apply(whole), encoding="utf-8")
        started = time.perf_counter()
        by = first_failure(source, mutation.tests)
        path.write_text(whole, encoding="utf-8")
        outcomes.append(Outcome(mutation, by, time.perf_counter() - started))
        verdict = "caught  " if by else "SURVIVED"
        print(f"{number:3}/{len(mutations)} {verdict} {mutation.file}: {mutation.what}", flush=True)
    return outcomes


def check(mutations: Sequence[Mutation], source: Path) -> list[str]:
    """What makes a run meaningless: breaks that do not fit, and tests that fail on the whole source."""
    problems = []
    for mutation in mutations:
        try:
            mutation.apply((source / "homeschool" / mutation.file).read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            problems.append(str(error))
    for tests in sorted({mutation.tests for mutation in mutations}):
        failed = first_failure(source, tests)
        if failed:
            problems.append(f"{' '.join(tests)}: fails without any break: {failed}")
    return problems


def write(outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
    """``mutations.csv``, one row per break, and ``TABLE.md`` made from it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "mutations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "break", "caught", "by", "seconds"])
        for outcome in outcomes:
            name = outcome.by.removeprefix("tests/")
            writer.writerow(
                [outcome.mutation.file, outcome.mutation.what, bool(outcome.by), name, f"{outcome.seconds:.1f}"]
            )
    (folder / "TABLE.md").write_text(table(outcomes, seconds), encoding="utf-8")


def table(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Counts by file, and the survivors by name."""
    files = sorted({outcome.mutation.file for outcome in outcomes})
    caught = sum(bool(outcome.by) for outcome in outcomes)
    lines = [
        f"{len(outcomes)} breaks, {caught} caught, in {seconds / 60:.1f} minutes on one core. {date.today()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}. Which test caught which break: `mutations.csv`. "
        "Command: `.venv/bin/python benchmarks/mutations.py`.",
        "",
        "| file | breaks | caught |",
        "| --- | ---: | ---: |",
    ]
    for file in files:
        own = [outcome for outcome in outcomes if outcome.mutation.file == file]
        lines.append(f"| {file} | {len(own)} | {sum(bool(outcome.by) for outcome in own)} |")
    survivors = [outcome.mutation for outcome in outcomes if not outcome.by]
    lines += ["", "Survived:" if survivors else "None survived.", ""]
    lines += [f"- {mutation.file}: {mutation.what}" for mutation in survivors]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="parts of file names, such as algos/kl.py")
    parser.add_argument("--out", type=Path, help="folder for mutations.csv and TABLE.md; without it nothing is written")
    arguments = parser.parse_args()
    mutations = read_list(LIST, arguments.only)
    torch.set_num_threads(1)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        problems = check(mutations, source)
        if problems:
            print(*problems, sep="\n", file=sys.stderr)
            return 2
        outcomes = run(mutations, source)
    if arguments.out:
        write(outcomes, arguments.out, time.perf_counter() - started)
    survivors = [outcome for outcome in outcomes if not outcome.by]
    print(f"{len(outcomes) - len(survivors)} of {len(outcomes)} caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
