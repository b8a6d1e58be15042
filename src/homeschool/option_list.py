"""Every setting of a verb with what it means, in both languages: what --help prints and the manual's page is made of.

The English is the sentence beside the setting in its class, read from the source; the Chinese is in
``messages.settings``.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, get_origin, get_type_hints

from homeschool.messages.sentence import Sentence
from homeschool.messages.settings import CHINESE
from homeschool.option_values import choices_of


@dataclass(frozen=True)
class Setting:
    """One of them."""

    name: str
    """In full: ``optim.lr``."""
    default: Any
    about: Sentence
    choices: tuple[str, ...]
    """The words that may stand for it; none: any value of its type."""


@dataclass(frozen=True)
class Part:
    """A table of settings, such as ``optim``, or with the name "" those that are in none."""

    name: str
    owner: str
    """Name of the class that has them."""
    about: Sentence
    settings: tuple[Setting, ...]


def kinds_by_verb() -> dict[str, type]:
    """Every verb that has settings, and the class of them."""
    from homeschool import config
    from homeschool.chat import ChatConfig
    from homeschool.comparison.plan import CompareConfig
    from homeschool.quickstart import QuickstartConfig
    from homeschool.stages.lint import LintConfig
    from homeschool.story.plan import StoryConfig

    return {
        "rl": config.RlConfig,
        "sft": config.SftConfig,
        "pretrain": config.PretrainConfig,
        "reward-model": config.RewardModelConfig,
        "compare": CompareConfig,
        "eval": config.EvalConfig,
        "lint": LintConfig,
        "quickstart": QuickstartConfig,
        "story": StoryConfig,
        "chat": ChatConfig,
    }


def parts_of(config: Any) -> list[Part]:
    """The settings of ``config`` by tables, in the order of the class, those that are in none first.

    Their defaults are the values of ``config``. What the command line does not take, the annotated ones, is left out.
    """
    kind, hints = type(config), get_type_hints(type(config), include_extras=True)
    plain: list[Setting] = []
    parts: list[Part] = []
    for spec in fields(config):
        value, hint = getattr(config, spec.name), hints[spec.name]
        if is_dataclass(value):
            parts += _inside(spec.name, value, meaning(kind, spec.name))
        elif get_origin(hint) is not Annotated:
            choices = spec.metadata.get("choices") or choices_of(hint)
            plain.append(Setting(spec.name, value, _required(kind, spec.name), tuple(map(str, choices))))
    return [Part("", kind.__name__, _required(kind, ""), tuple(plain)), *parts]


def meaning(kind: type, name: str) -> Sentence | None:
    """What a setting of a class means, or with the name "" the class itself; None where nothing is said of it.

    One that is inherited means what it means in the class it comes from. KeyError where the Chinese is missing.
    """
    for owner in kind.__mro__:
        english = _said_in(owner).get(name) if is_dataclass(owner) else None
        if english:
            chinese = CHINESE[f"{owner.__name__}.{name}" if name else owner.__name__]
            return Sentence(*(text.replace("{", "{{").replace("}", "}}") for text in (english, chinese)))
    return None


def _inside(table: str, config: Any, about: Sentence | None) -> Iterator[Part]:
    for part in parts_of(config):
        inner = tuple(Setting(f"{table}.{s.name}", s.default, s.about, s.choices) for s in part.settings)
        name = f"{table}.{part.name}".rstrip(".")
        yield Part(name, part.owner, part.about if part.name or about is None else about, inner)


def _required(kind: type, name: str) -> Sentence:
    found = meaning(kind, name)
    assert found is not None, f"{kind.__name__}.{name} has no sentence"
    return found


@cache
def _said_in(kind: type) -> dict[str, str]:
    """The sentence of the class itself under "", and of every setting that has one, each as one line."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    said = {"": (ast.get_docstring(body) or "").partition("\n\n")[0]}
    for before, after in zip(body.body, body.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and is_text:
            said[before.target.id] = str(after.value.value)  # type: ignore[attr-defined]
    return {name: " ".join(text.replace("``", "`").split()) for name, text in said.items()}
