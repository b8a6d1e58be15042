"""The loop that pre-training, fine-tuning and reinforcement learning share: steps, exams, checkpoints, signals."""

import gc
import math
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, Protocol

from homeschool.config import BudgetConfig, KeepConfig
from homeschool.diagnosis.run import turn_line, watch_over
from homeschool.diagnosis.watch import Watch
from homeschool.errors import NonFiniteError, Stopped, StoppedByGuard
from homeschool.messages import school as say
from homeschool.messages.refusals import training as refused
from homeschool.messages.sentence import in_language
from homeschool.models.load import checkpoints
from homeschool.spans import part
from homeschool.train.algorithm_state import Stateful
from homeschool.train.batch import TrainBatch, save_batch
from homeschool.train.checkpoint import Progress, load_checkpoint, prune, save_checkpoint
from homeschool.train.learner import Learner
from homeschool.train.not_finite import NotFinite
from homeschool.train.run_folder import RunFolder


class Reporter(Protocol):
    """Who is told what happens. The console implements it; a run without one is silent."""

    def start(self, stage: str, total: int, why: str) -> None:
        """A stage of ``total`` steps begins; ``why`` is one sentence on what it is for."""

    def step(self, done: int, metrics: dict[str, float]) -> None:
        """A step is done."""

    def note(self, message: str) -> None:
        """Something a user should read."""

    def end(self) -> None:
        """The stage is over."""


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int, why: str) -> None:
        """Ignored."""

    def step(self, done: int, metrics: dict[str, float]) -> None:
        """Ignored."""

    def note(self, message: str) -> None:
        """Ignored."""

    def end(self) -> None:
        """Ignored."""


@dataclass
class Loop:
    """One stage of a run."""

    folder: RunFolder
    learner: Learner
    total_steps: int
    keep: KeepConfig
    reporter: Reporter
    step: Callable[[int], dict[str, float]]
    """Does step number n and returns its metrics."""
    check: Callable[[int], float] | None = None
    """Takes the check exam after n steps."""
    check_every: int = 0
    stop_at: float = 0.0
    """A check exam that reaches this ends the stage; 0: none does."""
    memory: Stateful | None = None
    """What the steps remember besides weights; it is saved and restored with them."""
    budget: BudgetConfig = field(default_factory=BudgetConfig)
    """What the steps may cost in all, besides their number."""
    halt: Callable[[], str | None] | None = None
    """Why the run has to end after a step, in words; None goes on."""
    enough: Callable[[], str | None] | None = None
    """Why the stage is over before its last step, in words; None goes on."""
    kept_steps: Callable[[], Collection[int]] = tuple
    """Steps of checkpoints that stay, besides the latest and the best."""
    progress: Progress = field(default_factory=Progress)
    watch: Watch = field(default_factory=Watch)
    """Says in plain words what the metrics mean."""
    started: float = field(default_factory=time.perf_counter)
    """When this process began with the stage, by ``time.perf_counter``."""
    earlier_seconds: float = 0.0
    """What the processes before this one took, up to the checkpoint it goes on from."""

    def restore(self) -> bool:
        """Pick up the latest checkpoint, if there is one."""
        found = checkpoints(self.folder.path)
        last = 0
        if found:
            tensors, self.progress, self.learner.policy.version = load_checkpoint(found[-1])
            self.learner.load_state(tensors)
            if self.memory:
                self.memory.load_state_dict(self.progress.memory)
            last, self.earlier_seconds = self.progress.step, self.progress.seconds
        self.folder.forget_after(last)
        self.watch = watch_over(self.folder.path)
        if found:
            self.folder.event("resumed", step=last, seconds=round(self.earlier_seconds, 1))
            self.reporter.note(say.RESUMED(done=last, total=self.total_steps))
        return bool(found)

    def run(self) -> None:
        """All remaining steps. Raises Stopped after a clean save when a signal asks for it."""
        with _Signals() as signals, _settled():
            while not self._is_over():
                if self._is_good_enough():
                    done, best = self.progress.step, self.progress.best_score
                    self.reporter.note(say.GOOD_ENOUGH(mark=best, done=done))
                    break
                if self._ends_early():
                    break
                self._one_step(self.progress.step)
                reason = self.halt() if self.halt else None
                if reason:
                    self._save()
                    raise StoppedByGuard(refused.STOPPED_BY_GUARD(reason=reason, folder=self.folder.path))
                if signals.received and not self._is_over():
                    self._save()
                    name = signal.Signals(signals.received).name
                    self.folder.event("stopped", step=self.progress.step, signal=name)
                    raise Stopped(signals.received, self._stopped_by(name))

    def _stopped_by(self, name: str) -> str:
        done, total, folder = self.progress.step, self.total_steps, self.folder.path
        return refused.STOPPED_BY_SIGNAL(signal=name, done=done, total=total, folder=folder)

    def projected_steps(self) -> int:
        """Steps the whole stage will have if it goes on as so far, for the schedule of the learning rate::

            ceil(steps done / share done), rounding errors left out

        Exact where every step costs the same, and ``total_steps`` before the first one. So the schedule ends when the
        budget does, whatever a step costs: runs that share a budget all come down to the final rate.
        """
        done = self.progress.step
        return math.ceil(round(done / self._share_done(), 6)) if done else self.total_steps

    def _share_done(self) -> float:
        """How much of the stage is over, by its steps or by its budget, whichever ends first; 1 is the end."""
        return max(self.progress.step / self.total_steps, self.progress.spent.share(self.budget))

    def _is_over(self) -> bool:
        return self._share_done() >= 1

    def _is_good_enough(self) -> bool:
        return self.stop_at > 0 and self.progress.best_score >= self.stop_at

    def _ends_early(self) -> bool:
        """Whether the stage is over before its last step; then that is saved and said."""
        reason = self.enough() if self.enough else None
        if self.enough is None or reason is None:
            return False
        self._save()
        with in_language("en"):  # nothing in a run folder depends on the language
            self.folder.event("enough", step=self.progress.step, reason=self.enough())
        self.reporter.note(reason)
        return True

    def _one_step(self, number: int) -> None:
        version = self.learner.policy.version
        try:
            with part("step"):
                metrics = self.step(number)
        except NonFiniteError as error:
            in_english = error.english if isinstance(error, NotFinite) else str(error)
            self.folder.event("non_finite", step=number + 1, error=in_english)
            kept = next(reversed(checkpoints(self.folder.path)), None) or refused.NONE_YET()
            if isinstance(error.batch, TrainBatch):
                save_batch(error.batch, self.folder.path / f"failed-step-{number + 1:06d}.safetensors")
            what = refused.DIVERGED(step=number + 1, error=error, folder=self.folder.path, kept=kept)
            raise NonFiniteError(what) from error
        done = number + 1
        spent = self.progress.spent.plus(metrics, self.learner.policy.version - version)
        self.progress = replace(self.progress, step=done, spent=spent)
        if spent.tokens:
            metrics |= spent.totals()
        is_best, is_last = False, self._is_over()
        if self.check and (done % self.check_every == 0 or is_last):
            with part("check exam"):
                score = self.check(done)
            metrics["eval/check"] = score
            is_best = score > self.progress.best_score
            if is_best:
                self.progress = replace(self.progress, best_step=done, best_score=score)
        row = {"step": done, **_rounded(metrics)}
        self.folder.append("metrics", row)
        self.reporter.step(done, metrics)
        self._diagnose(row)
        if done % self.keep.every == 0 or is_last or is_best:
            self._save()

    def _diagnose(self, row: dict[str, float]) -> None:
        """Write down what is new, and tell the user unless it is only good to know."""
        for turn in self.watch.see(row):
            self.folder.event("finding", **turn.row())
            if turn.finding.severity != "note":
                self.reporter.note(turn_line(turn))

    def _save(self) -> None:
        memory = self.memory.state_dict() if self.memory else {}
        seconds = self.earlier_seconds + time.perf_counter() - self.started
        self.progress = replace(self.progress, memory=memory, seconds=seconds)
        with part("checkpoint"):
            save_checkpoint(self.folder.path, self.learner.policy, self.learner.state(), self.progress)
            prune(self.folder.path, self.keep.last, self.progress.best_step, self.kept_steps())


def _rounded(metrics: dict[str, float]) -> dict[str, float]:
    """Eight significant digits: enough to compare runs, short enough to read."""
    return {name: float(f"{value:.8g}") for name, value in metrics.items()}


@contextmanager
def _settled() -> Iterator[None]:
    """What is there when a run begins stays until its end: the garbage collector need not look through it again.

    Every step leaves enough behind for a full collection now and then, which else goes through all of torch: a tenth
    of the time of a small run.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class _Signals:
    """Ctrl-C and SIGTERM ask the loop to stop after the current step; a second one ends the process at once."""

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._handle)
            except ValueError:
                pass  # not the main thread: the caller owns the signals
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.received:
            raise KeyboardInterrupt
        self.received = number
