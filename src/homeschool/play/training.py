"""A real small model, trained as the page says: one at a time, with limits, looked at while it runs.

What is run is fixed: the recipes of ``recipes/``, in their order. A page decides what the rule file says in level 7,
and the few settings that other levels have controls for; neither a verb, nor another setting, nor a path.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeschool.errors import UsageError
from homeschool.files import write_atomically
from homeschool.messages.refusals import pages as refused
from homeschool.play.father import fingerprint, limited
from homeschool.play.level import RealRun

RECIPES = Path(__file__).with_name("recipes")
READY = ("runs/quickstart-grpo/sft", "runs/quickstart-ppo/sft", "runs/school/sft")
"""Children that other verbs have made: the same model, brought up the same way."""
CPU_S, MEMORY = 3600, 6 * 2**30
PATIENCE_S = 10.0
"""Seconds that a stopped run has to save itself."""
SHOWN = 400
"""Steps of a run that are sent to the page."""
CURVES = {"scores": "reward/score_mean", "explained": "value/explained_variance"}
"""What is sent of each, by the name that the page knows it under."""


@dataclass
class Stage:
    """One command: its verb, its folder, and what is added to the recipe."""

    name: str
    verb: str
    recipe: str
    out: Path
    extra: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        """A finished run says what came of it."""
        return (self.out / "summary.json").is_file()

    def arguments(self) -> list[str]:
        """The command line behind ``homeschool``."""
        recipe = str(RECIPES / self.recipe)
        return [self.verb, recipe, "--out", str(self.out), *self.extra, "--json", "--lang", "en"]


class Training:
    """The training that a level asks for; close it when done. ``out``: the folder that it keeps everything in."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stages: list[Stage] = []
        self._state, self._stage, self._hash, self._failure = "idle", "", "", ""
        self._stopping = False

    def child(self) -> Path:
        """The model that exams begin with: one that is there already, or the one that is made here."""
        return next((Path(name) for name in READY if (Path(name) / "summary.json").is_file()), self.out / "child")

    def start(self, real: RealRun) -> None:
        """Begin with this. UsageError while another is running; ConfigError for a rule that cannot be one."""
        with self._lock:
            if self._thread and self._thread.is_alive():
                raise UsageError(refused.TRAINING_ALREADY())
            rule = {} if real.program is None else {"reward.rule": str(self._rule_file(real.program))}
            self._hash = "" if real.program is None else fingerprint(real.program)
            chosen = {**real.settings, **rule}
            self._begin([part for name, value in chosen.items() for part in (f"--{name}", str(value))])

    def _rule_file(self, program: str) -> Path:
        """The rule as a file, tried out."""
        file = self.out / "rules" / f"rule-{fingerprint(program)[:12]}.py"
        write_atomically(file, program)
        trial = limited(file)
        try:
            trial.start()
        finally:
            trial.close()
        return file

    def _begin(self, settings: list[str]) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        self._stages = self._plan(settings)
        self._state, self._stage, self._failure, self._stopping = "running", self._stages[0].name, "", False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _plan(self, settings: list[str]) -> list[Stage]:
        child = self.child()
        book = Stage("book", "pretrain", "book.toml", self.out / "book", ["--threads", "1"])
        made = Stage("child", "sft", "child.toml", self.out / "child", ["--threads", "1", "--policy", str(book.out)])
        number = 1 + sum(1 for _ in self.out.glob("rl-*"))
        exams = Stage("rl", "rl", "rule.toml", self.out / f"rl-{number:03d}", ["--policy", str(child), *settings])
        schooling = [] if child != made.out else [stage for stage in (book, made) if not stage.is_done]
        for stage in schooling:
            stage.extra.append("--resume") if stage.out.exists() else None
        return [*schooling, exams]

    def _run(self) -> None:
        for stage in self._stages:
            self._stage = stage.name
            try:
                code = self._carry_out(stage)
            except OSError as error:
                self._state, self._failure = "failed", str(error)
                return
            if self._stopping:
                self._state = "stopped"
                return
            if code:
                self._state = "failed"
                return
        self._state = "finished"

    def _carry_out(self, stage: Stage) -> int:
        command = [sys.executable, "-m", "homeschool.play.limited", str(CPU_S), str(MEMORY), *stage.arguments()]
        log = self.out / f"{stage.name}.log"
        with log.open("wb") as file, self._lock:
            if self._stopping:
                return 0
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )
        process = self._process
        code = process.wait()
        if process.stdin:
            process.stdin.close()
        if code:
            self._failure = log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
        return code

    def stop(self) -> None:
        """End what is running, after it has saved itself. Nothing happens where nothing runs."""
        with self._lock:
            self._stopping = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if self._thread:
            self._thread.join(PATIENCE_S)

    def close(self) -> None:
        """As :meth:`stop`."""
        self.stop()

    def status(self) -> dict[str, Any]:
        """What the page shows: state, stage, steps and marks so far, the exam, and the rule's hash on both sides."""
        found: dict[str, Any] = {"state": self._state, "stage": self._stage, "hash": self._hash}
        found |= {
            "failure": self._failure,
            "stages": [stage.name for stage in self._stages],
            "has_child": self._has_child(),
        }
        stage = next((stage for stage in self._stages if stage.name == self._stage), None)
        if stage is None:
            return found
        rows = _rows(stage.out / "metrics.jsonl")
        steps = [row for row in rows if isinstance(row.get("step"), int)][:SHOWN]
        found |= {"step": steps[-1]["step"] if steps else 0, "steps": _steps(stage.out), "run": stage.out.name}
        if stage.name == "rl":
            found |= {name: [row.get(metric) for row in steps] for name, metric in CURVES.items()}
            events = _rows(stage.out / "events.jsonl")
            found["run_hash"] = next((str(one.get("sha256", "")) for one in events if one.get("event") == "rule"), "")
            found["exam"] = _exam(stage.out / "summary.json")
            found["certificate"] = _certificate(stage.out)
        return found

    def _has_child(self) -> bool:
        return (self.child() / "summary.json").is_file()


def _rows(path: Path) -> list[dict[str, Any]]:
    """The complete lines of a file that may be growing."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        with suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict):
                found.append(row)
    return found


def _steps(folder: Path) -> int:
    """How many steps the run was told to make; 0 while it has not begun."""
    import tomllib

    try:
        return int(tomllib.loads((folder / "config.toml").read_text(encoding="utf-8")).get("steps", 0))
    except (OSError, ValueError):
        return 0


def _certificate(folder: Path) -> dict[str, Any] | None:
    """What a finished run leaves: its report, the model to chat with, and whether a problem was found on the way."""
    try:
        findings = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["findings"]
        problems = sum(finding["severity"] == "problem" for finding in findings)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    report = folder / "report.html"
    return {
        "report": str(report) if report.is_file() else None,
        "problems": problems,
        "chat": f"homeschool chat {folder}",
    }


def _exam(path: Path) -> dict[str, Any] | None:
    """Before, after and difference, and what a critic cost, as the run wrote them."""
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {name: summary.get(name) for name in ("before", "after", "difference", "critic", "seconds")}
