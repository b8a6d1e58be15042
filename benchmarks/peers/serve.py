"""The child's side of the wire: a JSON request per line on standard input, a JSON reply per line on standard output.

Standard library only, imported by every arm. Whatever else the arm prints goes to standard error, so that a trainer's
progress bar cannot corrupt a reply.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Request = dict[str, Any]
Reply = dict[str, Any]


class Channel:
    """Requests in, replies out."""

    def __init__(self) -> None:
        self._replies = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def reply(self, **fields: Any) -> None:
        self._replies.write(json.dumps(fields) + "\n")

    def requests(self) -> Iterator[Request]:
        """Blocks in ``read``: an idle arm takes no processor time."""
        for line in sys.stdin:
            yield json.loads(line)

    def answer(self, request: Request, handle: Callable[[Request], Reply]) -> None:
        """Replies with what ``handle`` returns, or with the traceback if it raises."""
        try:
            fields = handle(request)
        except Exception:
            self.reply(op=request["op"], error=traceback.format_exc())
        else:
            self.reply(op=request["op"], **fields)


class Stopwatch:
    """Wall and processor seconds by name. ``with watch("generate"): ...`` adds to that name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - wall
            self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + time.process_time() - cpu

    def take(self) -> Reply:
        """What was measured since the last call."""
        reply = {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds}
        self.seconds, self.cpu_seconds = {}, {}
        return reply


def peak_bytes() -> int:
    """Most memory this process ever held in RAM. Not ``ru_maxrss``: a child inherits that from whoever started it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell a process its peak memory (VmHWM)")
