"""What stands on a command line, as settings: a recipe, and options in both spellings."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from homeschool.errors import UsageError
from homeschool.messages import refusals
from homeschool.messages.suggestion import suggestion

Config = TypeVar("Config")

RECIPES = (".toml", ".yaml", ".yml")


def parse(kind: type[Config], verb: str, arguments: Sequence[str], base: Config | None = None) -> Config:
    """A configuration from an optional recipe and overrides, later ones winning; without a recipe they change ``base``.

    ``--optim.lr 1e-4`` and ``optim.lr=1e-4`` mean the same. With --resume and no recipe, the run folder's own
    configuration is the recipe. Unknown recipe keys raise ConfigError; unknown options, and values that are not of
    their kind, UsageError; each with the way out. With --help it prints the settings and exits.
    """
    from homeschool.config import build_config, flatten, read_recipe
    from homeschool.option_help import help_of
    from homeschool.option_values import refuse_misfits

    recipe, arguments = (Path(arguments[0]), arguments[1:]) if is_recipe(arguments) else (None, arguments)
    settings = flatten(kind())
    options = [_as_option(argument, before, settings) for before, argument in pairwise(["", *arguments])]
    if recipe is None and "--resume" in options:
        recipe = _written_by_run(options)
    default = build_config(kind, read_recipe(recipe), str(recipe)) if recipe else base or kind()
    if {"-h", "--help"} & {*options}:
        print(help_of(verb, default))
        raise SystemExit(0)
    refuse_misfits(kind, verb, options)
    import tyro

    return tyro.cli(kind, args=options, default=default, prog=f"homeschool {verb}", use_underscores=True)


def is_recipe(arguments: Sequence[str]) -> bool:
    """The first of them names a recipe."""
    return bool(arguments) and arguments[0].endswith(RECIPES)


def _as_option(argument: str, before: str, settings: Mapping[str, Any]) -> str:
    """``a.b=c`` as ``--a.b=c``, and a switch set to a word as the switch: ``a.b=false`` as ``--a.no_b``.

    What stands after an option that waits for a value is that value, whatever it looks like: ``--task.path a=b``.
    UsageError for a setting that there is not.
    """
    setting, equals, value = argument.partition("=")
    name, waiting = (part.removeprefix("--").replace("-", "_") for part in (setting, before))
    is_value = before.startswith("--") and waiting in settings and not isinstance(settings[waiting], bool)
    if is_value or not re.fullmatch(r"\w+(\.\w+)*", name):
        return argument
    table, dot, switch = name.rpartition(".")
    if argument.startswith("--") and not {name, f"{table}{dot}{switch.removeprefix('no_')}"} & {*settings, "help"}:
        known = [f"--{setting}" for setting in settings]
        raise UsageError(refusals.NO_OPTION(option=f"--{name}", nearest=suggestion(f"--{name}", known)))
    if not equals:
        return argument
    if not argument.startswith("-") and name not in settings:
        raise UsageError(refusals.NO_SETTING(name=name, value=value, nearest=suggestion(name, settings)))
    if isinstance(settings.get(name), bool) and value.lower() in ("true", "false"):
        return f"--{name}" if value.lower() == "true" else f"--{table}{dot}no_{switch}"
    # A column that is a switch may also be left out, so it takes a word, which Python spells with a capital.
    is_word = name.startswith("rl.") and settings.get(name, "") is None and value in ("true", "false")
    return f"--{name}={value.capitalize() if is_word else value}"


def _written_by_run(arguments: Sequence[str]) -> Path | None:
    """The configuration that the run in --out keeps, if there is one."""
    out = value_of(arguments, "out")
    written = Path(out).expanduser() / "config.toml" if out else None
    return written if written and written.is_file() else None


def value_of(arguments: Sequence[str], setting: str) -> str | None:
    """What a setting is given on the command line, in any spelling; the last one wins. None where it is not there."""
    found = None
    for argument, after in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        if name.removeprefix("--").replace("-", "_") == setting and (equals or name.startswith("--")):
            found = value if equals else after
    return found


def pop_flag(arguments: list[str], flag: str) -> bool:
    """Whether ``flag`` is among the arguments, out of which it is taken."""
    found = flag in arguments
    while flag in arguments:
        arguments.remove(flag)
    return found


def pop_value(arguments: list[str], option: str) -> str | None:
    """The value of ``--option value`` or ``--option=value``, taken out of the arguments; the last one wins."""
    found = None
    for place in reversed(range(len(arguments))):
        name, equals, value = arguments[place].partition("=")
        if name != option:
            continue
        if not equals and place + 1 == len(arguments):
            raise UsageError(refusals.NO_VALUE(option=option))
        found = found or (value if equals else arguments[place + 1])
        del arguments[place : place + 1 + (not equals)]
    return found


def pop_folders(arguments: list[str]) -> list[Path]:
    """The run folders that stand before any option, taken out of the arguments."""
    folders = []
    while _is_plain(arguments) and not is_recipe(arguments):
        folders.append(Path(arguments.pop(0)).expanduser())
    return folders


def policy_first(arguments: list[str]) -> list[str]:
    """``homeschool chat FOLDER`` means ``--policy FOLDER``."""
    return ["--policy", *arguments] if _is_plain(arguments) and not is_recipe(arguments) else arguments


def _is_plain(arguments: Sequence[str]) -> bool:
    return bool(arguments) and not arguments[0].startswith("-") and "=" not in arguments[0]


def spelt_out(arguments: Sequence[str], short: str, setting: str) -> list[str]:
    """The same with ``setting`` wherever ``short`` stands for it: ``--guard audited`` as ``--guard.mode audited``."""
    return [re.sub(rf"^{short}(?==|$)", setting, argument) for argument in arguments]
