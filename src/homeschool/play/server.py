"""``homeschool play``: the page of the levels and the few things it may ask for, on this machine only.

The rules of ``homeschool.web.server``, and for what changes or computes something also: POST, sent by this page itself
(an Origin of this server), JSON of a bounded size, and only the addresses of :data:`ACTIONS`.
"""

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from homeschool.errors import HomeschoolError, UsageError
from homeschool.messages.refusals import pages as refused
from homeschool.play.levels import LEVELS, level
from homeschool.play.page import page_data
from homeschool.play.training import Training
from homeschool.web.html import document
from homeschool.web.page import escaped_json
from homeschool.web.server import CONNECT, Handler, LoopbackServer

LARGEST_BODY = 64 * 1024
ACTIONS = ("play", "train", "stop")
MOST_WAITING = 8
"""Requests that may wait for the simulation, which runs one at a time."""


class PlayServer(LoopbackServer):
    """The server and what runs behind it; close it when done. ``out``: folder of what levels train."""

    def __init__(self, out: Path, port: int = 0) -> None:
        self.training = Training(out)
        self.simulation, self.waiting = threading.Lock(), threading.Semaphore(MOST_WAITING)
        super().__init__(PlayHandler, port)

    def server_close(self) -> None:
        """End a training that is running, and let go of the port."""
        self.training.close()
        super().server_close()


class PlayHandler(Handler):
    """One request."""

    server: PlayServer  # type: ignore[assignment]

    def do_GET(self) -> None:
        """The page, or how the training stands; 404 for everything else."""
        if not self._is_own():
            self._refuse(403)
        elif self._asks_for(""):
            self._send_whole(document(page_data(), "homeschool play", CONNECT), "text/html; charset=utf-8")
        elif self._asks_for("training"):
            self._answer(self.server.training.status())
        else:
            self._refuse(404)

    def do_POST(self) -> None:
        """One of ACTIONS, for the page itself and nobody else."""
        if not self._is_own() or self.headers.get("Origin") is None:
            self._refuse(403)
            return
        action = next((name for name in ACTIONS if self._asks_for(name)), None)
        if action is None:
            self._refuse(404)
            return
        try:
            sent = self._body()
            self._answer(getattr(self, f"_{action}")(sent))
        except HomeschoolError as error:
            self._answer({"error": str(error)}, 400)

    def _play(self, sent: dict[str, Any]) -> dict[str, Any]:
        chosen = level(sent.get("level"))
        with self._turn():
            return chosen.run(sent.get("settings", {})).as_json()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One after the other, and few in the queue: what a level computes takes a core."""
        if not self.server.waiting.acquire(blocking=False):
            raise UsageError(refused.TOO_MANY_REQUESTS())
        try:
            with self.server.simulation:
                yield
        finally:
            self.server.waiting.release()

    def _train(self, sent: dict[str, Any]) -> dict[str, Any]:
        chosen = level(sent.get("level"))
        if chosen.real is None:
            others = ", ".join(str(one.number) for one in LEVELS if one.real)
            raise UsageError(f"level {chosen.number} trains no model; these do: {others}")
        with self._turn():  # level 7 may search for a rule first
            real = chosen.real(chosen.read(sent.get("settings", {})))
        self.server.training.start(real)
        return self.server.training.status()

    def _stop(self, sent: dict[str, Any]) -> dict[str, Any]:
        self.server.training.stop()
        return self.server.training.status()

    def _body(self) -> dict[str, Any]:
        """The JSON object of the request; UsageError for anything else."""
        length, kind = self.headers.get("Content-Length", ""), self.headers.get("Content-Type", "")
        if (
            not length.isdecimal()
            or int(length) > LARGEST_BODY
            or kind.partition(";")[0].split("/") != ["application", "json"]
        ):
            raise UsageError(f"expected JSON of at most {LARGEST_BODY} bytes")
        try:
            sent = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the request is no JSON: {error}") from error
        if not isinstance(sent, dict):
            raise UsageError("the request is JSON, but no object")
        return sent

    def _asks_for(self, name: str) -> bool:
        path = self.path.partition("?")[0]
        return hmac.compare_digest(path.encode(), f"/{self.server.token}/{name}".encode())

    def _answer(self, data: dict[str, Any], status: int = 200) -> None:
        self._send_whole(escaped_json(data), "application/json; charset=utf-8", status)

    def _send_whole(self, content: bytes, kind: str, status: int = 200) -> None:
        self._head(status, kind, len(content))
        self.wfile.write(content)
