"""Whether what stands behind an option is of the kind that its setting takes; where not, one line says so.

The parser of the command line would refuse the same values, in a box that names types of Python.
"""

from collections.abc import Sequence
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from homeschool.config import flatten
from homeschool.errors import UsageError, closest
from homeschool.messages import refusals as say
from homeschool.messages.suggestion import suggestion

EXAMPLES = {int: "8", float: "0.5", bool: "True", str: "text"}


def kinds_of(config: Any, prefix: str = "") -> dict[str, Any]:
    """The type of every setting by its full name, ``{"optim.lr": float, ...}``, but for what no command line takes."""
    found: dict[str, Any] = {}
    for name, hint in get_type_hints(config, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            found |= kinds_of(hint, f"{prefix}{name}.") if is_dataclass(hint) else {prefix + name: hint}
    return found


def refuse_misfits(config: type[Any], verb: str, arguments: Sequence[str]) -> None:
    """Raise UsageError for the first argument that no option takes, or whose value is missing or of another kind.

    ``arguments`` are options in their long spelling, without a recipe.
    """
    kinds, waiting, before = kinds_of(config), [*arguments], ""
    while waiting:
        argument = waiting.pop(0)
        option, equals, value = argument.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        table, dot, last = name.rpartition(".")
        kind = kinds.get(name)
        if not option.startswith("--"):
            raise _no_value_of(before, argument) if kinds.get(before) is bool else UsageError(say.STRAY(value=argument))
        if kind is None and (equals or kinds.get(f"{table}{dot}{last.removeprefix('no_')}") is not bool):
            known = [f"--{setting}" for setting in kinds]
            raise UsageError(say.NO_OPTION(option=option, nearest=suggestion(option, known)))
        if kind is bool and equals:
            raise _no_value_of(name, value)
        if kind not in (None, bool):
            given = [value] if equals else _taken(waiting, kind)
            if not _all_fit(given, kind):
                raise _misfit(name, given, kind, _example(name, kind, flatten(config())), verb)
        before = name


def _no_value_of(switch: str, value: str) -> UsageError:
    words = say.SWITCHES.get(switch, say.SWITCH)
    return UsageError(words(name=switch, value=value))


def _taken(waiting: list[str], kind: Any) -> list[str]:
    """The values of an option, taken from what stands behind it: one, or all that are there for a list."""
    given: list[str] = []
    while waiting and not waiting[0].startswith("--") and (not given or get_origin(kind) is tuple):
        given.append(waiting.pop(0))
    return given


def _all_fit(given: list[str], kind: Any) -> bool:
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        return (inner[-1] is ... or len(given) == len(inner)) and all(_fits(text, inner[0]) for text in given)
    return len(given) > 0 and all(_fits(text, kind) for text in given)


def _misfit(name: str, given: list[str], kind: Any, example: str, verb: str) -> UsageError:
    meant = closest(given[0], map(str, choices_of(kind))) if given else None
    words = {"option": f"--{name}", "expected": _expected(kind), "example": f"--{name} {meant or example}"}
    if not given:
        return UsageError(say.MISSING_VALUE(verb=verb, **words))
    return UsageError(say.WRONG_VALUE(verb=verb, value=" ".join(given), **words))


def _options(kind: Any) -> tuple[Any, ...]:
    """The types of which a value may be; None, which stands for a setting that is left out, is one of them."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def choices_of(kind: Any) -> list[Any]:
    """The words that a value may be, where it is one of some words."""
    return [word for one in _options(kind) if get_origin(one) is Literal for word in get_args(one)]


def _fits(text: str, kind: Any) -> bool:
    return any(_fits_one(text, one) for one in _options(kind))


def _fits_one(text: str, kind: Any) -> bool:
    if kind is NoneType:
        return text == "None"
    if kind is bool:
        return text in ("True", "False")
    if get_origin(kind) is Literal:
        return text in map(str, get_args(kind))
    if kind in (int, float):
        try:
            kind(text)
        except ValueError:
            return False
    return True


def _expected(kind: Any) -> str:
    """What is expected, in words."""
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        return say.SEVERAL(what=_expected(inner[0])) if inner[-1] is ... else say.SO_MANY(count=len(inner))
    if words := choices_of(kind):
        return say.ONE_OF(names=", ".join(map(str, words)))
    plain = next((one for one in _options(kind) if one is not NoneType), str)
    return {int: say.WHOLE_NUMBER, float: say.NUMBER, bool: say.TRUE_OR_FALSE}.get(plain, say.TEXT)()


def _example(name: str, kind: Any, defaults: dict[str, Any]) -> str:
    """A value that would do: the setting's own where it has one."""
    default = defaults.get(name)
    if default not in (None, "", ()):
        return " ".join(map(str, default)) if isinstance(default, tuple) else str(default)
    if get_origin(kind) is tuple:
        return " ".join([EXAMPLES.get(get_args(kind)[0], "text")] * 2)
    if words := choices_of(kind):
        return str(words[0])
    return EXAMPLES.get(next((one for one in _options(kind) if one is not NoneType), str), "text")
