"""A user's own rule: a Python file that is run in a process of its own, with limits on time and memory.

What a rule file may not do is refused with its line: raise, run on, import something outside the standard library,
return what is no number, change what it was given, or answer differently when asked the same.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homeschool.errors import ConfigError, ScorerError, UsageError
from homeschool.messages.refusals import rewards as say
from homeschool.rewards.worker import CallFailedError, ChildProcess
from homeschool.rewards.worker_child import packed

MEMORY_BYTES = 1 << 29
"""Half a GiB: a rule handles a few thousand numbers."""
TRIAL: list[dict[str, Any]] = [
    {"item": "mock", "score": 0.0, "others": [70.0, 60.0, 80.0], "expected": 70.0, "spread": 6.0},
    {"item": "mock", "score": 69.5, "others": [70.0, 60.0, 80.0], "expected": 70.0, "spread": 6.0},
    {"item": "mock", "score": 100.0, "others": [70.0, 60.0, 80.0], "expected": 70.0, "spread": 6.0},
    {"item": "alone", "score": 50.0, "others": [], "expected": 50.0, "spread": 35.0},
]
"""Attempts that any rule must be able to pay."""


class FileRule:
    """The functions of a rule file. ``load_rule`` makes it; close it when done.

    ``limit_s``: seconds on the clock that one call may take. ``processor_s``: seconds of processor time that one call
    and all calls together may take, which a busy machine does not shorten; None for no such limit.

    Raises ConfigError for a file that is not there, does not load, or fails on made-up attempts.
    """

    def __init__(self, file: Path, limit_s: float, processor_s: tuple[float, float] | None = None) -> None:
        self.name = file.name
        if not file.is_file():
            raise ConfigError(say.NO_RULE_FILE(file=file, folder=Path.cwd()))
        self._limit_s = limit_s
        self._start: dict[str, Any] = {
            "program": "homeschool.rewards.rule_child",
            "file": str(file.resolve()),
            "limit_s": limit_s,
            "processor_s": processor_s,
            "memory_bytes": MEMORY_BYTES,
            "path": [str(folder) for folder in sys.path],
        }
        try:
            self._process = ChildProcess(self._start)
        except UsageError as error:
            raise ConfigError(say.RULE_REFUSED(error=error)) from error
        self.settings: Mapping[str, Any] = self._process.introduction["settings"]
        """What its ``start`` takes, with the defaults."""

    def start(self, **settings: Any) -> dict[str, Any]:
        """The first history. Raises ConfigError if the file cannot give one, or cannot do with it what a rule does."""
        try:
            history: dict[str, Any] = self._ask({"do": "start", "settings": settings})
            pays = self.pay(TRIAL, history)
            if self.pay(TRIAL, history) != pays:
                raise ScorerError(say.NOT_THE_SAME_TWICE(name=self.name))
            self.pay(TRIAL, self.learn(TRIAL, history))
        except ScorerError as error:
            self.close()
            raise ConfigError(say.RULE_REFUSED(error=error)) from error
        return history

    def pay(self, attempts: Sequence[Mapping[str, Any]], history: Mapping[str, Any]) -> list[float]:
        """What each attempt is paid. Raises ScorerError with the line on which the rule failed."""
        pays: list[float] = self._ask({"do": "pay", "attempts": list(attempts), "history": history})
        return pays

    def learn(self, attempts: Sequence[Mapping[str, Any]], history: Mapping[str, Any]) -> dict[str, Any]:
        """The history after an exam. Raises ScorerError with the line on which the rule failed."""
        after: dict[str, Any] = self._ask({"do": "learn", "attempts": list(attempts), "history": history})
        return after

    def close(self) -> None:
        """End the process. Closing twice is fine."""
        self._process.end()

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            answer = self._process.ask(packed(request), self._limit_s)
        except CallFailedError as error:
            self.close()
            told = str(error).replace(say.THE_REWARD_FUNCTION(), say.THE_RULE())
            raise ScorerError(say.RULE_FAILED(name=self.name, error=told)) from error
        if "failed" in answer:
            raise ScorerError(str(answer["failed"]))
        return answer["value"]
