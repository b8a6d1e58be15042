"""Marks for completions from a reward function, whatever it does.

A reward function that raises, hangs, crashes or returns nonsense gives **no score** (None and a finding) for the
completion concerned; never a zero, never the end of the run. The caller stops above a share of its choice. Findings::

    scorer_error        it raised, or its process ended
    scorer_timeout      it did not return in time
    scorer_not_reached  those before it took all the time of the batch
    scorer_length       not one value per completion
    scorer_not_finite   NaN or infinite
    scorer_not_number   a string, a list, ...
    skipped             it returned None: allowed, and not a failure
"""

import copy
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from homeschool.errors import ScorerError, UsageError
from homeschool.messages import refusals
from homeschool.messages import scorers as say
from homeschool.messages.refusals import rewards as refused
from homeschool.rewards.conventions import Adapter, Batch, Mark, choose_convention, failure
from homeschool.rewards.worker import TIMEOUT_S, CallFailedError, ScorerWorker
from homeschool.types import Completion, Message, Prompt

__all__ = ["ScoredBatch", "ScorerReport", "ScorerWorker", "check_scorer", "load_scorer", "score_completions"]

AnyScorer = ScorerWorker | Callable[..., Any]
"""A reward file, or a function of this process; its parameters fit one of ``CONVENTIONS``."""

MAX_DEATHS = 16  # processes lost on one batch before the rest of it goes without a score
TRIAL_COMPLETIONS = ("", "0", "42", "The answer is 42.", "I do not know.\n", "苹果", "long " * 100)


@dataclass(frozen=True, slots=True)
class ScoredBatch:
    """Scores in the order of the completions, and why some are missing."""

    scores: list[float | None]
    findings: list[tuple[str, ...]]
    """Empty for a completion with a score."""
    seconds: float
    messages: tuple[str, ...] = ()
    """What went wrong in words, each once: ``reward.py, line 3, in reward: KeyError: 'answer'``."""

    @property
    def skipped(self) -> int:
        """Completions for which the function returned None."""
        return self.findings.count(("skipped",))

    @property
    def failed(self) -> int:
        """Completions without a score that should have one."""
        return self.scores.count(None) - self.skipped


@dataclass(frozen=True, slots=True)
class ScorerReport:
    """What the trial call at the start of a run showed."""

    name: str
    convention: str
    """How the function is called: a key of ``CONVENTIONS``."""
    seconds_per_item: float
    deterministic: bool
    """Both trial calls gave the same scores."""
    findings: dict[str, int]
    """Trial completions by finding."""
    examples: tuple[tuple[str, float | None], ...]
    """Trial completions and their scores."""
    messages: tuple[str, ...] = ()

    def __str__(self) -> str:
        again = say.SAME_TWICE if self.deterministic else say.OTHER_SCORES
        lines = [
            say.CALLED_AS(name=self.name, convention=say.CONVENTIONS[self.convention]()),
            again(ms=1000 * self.seconds_per_item),
        ]
        trials = len(self.examples)
        lines += [say.TRIAL_FINDING(count=count, trials=trials, finding=name) for name, count in self.findings.items()]
        return "\n".join([*lines, *self.messages])


def load_scorer(spec: str, memory_gib: float = 4.0) -> ScorerWorker:
    """The reward function of a Python file: ``"rewards.py:name"``, or ``"rewards.py"`` for ``reward`` or the only one.

    It runs in a process of its own with at most ``memory_gib`` of memory. Close the result when done.
    Raises UsageError if there is no such file or function, the file does not load, or it is unclear how to call it.
    """
    path, _, name = (spec, "", "") if spec.endswith(".py") else spec.rpartition(":")
    if not path.endswith(".py") or not (name.isidentifier() or path == spec):
        raise UsageError(refused.NOT_A_FUNCTION(spec=spec))
    file = Path(path).expanduser()
    if not file.is_file():
        raise UsageError(refused.NO_REWARD_FILE(file=file, folder=Path.cwd()))
    return ScorerWorker(file, name or None, memory_gib)


def score_completions(
    scorer: AnyScorer,
    prompts: Sequence[Prompt],
    completions: Sequence[Completion],
    timeout_s: float = TIMEOUT_S,
    each_s: float | None = None,
) -> ScoredBatch:
    """Score a batch; prompt i belongs to completion i. The function works on copies, never on the caller's lists.

    The batch goes through in one call, which may take ``timeout_s``. If that fails, each completion is tried by itself,
    so that one bad completion does not cost the others their marks; each may take ``each_s``, by default a quarter of
    ``timeout_s``, and all together twice ``timeout_s``, after which the rest has no score. Restarting a lost process
    comes on top, at most ``MAX_DEATHS`` times.
    A ``ScorerWorker`` survives any hang. A function of this process is interrupted too, but only when called in the
    main thread, and not inside C code that ignores signals.
    """
    if len(prompts) != len(completions):
        raise UsageError(
            f"{len(prompts)} prompts and {len(completions)} completions; expected one prompt per completion"
        )
    if not timeout_s > 0:
        raise UsageError(f"timeout_s is {timeout_s}; expected more than 0 seconds")
    started = time.monotonic()
    runner = _runner(scorer)
    each_s = each_s or timeout_s / 4
    batch = _batch(prompts, completions, runner.wants_completion_ids)
    marks = _marks(runner, batch, timeout_s, each_s) if prompts else []
    if isinstance(scorer, ScorerWorker):
        scorer.count(marks)
    return ScoredBatch(
        [mark.score for mark in marks],
        [(mark.finding,) if mark.finding else () for mark in marks],
        time.monotonic() - started,
        tuple(dict.fromkeys(mark.message for mark in marks if mark.message)),
    )


def check_scorer(
    scorer: AnyScorer,
    prompts: Sequence[Prompt],
    completions: Sequence[str] = TRIAL_COMPLETIONS,
    timeout_s: float = TIMEOUT_S,
    each_s: float | None = None,
) -> ScorerReport:
    """Score made-up completions twice, before any long work: type, length, finiteness, sameness, time.

    Each trial completion is an answer to one of the prompts, in turn; where a prompt has an ``answer`` column, that
    answer is tried as well. Single failures are reported. Limits are those of :func:`score_completions`.
    Raises ScorerError if no trial completion got a score and not all were skipped, with the place in the user's file;
    UsageError without prompts, or if it is unclear how to call the function.
    """
    if not prompts or not completions:
        raise UsageError(refused.NOTHING_TO_TRY())
    answers = [str(prompts[0].columns["answer"])] if "answer" in prompts[0].columns else []
    texts = [*answers, *completions]
    asked = [prompts[index % len(prompts)] for index in range(len(texts))]
    written = [Completion(text, (), (), "stop") for text in texts]
    runner = _runner(scorer)
    first = score_completions(scorer, asked, written, timeout_s, each_s)
    if first.failed and first.failed + first.skipped == len(texts):
        raise ScorerError(_hopeless(runner.name, first, asked[0]))
    second = score_completions(scorer, asked, written, timeout_s, each_s)
    return ScorerReport(
        runner.name,
        runner.convention,
        second.seconds / len(texts),
        first.scores == second.scores,
        dict(Counter(name for names in first.findings for name in names)),
        tuple(zip(texts, first.scores, strict=True)),
        first.messages,
    )


class _Runner(Protocol):
    """What calls a reward function: a worker, or this process."""

    name: str
    convention: str
    wants_completion_ids: bool
    start_seconds: float
    """Spent on starting its process so far; no part of any limit."""

    def mark(self, batch: Batch, limit_s: float) -> list[Mark]:
        """One call for the whole batch. Raises CallFailedError."""
        ...


class _InProcess:
    """A function called here: the built-in tasks, and functions given from Python."""

    start_seconds = 0.0

    def __init__(self, function: Callable[..., Any]) -> None:
        self._adapter: Adapter = choose_convention(function)
        self.name: str = getattr(function, "__qualname__", type(function).__qualname__)
        self.convention = self._adapter.convention
        self.wants_completion_ids = "completion_ids" in self._adapter.named

    def mark(self, batch: Batch, limit_s: float) -> list[Mark]:
        own = copy.deepcopy(batch)
        try:
            with _interrupted_after(limit_s):
                return self._adapter.mark(own)
        except _OvertimeError:
            message = refused.NOT_IN_TIME(seconds=limit_s)
            raise CallFailedError(Mark(None, "scorer_timeout", message)) from None
        except CallFailedError:  # the function is, or calls, a worker
            raise
        except (Exception, SystemExit) as error:
            raise CallFailedError(failure(error, self._adapter.function)) from error


class _OvertimeError(BaseException):
    """Raised inside a reward function when its time is up; no ``except Exception`` of its own catches it."""


def _runner(scorer: AnyScorer) -> _Runner:
    return scorer if isinstance(scorer, ScorerWorker) else _InProcess(scorer)


def _batch(prompts: Sequence[Prompt], completions: Sequence[Completion], with_ids: bool) -> Batch:
    names = dict.fromkeys(name for prompt in prompts for name in prompt.columns)
    return Batch(
        [_question(prompt.text) for prompt in prompts],
        [completion.text for completion in completions],
        {name: [prompt.columns.get(name) for prompt in prompts] for name in names},
        [list(completion.tokens) for completion in completions] if with_ids else [],
    )


def _question(text: str | tuple[Message, ...]) -> Any:
    return text if isinstance(text, str) else [dict(message) for message in text]


def _marks(runner: _Runner, batch: Batch, timeout_s: float, each_s: float) -> list[Mark]:
    try:
        return runner.mark(batch, timeout_s)
    except CallFailedError as error:
        if len(batch.completions) == 1:
            return [error.mark]
    return _one_by_one(runner, batch, timeout_s, each_s)


def _one_by_one(runner: _Runner, batch: Batch, timeout_s: float, each_s: float) -> list[Mark]:
    marks: list[Mark] = []
    deaths = 0
    started = time.monotonic() - runner.start_seconds
    for index in range(len(batch.completions)):
        left = 2 * timeout_s - (time.monotonic() - runner.start_seconds - started)
        try:
            if left <= 0:
                message = refused.NOT_REACHED(seconds=2 * timeout_s)
                raise CallFailedError(Mark(None, "scorer_not_reached", message))
            if deaths == MAX_DEATHS:
                message = refused.LOST_TOO_OFTEN(deaths=deaths)
                raise CallFailedError(Mark(None, "scorer_error", message))
            marks += runner.mark(batch.item(index), min(left, each_s))
        except CallFailedError as error:
            marks.append(error.mark)
            deaths += error.died
    return marks


def _hopeless(name: str, batch: ScoredBatch, prompt: Prompt) -> str:
    """Why a run cannot start: every trial failed."""
    message = "; ".join(batch.messages[:3])
    return refused.ALL_TRIALS_FAILED(
        name=name,
        count=len(batch.scores),
        message=message,
        columns=", ".join(sorted(prompt.columns)) or refusals.NO_COLUMNS(),
        hint=refused.PLAIN_STRINGS() if "string ind" in message else "",
    )


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Raise _OvertimeError in the block when the time is up.

    Only the main thread can be interrupted so, and a timer that is already running belongs to someone else: without
    either there is no limit.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def overtime(*_: Any) -> None:
        raise _OvertimeError

    before = signal.signal(signal.SIGALRM, overtime)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        finally:  # the time may run out on the very line above
            signal.signal(signal.SIGALRM, before)
