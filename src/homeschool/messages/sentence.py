"""A sentence in both languages, and which of them is spoken.

The language belongs to the process, like its locale: chosen once with :func:`speak`, else read from the environment.
Nothing in a run folder depends on it.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

from homeschool.errors import UsageError, nearest

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WIDE = "\u2e80-\u9fff\uf900-\ufaff"
OPENING, CLOSING = r"（“《「\[", r"，。；：、？！）”》」…\]"

_spoken: Language | None = None


@dataclass(frozen=True)
class Sentence:
    """``Sentence("{n} steps", "{n} 步")(n=3)`` is "3 steps" or "3 步". Both texts name the same values."""

    en: str
    zh: str

    def __call__(self, **values: object) -> str:
        """The text in the language that is spoken, with its values filled in."""
        text: str = getattr(self, spoken())
        return text.format(**values)


COMMA = Sentence(", ", "、")
"""Between the parts of a list."""


def speak(language: str | None) -> None:
    """From now on ``en`` or ``zh``; None goes back to what the environment asks for. UsageError for any other."""
    global _spoken
    if language is not None and language not in LANGUAGES:
        raise UsageError(f'no language "{language}"{nearest(language, LANGUAGES)}')
    _spoken = "zh" if language == "zh" else "en" if language == "en" else None


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Speak ``language`` for a while, then what was spoken before."""
    before = _spoken
    speak(language)
    try:
        yield
    finally:
        speak(before)


def spoken() -> Language:
    """The language in use."""
    return _spoken or language_of(os.environ)


def language_of(environment: Mapping[str, str]) -> Language:
    """Chinese where the locale does, by the order of POSIX: LC_ALL, else LC_MESSAGES, else LANG; otherwise English."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def left(text: str, columns: int) -> str:
    """``text`` with spaces behind it up to this width."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """``text`` with spaces before it up to this width."""
    return " " * (columns - width(text)) + text


def wrapped(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most so many columns; a Chinese line may end anywhere but before a comma or the like.

    A word that is longer than a line stands on one of its own.
    """
    lines = [""]
    word = rf"[{OPENING}]*(?:[{WIDE}]|[^\s{WIDE}{OPENING}]+)[{CLOSING}]*"
    for piece in re.findall(rf"\s+|{word}|[{OPENING}]+", text):
        if lines[-1] and width(lines[-1] + piece.rstrip()) > columns:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece.lstrip() if not lines[-1] else piece
    return lines
