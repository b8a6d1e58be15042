"""How a reward function is called, chosen from the names of its parameters, and how what it returns is read.

Our own convention is one call for the whole batch. Functions written for other programs ask for one completion at a
time under other names; those that are common enough are recognised. What fits none of them, or more than one, is
refused: a wrong guess would still return numbers.

Standard library only, since the process that runs a user's reward file loads it.
"""

import inspect
import math
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from numbers import Real
from types import SimpleNamespace
from typing import Any, NamedTuple

from homeschool.errors import UsageError
from homeschool.messages import refusals
from homeschool.messages.refusals import rewards as say
from homeschool.messages.scorers import CONVENTIONS

_MESSAGE_LENGTH = 500


class Mark(NamedTuple):
    """One completion's score, or why it has none."""

    score: float | None
    finding: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reward function may ask for; one entry per completion in each list."""

    prompts: list[Any]
    """Strings or lists of messages."""
    completions: list[str]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    """None where an item lacks the column."""
    completion_ids: list[list[int]] = field(default_factory=list)
    """Tokens of each completion; filled only if the function names it."""

    def item(self, index: int) -> "Batch":
        """The batch that holds this completion alone."""
        columns = {name: values[index : index + 1] for name, values in self.columns.items()}
        one = slice(index, index + 1)
        return Batch(self.prompts[one], self.completions[one], columns, self.completion_ids[one])


@dataclass(frozen=True, slots=True)
class Adapter:
    """A reward function together with the way to call it. ``choose_convention`` makes it."""

    function: Callable[..., Any]
    convention: str
    named: frozenset[str]
    """Parameters that the function names; it is given no other, unless ``takes_all``."""
    positional: tuple[str, ...]
    """Those that cannot be passed by name."""
    required: frozenset[str]
    takes_all: bool
    """The function has ``**columns``."""

    def columns_asked_for(self, known: Iterable[str]) -> list[str]:
        """Those of the known columns that the function can see in any way."""
        whole_item = self.named & {"extra_info", "ground_truth", "data_source", "entry", "state", "info"}
        if self.takes_all or (self.convention != "batch" and whole_item):
            return list(known)
        return [name for name in known if name in self.named]

    def mark(self, batch: Batch) -> list[Mark]:
        """A mark for each completion. What the function raises on a whole batch passes through."""
        count = len(batch.completions)  # before the call, which may change the lists it is given
        if self.convention == "batch":
            return read_marks(self._call(_batch_arguments(batch), batch.columns), count)
        return [self._mark_one(batch.item(index)) for index in range(count)]

    def _mark_one(self, item: Batch) -> Mark:
        columns = {name: values[0] for name, values in item.columns.items()}
        try:
            result = self._call(
                _ITEM_ARGUMENTS[self.convention](item.prompts[0], item.completions[0], columns), columns
            )
        except (Exception, SystemExit) as error:
            return failure(error, self.function)
        if self.convention == "verl" and isinstance(result, Mapping):
            result = result.get("score", result)
        return read_mark(result)

    def _call(self, offered: Mapping[str, Any], columns: Mapping[str, Any]) -> Any:
        available = {**columns, **offered}
        missing = sorted(self.required - available.keys())
        if missing:
            raise MissingColumnError(
                say.NO_SUCH_COLUMN(name=missing[0], columns=", ".join(sorted(columns)) or refusals.NO_COLUMNS())
            )
        taken = {name: available[name] for name in self.named if name in available}
        if self.takes_all:
            taken = {**columns, **{name: offered[name] for name in _ALWAYS_OFFERED & offered.keys()}, **taken}
        result = self.function(*(taken.pop(name) for name in self.positional if name in taken), **taken)
        return _finished(result) if inspect.isawaitable(result) else result


class MissingColumnError(LookupError):
    """The function asks for a column that the items lack."""


def choose_convention(function: Callable[..., Any]) -> Adapter:
    """The way to call a reward function; UsageError if its parameters fit none of ``CONVENTIONS``, or several."""
    name = getattr(function, "__name__", type(function).__name__)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise UsageError(say.PARAMETERS_UNREADABLE(name=name, error=error)) from error
    kinds = inspect.Parameter
    named = frozenset(p.name for p in parameters if p.kind not in (kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD))
    fitting = [convention for convention, needed in _NEEDED.items() if needed <= named]
    if len(fitting) != 1:
        raise UsageError(_unclear(name, [str(p) for p in parameters], fitting))
    return Adapter(
        function,
        fitting[0],
        named,
        tuple(p.name for p in parameters if p.kind is kinds.POSITIONAL_ONLY),
        frozenset(p.name for p in parameters if p.name in named and p.default is kinds.empty),
        any(p.kind is kinds.VAR_KEYWORD for p in parameters),
    )


def read_marks(result: Any, count: int) -> list[Mark]:
    """The marks in what a batch function returned; wrong for all if it is not one value per completion."""
    if isinstance(result, str | bytes | Mapping) or not hasattr(result, "__iter__") or _is_single_number(result):
        message = say.NOT_A_LIST(shown=_shown(result), count=count)
        return [Mark(None, "scorer_length", message)] * count
    values = list(islice(result, count + 1)) if not hasattr(result, "__len__") else list(result)
    if len(values) != count:
        message = say.OTHER_LENGTH(found=len(values), count=count)
        return [Mark(None, "scorer_length", message)] * count
    return [read_mark(value) for value in values]


def read_mark(value: Any) -> Mark:
    """One returned value: any real number, true or false as 1 or 0, a one-number array, or None for "skip this one"."""
    if value is None:
        return Mark(None, "skipped")
    if _is_single_number(value):
        value = value.item()
    if not isinstance(value, Real | Decimal):
        return Mark(None, "scorer_not_number", say.NOT_A_SCORE(shown=_shown(value)))
    try:
        score = float(value)
    except (OverflowError, ValueError):
        score = math.inf
    if not math.isfinite(score):
        return Mark(None, "scorer_not_finite", say.NOT_A_SCORE(shown=_shown(value)))
    return Mark(score)


def failure(error: BaseException, function: Callable[..., Any] | None = None) -> Mark:
    """The mark for a completion on which the function raised: no score, and the place in the user's file."""
    return Mark(None, "scorer_error", where_it_failed(error, _file_of(function)))


def where_it_failed(error: BaseException, file: str | None) -> str:
    """``reward.py, line 12, in reward: KeyError: 'answer'``: the last line of the traceback that lies in ``file``."""
    what = "".join(traceback.format_exception_only(error)).strip().rpartition("\n")[2]
    if isinstance(error, MissingColumnError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{_name_of(error.filename or '?')}, line {error.lineno}: {what}"[:_MESSAGE_LENGTH]
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename == file] or frames[-1:]
    if not inside:
        return what[:_MESSAGE_LENGTH]
    frame = inside[-1]
    place = f"{_name_of(frame.filename)}, line {frame.lineno}" + (
        "" if frame.name == "<module>" else f", in {frame.name}"
    )
    return f"{place}: {what}"[:_MESSAGE_LENGTH]


def _finished(awaitable: Awaitable[Any]) -> Any:
    import asyncio  # slow to load, and few reward functions are async

    async def result() -> Any:
        return await awaitable

    return asyncio.run(result())


def _no_operation(*_: Any, **__: Any) -> None:
    """Stands in for a tracker's callbacks: a reward function that reports through them still runs."""


def _batch_arguments(batch: Batch) -> dict[str, Any]:
    """Besides prompts and completions, harmless values for what batch functions written for TRL may name."""
    state = SimpleNamespace(global_step=0, max_steps=0, epoch=0.0, log_history=[])
    return {
        "prompts": batch.prompts,
        "completions": batch.completions,
        "completion_ids": batch.completion_ids,
        "trainer_state": state,
        "log_extra": _no_operation,
        "log_metric": _no_operation,
    }


def _verl_arguments(prompt: Any, completion: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    offered = {
        "data_source": columns.get("data_source", ""),
        "solution_str": completion,
        "extra_info": columns.get("extra_info") or {**columns, "prompt": prompt},
    }
    reward_model = columns.get("reward_model")
    if isinstance(reward_model, Mapping) and "ground_truth" in reward_model:
        offered["ground_truth"] = reward_model["ground_truth"]
    elif "ground_truth" not in columns and "answer" in columns:
        offered["ground_truth"] = columns["answer"]
    return offered


def _reasoning_gym_arguments(prompt: Any, completion: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    entry = columns.get("entry") or {"question": _question(prompt), "metadata": {}, **columns}
    return {"answer": completion, "entry": entry}


def _verifiers_arguments(prompt: Any, completion: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    own = {"prompt": prompt, "completion": completion, "info": columns.get("info") or dict(columns)}
    return {**own, "state": {**columns, **own}}


_ITEM_ARGUMENTS = {
    "verl": _verl_arguments,
    "reasoning_gym": _reasoning_gym_arguments,
    "verifiers": _verifiers_arguments,
}
# The parameters by which a convention is recognised.
_NEEDED = {
    "batch": {"completions"},
    "verl": {"solution_str", "ground_truth"},
    "reasoning_gym": {"answer", "entry"},
    "verifiers": {"completion"},
}
# What a function with **columns is given even if it does not name it.
_ALWAYS_OFFERED = frozenset({"prompts", "completions", "prompt", "completion"})


def _unclear(name: str, parameters: list[str], fitting: list[str]) -> str:
    known = "".join(f"\n  {key}: {how()}" for key, how in CONVENTIONS.items())
    shown = f"{name}({', '.join(parameters)})"
    if fitting:
        return say.FITS_SEVERAL(shown=shown, fitting=", ".join(fitting), known=known)
    return say.FITS_NONE(shown=shown, known=known)


def _is_single_number(value: Any) -> bool:
    """A scalar or 0-dimensional array of numpy, torch or the like, told by its shape so that none need be loaded."""
    return getattr(value, "shape", None) == () and callable(getattr(value, "item", None))


def _question(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else str(prompt[-1]["content"])


def _file_of(function: Callable[..., Any] | None) -> str | None:
    code = getattr(inspect.unwrap(function), "__code__", None) if function is not None else None
    return getattr(code, "co_filename", None)


def _name_of(file: str) -> str:
    return file.rpartition("/")[2]


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
