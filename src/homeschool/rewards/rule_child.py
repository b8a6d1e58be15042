"""The program that runs a user's rule file, in a process of its own; ``rule_file.py`` is the other end.

A rule is arithmetic on marks: it gets numbers and gives numbers, may import the standard library and nothing else, and
must answer the same when asked the same. What it does wrong is told with the line on which it did it.
"""

import ast
import json
import math
import resource
import signal
import socket
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from inspect import signature
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from homeschool.rewards.conventions import where_it_failed
from homeschool.rewards.worker_child import confine, packed, receive

Rule = dict[str, Callable[..., Any]]
"""The functions of a rule file by name: ``rule``, and where there are such ``start`` and ``learn``."""

TAKES = {"rule": ("attempt", "history"), "learn": ("attempts", "history")}
"""What the functions are called with; ``start`` takes settings of its own choice."""


class _RefusedError(Exception):
    """What is wrong with a rule, with its place."""


class _OvertimeError(BaseException):
    """Raised inside a rule that takes too long, so that its line is known. No ``except Exception`` catches it."""


def main(start: dict[str, Any]) -> None:
    """Load the rule file named in ``start``, say what it takes, answer requests until the socket closes."""
    connection = socket.socket(fileno=start["socket"])
    confine(start)
    file = Path(start["file"])
    try:
        with _limited(start):
            functions = _load(file)
        settings = _settings(functions["start"]) if "start" in functions else {}
        connection.sendall(packed({"settings": settings}))
    except (Exception, SystemExit, _OvertimeError) as error:
        connection.sendall(packed({"refused": _told(error, file)}))
        return
    while (request := receive(connection)) is not None:
        connection.sendall(packed(_answer(functions, start, request)))


def _load(file: Path) -> Rule:
    content = file.read_bytes()
    try:
        source = content.decode()
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        raise _RefusedError(f"{file.name}, line {line}: is not UTF-8 text ({error.reason})") from error
    tree = ast.parse(source, str(file))
    for line, name in _foreign_imports(tree):
        raise _RefusedError(f"{file.name}, line {line}: imports {name}, which is not in the standard library")
    _hide_other_packages()
    module = ModuleType("rule_file")
    module.__file__ = str(file)
    exec(compile(tree, str(file), "exec"), vars(module))
    functions = {name: vars(module).get(name) for name in ("start", "rule", "learn")}
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise _RefusedError(f"{file.name}: {name} is {function!r}, expected a function")
    if functions["rule"] is None:
        raise _RefusedError(f"{file.name} has no function rule(attempt, history)")
    for name, given in TAKES.items():
        _refuse_other_arguments(functions[name], name, given, file)
    return {name: function for name, function in functions.items() if function is not None}


def _refuse_other_arguments(function: Callable[..., Any] | None, name: str, given: tuple[str, ...], file: Path) -> None:
    """A function that cannot be called with what it is given."""
    if function is None:
        return
    try:
        signature(function).bind(*given)
    except TypeError as error:
        line = getattr(getattr(function, "__code__", None), "co_firstlineno", 0)
        raise _RefusedError(
            f"{file.name}, line {line}, in {name}: expected {name}({', '.join(given)}), but {error}"
        ) from error


def _foreign_imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        yield from (
            (getattr(node, "lineno", 0), name) for name in names if name.split(".")[0] not in sys.stdlib_module_names
        )


def _hide_other_packages() -> None:
    """What is imported in some roundabout way is not found either."""
    library = sysconfig.get_path("stdlib")
    sys.path[:] = [folder for folder in sys.path if folder.startswith(library) and "-packages" not in folder]
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]
    sys.path_importer_cache.clear()


def _settings(start: Callable[..., Any]) -> dict[str, Any]:
    """The settings that a rule takes, with their defaults; None for one without."""
    parameters = signature(start).parameters.values()
    return {
        parameter.name: None if parameter.default is parameter.empty else parameter.default for parameter in parameters
    }


def _answer(functions: Rule, start: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """``value``, or under ``failed`` what went wrong and where."""
    file = Path(start["file"])
    try:
        with _limited(start):
            return {"value": _carried_out(functions, file, request)}
    except (Exception, SystemExit, KeyboardInterrupt, _OvertimeError) as error:
        return {"failed": _told(error, file)}


def _carried_out(functions: Rule, file: Path, request: dict[str, Any]) -> Any:
    if request["do"] == "start":
        return _history(functions["start"], (), request["settings"], file) if "start" in functions else {}
    attempts, history = request["attempts"], request["history"]
    before = json.dumps([attempts, history])
    if request["do"] == "learn":
        after = _history(functions["learn"], (attempts, history), {}, file) if "learn" in functions else history
    else:
        after = [_pay(functions["rule"], attempt, history, file) for attempt in attempts]
    if json.dumps([attempts, history]) != before:
        name = "learn" if request["do"] == "learn" else "rule"
        raise _RefusedError(
            f"{file.name}, in {name}: it changed what it was given; leave that as it is, and let learn return a new "
            "history"
        )
    return after


def _pay(rule: Callable[..., Any], attempt: dict[str, Any], history: dict[str, Any], file: Path) -> float:
    pay = rule(attempt, history)
    if not _is_finite_number(pay):
        line = _line_of_return(rule, (attempt, history))
        raise _RefusedError(f"{file.name}, line {line}, in rule: returned {_shown(pay)}, expected a finite number")
    return float(pay)


def _is_finite_number(value: Any) -> bool:
    """A whole number too large for a float is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _history(
    function: Callable[..., Any], arguments: tuple[Any, ...], settings: dict[str, Any], file: Path
) -> dict[str, Any]:
    found = function(*arguments, **settings)
    place = f"{file.name}, in {function.__name__}"
    if not isinstance(found, dict):
        line = _line_of_return(function, arguments, settings)
        raise _RefusedError(
            f"{file.name}, line {line}, in {function.__name__}: returned {_shown(found)}, expected a history, "
            "which is a dictionary"
        )
    try:
        same: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _RefusedError(
            f"{place}: the history goes into the checkpoint and may hold numbers, texts, lists and dictionaries, but "
            f"{error}"
        ) from error
    return same


def _line_of_return(function: Callable[..., Any], arguments: tuple[Any, ...], settings: Any = None) -> int:
    """Where the function returns, found by calling it again under a trace."""
    code, line = getattr(function, "__code__", None), 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal line
        if event == "return" and frame.f_code is code:
            line = frame.f_lineno
        return trace

    sys.settrace(trace)
    try:
        function(*arguments, **(settings or {}))
    finally:
        sys.settrace(None)
    return line


@contextmanager
def _limited(start: dict[str, Any]) -> Iterator[None]:
    """Interrupts what is inside when its time is over."""
    try:
        for number, timer, seconds, message in _times(start):
            signal.signal(number, partial(_interrupt, message))
            signal.setitimer(timer, seconds)
        yield
    finally:
        for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)


def _times(start: dict[str, Any]) -> Iterator[tuple[int, int, float, str]]:
    """Signal, timer, seconds and message: on the clock shortly before the other end would end this process, and of the
    processor where that is limited. Code that does not return to the interpreter is ended by the system."""
    yield signal.SIGALRM, signal.ITIMER_REAL, 0.9 * start["limit_s"], f"did not return within {start['limit_s']:.3g} s"
    if start["processor_s"] is None:
        return
    call, whole = start["processor_s"]
    used = time.process_time()
    message = f"took more than {call:.3g} s of processor time"
    if used + call >= whole:
        call, message = whole - used, f"took more than {whole:.3g} s of processor time for all calls together"
    if call <= 0:
        raise _RefusedError(f"{Path(start['file']).name} {message}")
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = math.ceil(used + call) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    yield signal.SIGPROF, signal.ITIMER_PROF, call, message


def _interrupt(message: str, number: int, frame: FrameType | None) -> None:
    raise _OvertimeError(message)


def _told(error: BaseException, file: Path) -> str:
    if isinstance(error, _RefusedError):
        return str(error)
    return where_it_failed(error, str(file)).replace(f"{__name__}._OvertimeError: ", "")


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
