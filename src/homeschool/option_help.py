"""What ``homeschool VERB --help`` prints: how it is called, what is wanted first, and every setting in a column."""

from typing import Any

from homeschool.messages import options as say
from homeschool.messages.sentence import COMMA, left, wrapped
from homeschool.messages.usage import HOW, VERBS
from homeschool.option_list import Part, Setting, parts_of

COLUMNS = 80
INDENT = "  "


def help_of(verb: str, config: Any) -> str:
    """The page of a verb, whose settings have the values of ``config`` where nothing else is said."""
    parts = parts_of(config)
    names = [setting.name for part in parts for setting in part.settings]
    column = max(map(len, names)) + len(INDENT) + len("--") + 2
    how = HOW(usage=f"homeschool {verb} {say.CALLS.get(verb, say.CALL)()}")
    head = [*wrapped(how, COLUMNS), "", VERBS[verb.split()[0]](), ""]
    return "\n".join([*head, *_wanted_first({*names}), *(line for part in parts for line in _part(part, column))])


def _wanted_first(names: set[str]) -> list[str]:
    """Those that a beginner wants."""
    chosen = {f"--{name}": what() for name, what in say.OPTIONS.items() if name in names}
    column = max(map(len, chosen), default=0) + 2
    lines = [f"{INDENT}{left(option, column)}{what}" for option, what in chosen.items()]
    return [say.FIRST(), *lines, "", *wrapped(say.ALL(), COLUMNS)] if lines else wrapped(say.ALL(), COLUMNS)


def _part(part: Part, column: int) -> list[str]:
    title = wrapped(f"{part.name}: {part.about()}", COLUMNS) if part.name else []
    return ["", *title, *(line for setting in part.settings for line in _setting(setting, column))]


def _setting(setting: Setting, column: int) -> list[str]:
    first, *rest = wrapped(f"{about(setting)} {default(setting)}".rstrip(), COLUMNS - column)
    return [f"{left(f'{INDENT}--{setting.name}', column)}{first}", *(" " * column + line for line in rest)]


def about(setting: Setting) -> str:
    """What it means, and the words that it may be where the sentence does not name them."""
    text = setting.about()
    unsaid = any(word not in text for word in setting.choices)
    return f"{text}{say.ONE_OF(words=COMMA().join(setting.choices))}" if unsaid else text


def default(setting: Setting) -> str:
    """What it is where nothing is said, in brackets; for a switch the option that turns it off, for nothing nothing."""
    value = setting.default
    if value is True:
        table, dot, name = setting.name.rpartition(".")
        return f"[{say.ON(off=f'--{table}{dot}no_{name}')}]"
    is_nothing = value in (None, "", ()) or value is False
    return "" if is_nothing else f"[{' '.join(map(str, value)) if isinstance(value, tuple) else value}]"
