"""What a person sees while a stage runs: a bar that says how learning goes, plain lines in a log, JSON for machines."""

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from homeschool.messages import reward_model
from homeschool.messages import school as say

SHOWN = (
    ("reward/mean", say.REWARD),
    ("policy/loss", say.LOSS),
    ("preference/loss", say.LOSS),
    ("preference/accuracy", reward_model.ACCURACY),
    ("reward/zero_std_group_frac", say.TIES),
    ("rollout/truncated_frac", say.CUT_OFF),
    ("value/explained_variance", say.CRITIC_EXPLAINS),
    ("eval/check", say.CHECK_EXAM),
)
"""Metrics worth a glance, with their wording. The loss of RL is near 0 by construction, so reward stands in for it."""


def glance(metrics: dict[str, float]) -> str:
    """``reward 0.54  ties 12%``: the few numbers that say how it goes."""
    hidden = {"policy/loss"} if "reward/mean" in metrics else set()
    return "  ".join(words(value=metrics[name]) for name, words in SHOWN if name in metrics and name not in hidden)


class BarReporter:
    """A progress bar on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar: Progress | None = None

    def start(self, stage: str, total: int, why: str) -> None:
        self.console.print(f"[bold]{stage}[/bold]: {why}", highlight=False)
        self._bar = Progress(
            TextColumn("  "),
            BarColumn(24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[glance]}"),
            console=self.console,
        )
        self._task = self._bar.add_task(stage, total=total, glance="")
        self._bar.start()

    def step(self, done: int, metrics: dict[str, float]) -> None:
        if self._bar:
            self._bar.update(self._task, completed=done, glance=glance(metrics))

    def note(self, message: str) -> None:
        self.console.print(f"  {message}", highlight=False, markup=False)

    def end(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None


class LineReporter:
    """Some lines per stage, for logs and pipes."""

    def __init__(self, lines: int = 10) -> None:
        self.lines = lines

    def start(self, stage: str, total: int, why: str) -> None:
        print(f"{stage}: {why}", flush=True)
        self._stage, self._total, self._began = stage, total, time.monotonic()
        self._stride = max(1, total // self.lines)

    def step(self, done: int, metrics: dict[str, float]) -> None:
        if done == 1 or done % self._stride == 0 or done == self._total:
            seconds = time.monotonic() - self._began
            shown = {"stage": self._stage, "done": done, "total": self._total, "glance": glance(metrics)}
            print(say.LINE(seconds=seconds, **shown), flush=True)

    def note(self, message: str) -> None:
        print(f"  {message}", flush=True)

    def end(self) -> None:
        """Nothing is left open."""


class JsonReporter:
    """One JSON object per event on standard output."""

    def start(self, stage: str, total: int, why: str) -> None:
        self._stage = stage
        self._write(event="start", stage=stage, total=total, why=why)

    def step(self, done: int, metrics: dict[str, float]) -> None:
        self._write(event="step", stage=self._stage, step=done, metrics=metrics)

    def note(self, message: str) -> None:
        self._write(event="note", message=message)

    def end(self) -> None:
        self._write(event="end", stage=self._stage)

    def _write(self, **row: Any) -> None:
        print(json.dumps(row, ensure_ascii=False), flush=True)


def build_reporter(as_json: bool) -> "BarReporter | LineReporter | JsonReporter":
    """JSON if asked for, a bar on a terminal, lines elsewhere."""
    if as_json:
        return JsonReporter()
    return BarReporter(Console()) if sys.stdout.isatty() else LineReporter()
