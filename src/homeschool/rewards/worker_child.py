"""The program that runs a user's reward file, in a process of its own.

It reads one request at a time from a socket and answers it; ``worker.py`` is the other end. Messages are JSON behind
their length, so nothing that either side sends can run code on the other. What the user's code prints goes to standard
error.

Covered: exceptions; endless loops and crashes (the other end kills and restarts this process); memory beyond the limit.
Not covered: this is no sandbox. A reward function may read files, use the network and start programs, as the user may;
one that runs text written by the model must confine it itself.

Standard library only: it starts in a few hundredths of a second.
"""

import fcntl
import importlib.util
import inspect
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from homeschool.errors import UsageError
from homeschool.rewards.conventions import Adapter, Batch, choose_convention, failure, where_it_failed

_LENGTH = struct.Struct("!Q")


def main(start: dict[str, Any]) -> None:
    """Load the reward file named in ``start``, say how it will be called, answer requests until the socket closes."""
    connection = socket.socket(fileno=start["socket"])
    confine(start)
    try:
        adapter = choose_convention(load_function(Path(start["file"]), start["name"]))
    except UsageError as error:
        connection.sendall(packed({"refused": str(error)}))
        return
    connection.sendall(packed(_introduction(adapter)))
    while (request := receive(connection)) is not None:
        connection.sendall(packed(_answer(adapter, Batch(**request))))


def confine(start: dict[str, Any]) -> None:
    """End with the parent, leave no core file, take no more memory than ``start`` allows."""
    die_with_parent(start["lifeline"])
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_DATA", start["memory_bytes"])


def load_function(file: Path, name: str | None) -> Callable[..., Any]:
    """The reward function of a Python file: the one named, else ``reward``, else the only public function.

    Raises UsageError if the file does not load, or the function cannot be told; it names what the file holds.
    """
    module = _load_module(file)
    public = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not key.startswith("_")
    }
    found = f"public functions in {file.name}: {', '.join(public) or 'none'}"
    if name is None and callable(getattr(module, "reward", None)):
        name = "reward"
    if name is None and len(public) == 1:
        (name,) = public
    if name is None:
        raise UsageError(f"{file} has no function named reward, and {found}; say which one: {file}:NAME")
    function: Any = getattr(module, name, None)
    if not callable(function) or isinstance(function, type):
        raise UsageError(f"{name!r} in {file} is {_kind(function)}, not a reward function; {found}")
    return cast(Callable[..., Any], function)


def packed(message: Any) -> bytes:
    """One message as it is sent. Raises TypeError or ValueError if it holds what JSON has no form for."""
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


def receive(connection: socket.socket, deadline: float | None = None) -> Any:
    """Read one message; None if the other side has gone. Raises TimeoutError at ``deadline`` (of time.monotonic)."""
    header = _receive_exactly(connection, _LENGTH.size, deadline)
    body = header and _receive_exactly(connection, _LENGTH.unpack(header)[0], deadline)
    return json.loads(body) if body else None


def die_with_parent(lifeline: int) -> None:
    """End this process when the other end of the pipe closes, which it does when the process holding it ends.

    The kernel sends SIGIO then, and the default action is to terminate: it works inside C code that never returns to
    the interpreter. PR_SET_PDEATHSIG would not do: it fires when the parent's *thread* ends.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL if sys.platform == "linux" else _exit)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it closed before we listened
        _exit()


def _exit(*_: Any) -> None:
    os._exit(1)


def _introduction(adapter: Adapter) -> dict[str, Any]:
    return {
        "function": getattr(adapter.function, "__name__", type(adapter.function).__name__),
        "convention": adapter.convention,
        "completion_ids": "completion_ids" in adapter.named,
        "columns": None if adapter.columns_asked_for(["anything"]) else sorted(adapter.named),
    }


def _answer(adapter: Adapter, batch: Batch) -> dict[str, Any]:
    """``marks``, or under ``failed`` the reason why the whole call has none."""
    try:
        return {"marks": adapter.mark(batch)}
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return {"failed": failure(error, adapter.function)}


def _load_module(file: Path) -> ModuleType:
    """Run the file as a module. Its folder comes first on the path, as it does for a script."""
    sys.path.insert(0, str(file.parent))
    name = f"homeschool_reward_file_{file.stem}"
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise UsageError(f"{file} is not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise UsageError(f"{file} could not be loaded: {where_it_failed(error, str(file))}") from error
    return module


def _kind(value: Any) -> str:
    return "not there" if value is None else f"a {'class' if isinstance(value, type) else type(value).__name__}"


def _limit(name: str, value: int) -> None:
    """Lower a limit of this process, never above what it is allowed."""
    which = getattr(resource, name)
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, hard))


def _receive_exactly(connection: socket.socket, count: int, deadline: float | None) -> bytes:
    """``count`` bytes, or none if the other side closes first."""
    parts = []
    while count:
        if deadline is not None:
            connection.settimeout(max(1e-6, deadline - time.monotonic()))
        part = connection.recv(min(count, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
