"""The run folder: everything a run leaves behind, readable at any instant.

::

    config.toml     the effective configuration          metrics.jsonl    one line per step
    summary.json    before, after, difference, cost      rollouts.jsonl   a sample of what was written and earned
    checkpoints/    step-NNNNNN/, each a model folder    events.jsonl     resumes, alarms, failures
                                                         audits.jsonl     every hidden audit

Whole files are replaced atomically; line files are appended to, and a line cut short by a crash is dropped on resume.
One live process per folder, held by a lock that the system releases when the process dies.
"""

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from homeschool.config import RunConfig, build_config, flatten, read_recipe, write_toml
from homeschool.errors import RunFolderError
from homeschool.files import is_draft, write_atomically
from homeschool.messages import refusals as say
from homeschool.messages.refusals import training as refused

LINE_FILES = ("metrics", "rollouts", "audits", "events")


class RunFolder:
    """An open run folder."""

    def __init__(self, path: Path, lock: TextIO) -> None:
        self.path, self._lock = path, lock
        self._files: dict[str, TextIO] = {}
        self.listeners: list[Callable[[str, Mapping[str, Any]], None]] = []
        """Told of each line once it is written: the name of its file, and the line."""

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """One line to ``name``.jsonl, on its way to the disk when this returns."""
        if name not in self._files:
            self._files[name] = (self.path / f"{name}.jsonl").open("a", encoding="utf-8")
        self._files[name].write(json.dumps(row, ensure_ascii=False) + "\n")
        self._files[name].flush()
        for listener in self.listeners:
            listener(name, row)

    def event(self, kind: str, **details: Any) -> None:
        """Something worth knowing later."""
        self.append("events", {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "event": kind, **details})

    def forget_after(self, step: int) -> None:
        """Drop what was written of steps after ``step``: it will be made again, the same. Of events only the guard's,
        which are part of its steps."""
        self._close_files()  # what is open would go on writing to the file that is replaced
        for name in LINE_FILES:
            path = self.path / f"{name}.jsonl"
            if path.exists():
                rows = [row for row in read_lines(path) if _is_kept(name, row, step)]
                write_atomically(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def write(self, name: str, content: str) -> None:
        """Replace a whole file."""
        write_atomically(self.path / name, content)

    def close(self) -> None:
        self._close_files()
        self._lock.close()

    def _close_files(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_kept(name: str, row: Mapping[str, Any], step: int) -> bool:
    lasts = name == "events" and row.get("event") != "guard"
    return lasts or bool(row.get("step", 0) <= step)


def open_run(config: RunConfig, verb: str) -> RunFolder:
    """The folder of a new run, or of an interrupted one with ``resume``.

    Raises RunFolderError when a new run meets an old one, when a resumed one was started with other settings, or when
    another process is at work in it.
    """
    path = Path(config.out).expanduser() if config.out else _next_free(Path("runs"), verb)
    is_old = (path / "config.toml").exists()
    if is_old and not config.resume:
        raise RunFolderError(say.HOLDS_RUN(path=path))
    if not is_old and path.exists() and not all(item.name == ".lock" or is_draft(item) for item in path.iterdir()):
        raise RunFolderError(say.NOT_EMPTY(path=path))
    path.mkdir(parents=True, exist_ok=True)
    lock = hold(path)
    try:
        if is_old:
            refuse_other_settings(path, config)
        else:
            write_atomically(path / "config.toml", f"# homeschool {verb}\n{write_toml(config)}")
    except BaseException:
        lock.close()
        raise
    return RunFolder(path, lock)


def _next_free(parent: Path, verb: str) -> Path:
    numbers = (number for number in range(1, 1000) if not (parent / f"{verb}-{number:03d}").exists())
    return parent / f"{verb}-{next(numbers):03d}"


def hold(path: Path) -> TextIO:
    """The lock of a folder, held until it is closed or the process dies. RunFolderError where another holds it."""
    lock = (path / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise RunFolderError(refused.AT_WORK(folder=path)) from error
    return lock


def refuse_other_settings(path: Path, config: RunConfig) -> None:
    """Raise RunFolderError when the run in ``path`` was started with other settings than ``config``."""
    old = flatten(build_config(type(config), read_recipe(path / "config.toml"), str(path / "config.toml")))
    new = flatten(config)
    ignored = {"out", "resume", "threads", "readiness", "track", "trace", "guard.budget"}
    changed = [key for key in new if new[key] != old[key] and key not in ignored]
    if changed:
        shown = (say.CHANGE(key=key, old=repr(old[key]), new=repr(new[key])) for key in changed[:3])
        raise RunFolderError(say.OTHER_SETTINGS(path=path, changes="; ".join(shown)))


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The complete lines of a line file; one that a crash cut short is left out."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.endswith("\n"):
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict):
                    yield row
