"""A reward file in a process of its own, so that its endless loop or crash costs one mark and not the run.

``worker_child.py`` is the program on the other end. It is started afresh rather than forked, because the process that
trains has threads; it loads no torch unless the user's file does; it ends when this process ends, however that happens.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from homeschool.errors import ScorerError, UsageError
from homeschool.messages.refusals import rewards as say
from homeschool.messages.sentence import spoken
from homeschool.rewards.conventions import Batch, Mark
from homeschool.rewards.worker_child import packed, receive

TIMEOUT_S = 30.0
START_TIMEOUT_S = 120.0  # a reward file that loads a large model may take that long
_GIB = 1 << 30
# -P keeps the working folder off the path until ours is in place, so that no json.py lying there is loaded.
_PROGRAM = (
    "import json, sys; start = json.loads(sys.argv[1]); sys.path[:] = start['path']; "
    "from importlib import import_module; import_module('homeschool.messages.sentence').speak(start['language']); "
    "import_module(start['program']).main(start)"
)


class CallFailedError(ScorerError):
    """One call of a reward function gave no marks; ``mark`` says why, ``died`` that its process ended with it."""

    def __init__(self, mark: Mark, died: bool = False) -> None:
        super().__init__(mark.message)
        self.mark = mark
        self.died = died


class ScorerWorker:
    """The reward function of a file, called in a process of its own. ``load_scorer`` makes it; close it when done.

    ::

        with load_scorer("reward.py") as scorer:
            batch = score_completions(scorer, prompts, completions, timeout_s=10)

    Raises UsageError if the file does not load within two minutes, or holds no reward function that can be called.
    """

    def __init__(self, file: Path, name: str | None = None, memory_gib: float = 4.0) -> None:
        self.file = file.resolve()
        self._start: dict[str, Any] = {
            "program": "homeschool.rewards.worker_child",
            "file": str(self.file),
            "name": name,
            "memory_bytes": int(memory_gib * _GIB),
            "path": [str(folder) for folder in sys.path],
        }
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.start_seconds = 0.0
        self._process: ChildProcess | None = self._started()
        introduction = self._process.introduction
        self.name = f"{file.name}:{introduction['function']}"
        self.convention: str = introduction["convention"]
        self.wants_completion_ids: bool = introduction["completion_ids"]
        self._columns: list[str] | None = introduction["columns"]

    def __call__(
        self, prompts: Sequence[Any], completions: Sequence[str], **columns: Sequence[Any]
    ) -> list[float | None]:
        """The scores of one call, so that a task may use a reward file as its own ``score``.

        Raises CallFailedError if any completion failed; ``score_completions`` then tries each by itself.
        """
        values = {name: list(column) for name, column in columns.items()}
        marks = self.mark(Batch(list(prompts), list(completions), values), TIMEOUT_S)
        for mark in marks:
            if mark.score is None and mark.finding != "skipped":
                raise CallFailedError(mark)
        return [mark.score for mark in marks]

    @property
    def state(self) -> dict[str, int]:
        """Counts so far: calls, completions, restarts, and completions by finding."""
        return dict(self._counts)

    def mark(self, batch: Batch, limit_s: float) -> list[Mark]:
        """Marks for a batch from a single call. Raises CallFailedError if it raises, ends its process or overruns."""
        request = self._packed(batch)
        with self._lock:
            self._counts.update(calls=1)
            if self._process is None:
                self._counts.update(restarts=1)
                self._process = self._restarted()
            try:
                answer = self._process.ask(request, limit_s)
            except BaseException:
                self._stop()  # an answer that is still on its way must not meet the next request
                raise
        if "failed" in answer:
            raise CallFailedError(Mark(*answer["failed"]))
        return [Mark(*mark) for mark in answer["marks"]]

    def count(self, marks: list[Mark]) -> None:
        """Add final marks to ``state``: a completion that was tried twice counts once."""
        self._counts.update(completions=len(marks))
        self._counts.update(mark.finding for mark in marks if mark.finding)

    def close(self) -> None:
        """End the process. Closing twice is fine; a call after closing starts it again."""
        with self._lock:
            self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> "ChildProcess":
        started = time.monotonic()
        try:
            return ChildProcess(self._start)
        finally:
            self.start_seconds += time.monotonic() - started

    def _restarted(self) -> "ChildProcess":
        try:
            return self._started()
        except UsageError as error:
            raise CallFailedError(Mark(None, "scorer_error", str(error)), died=True) from error

    def _stop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _packed(self, batch: Batch) -> bytes:
        """The request for a batch, with the columns that the function can see and no other."""
        columns = {key: value for key, value in batch.columns.items() if self._columns is None or key in self._columns}
        try:
            return packed(
                {
                    "prompts": batch.prompts,
                    "completions": batch.completions,
                    "columns": columns,
                    "completion_ids": batch.completion_ids,
                }
            )
        except (TypeError, ValueError) as error:
            refusal = say.NOT_SENT(columns=", ".join(sorted(columns)), name=self.name, error=error)
            raise UsageError(refusal) from error


class ChildProcess:
    """One running program, the module that ``start`` names, and the socket to it."""

    def __init__(self, start: dict[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        held_by_child, lifeline = os.pipe()
        arguments = json.dumps({**start, "language": spoken(), "socket": theirs.fileno(), "lifeline": held_by_child})
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, arguments],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=(theirs.fileno(), held_by_child),
                start_new_session=True,  # so that what it starts can be ended with it, and Ctrl-C is ours to handle
            )
        os.close(held_by_child)
        self._connection = ours
        self.end = weakref.finalize(self, _end, os.getpid(), self._popen, ours, lifeline)
        self.introduction = self._introduction(start)

    def ask(self, request: bytes, limit_s: float) -> Any:
        """Send a request and wait for its answer. Raises CallFailedError on overrun or if the process ends."""
        deadline = time.monotonic() + limit_s
        try:
            self._connection.settimeout(limit_s)
            self._connection.sendall(request)
            answer = receive(self._connection, deadline)
        except TimeoutError:
            raise CallFailedError(_overtime(limit_s), died=True) from None
        except OSError:
            answer = None
        if answer is None:
            message = say.PROCESS_ENDED(ending=self._ending())
            raise CallFailedError(Mark(None, "scorer_error", message), died=True)
        return answer

    def _introduction(self, start: dict[str, Any]) -> Any:
        """What the program says first. Raises UsageError if it refuses the file, ends, or says nothing in time."""
        try:
            answer = receive(self._connection, time.monotonic() + START_TIMEOUT_S)
            problem = say.FILE_ENDED(file=start["file"], ending=self._ending()) if answer is None else None
        except TimeoutError:
            answer, problem = None, say.FILE_SLOW(file=start["file"], seconds=START_TIMEOUT_S)
        if answer and "refused" in answer:
            self.end()
            raise UsageError(say.FILE_REFUSED(problem=answer["refused"]))
        if problem:
            self.end()
            raise UsageError(problem)
        return answer

    def _ending(self) -> str:
        """How a process that closed its socket ended. Killing what is left of it changes no exit code set before."""
        self.end()
        code = self._popen.returncode
        return say.EXIT_CODE(code=code) if code >= 0 else say.KILLED(signal=signal.Signals(-code).name)


def _overtime(limit_s: float) -> Mark:
    return Mark(None, "scorer_timeout", say.NOT_IN_TIME(seconds=limit_s))


def _end(owner: int, popen: "subprocess.Popen[bytes]", connection: socket.socket, lifeline: int) -> None:
    """Kill the process and everything it started in its session, and wait until it is gone.

    A fork of the owner leaves it alone: only the owner may end it.
    """
    if os.getpid() == owner:
        with suppress(ProcessLookupError, PermissionError):  # the latter from macOS, for a process that has just ended
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()
    connection.close()
    os.close(lifeline)
