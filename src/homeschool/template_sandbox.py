"""Where chat templates run. They are Jinja programs that come with a model folder, and so they are untrusted.

A template can do what writing a dialogue needs and nothing else: no private attributes, no files, no clock, no chance,
and a bounded amount of work. That stops programs that reach for the machine, endless loops and the plain memory bombs.
It does not stop an author who nests lists into lists to make one single step large; a memory limit on the process does.
"""

import json
import re
from collections.abc import Callable, Iterable, Sized
from datetime import date
from functools import wraps
from time import thread_time
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.environment import Template
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

MAX_STEPS = 100_000
"""Loop turns and calls in one rendering. A long dialogue takes a few thousand."""
MAX_SECONDS = 5.0
"""Processor time of one rendering; a rendering takes well under a millisecond."""
MAX_CHARACTERS = 50_000_000
"""Longest text or list that one step may make."""

_TODAY = date(2024, 7, 26)
"""What ``strftime_now`` calls today. The real date would change prompts from day to day, and a resumed run would not
equal one never stopped. The Llama 3 templates fall back to this very day when there is no clock."""

_GROWING_METHODS = frozenset({"replace", "join", "center", "ljust", "rjust", "zfill", "expandtabs"})
_GROWING_FILTERS = frozenset({"replace", "join", "center", "indent", "batch", "slice", "wordwrap", "tojson"})
"""Those whose result can be far larger than what they are given."""

_WIDE_FIELD = re.compile(r"%(\([^)]*\))?[-+ #0.\d]*(\d{4}|\*)|\{[^}]*(\d{4}|\{)")
"""In a format string: a width of four digits or more, or one taken from the arguments."""


class _GenerationTag(Extension):
    """``{% generation %}`` marks the assistant's text for other libraries. We find it ourselves and keep the body."""

    tags: set[str] = {"generation"}  # noqa: RUF012 (declared so in the base class)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


def _join_bounded(pieces: Iterable[str]) -> str:
    kept, length = [], 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_CHARACTERS:
            raise SecurityError(f"more than {MAX_CHARACTERS} characters of text")
        kept.append(piece)
    return "".join(kept)


class Sandbox(ImmutableSandboxedEnvironment):
    """A Jinja environment with what ``transformers`` gives to templates: trimmed blocks, loop controls, ``tojson``,
    ``raise_exception``, ``strftime_now``, the ``generation`` tag. Trespass raises SecurityError."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    concat = staticmethod(_join_bounded)  # puts the parts of a block, of a macro and of the whole together

    def __init__(self) -> None:
        # trim_blocks and lstrip_blocks are what template authors write for. The optimizer would run parts of a
        # template while compiling it, outside the limits.
        extensions = [_GenerationTag, loopcontrols]
        super().__init__(trim_blocks=True, lstrip_blocks=True, optimized=False, extensions=extensions)
        self.filters["tojson"] = _to_json
        self.filters = {name: self._bounded(name, f) for name, f in self.filters.items() if name != "random"}
        del self.globals["lipsum"]  # like the filter "random": a prompt is a function of its messages
        self.globals["namespace"] = _namespace
        self.globals["raise_exception"] = _raise_exception
        self.globals["strftime_now"] = _strftime_now
        self.start()

    def compile_bounded(self, source: str) -> Template:
        """Compile with a step counted in every loop turn; repetition without loops takes calls, which count too."""
        tree = self.parse(source)
        for loop in tree.find_all(nodes.For):
            # In the condition, so that turns which the loop's own filter drops are counted too.
            loop.test = _step(loop) if loop.test is None else nodes.And(_step(loop), loop.test, lineno=loop.lineno)
        for reference in tree.find_all(nodes.NSRef):
            _refuse_private(reference.attr)
        _replace_concatenation(tree)
        return Template.from_code(self, self.compile(tree), self.make_globals(None))

    def start(self) -> None:
        self._steps = 0
        self._deadline = thread_time() + MAX_SECONDS

    def step(self) -> bool:
        self._steps += 1
        if self._steps > MAX_STEPS or thread_time() > self._deadline:
            raise SecurityError(f"more work than {MAX_STEPS} steps or {MAX_SECONDS} s")
        return True

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Every call counts as a step, and none may grow a string without bound."""
        if function == self.step:  # a loop turn, see compile_bounded
            return self.step()
        self.step()
        owner = getattr(function, "__self__", None)
        if isinstance(owner, str) and getattr(function, "__name__", "") in _GROWING_METHODS:
            _refuse_growth((owner, *args, *kwargs.values()))
        return super().call(context, function, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Operators that make large values out of small ones are bounded."""
        if operator == "%" and isinstance(left, str):
            _refuse_wide_fields(left)
        elif operator in ("*", "**"):
            _refuse_growth((left, right))
        return _refuse_size(super().call_binop(context, operator, left, right))

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Refuse at once."""
        # Jinja's own answer is a value that fails when used, but prints as nothing.
        raise SecurityError(f"access to {attribute!r} of {type(obj).__name__!r} is unsafe")

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """str.format without fields of enormous width."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _refuse_wide_fields(value.__self__)
        return wrapped

    def _bounded(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)  # keeps the marks by which Jinja decides what to pass first
        def bounded(*args: Any, **kwargs: Any) -> Any:
            self.step()
            if name in _GROWING_FILTERS:
                _refuse_growth((*args, *kwargs.values()))
            elif name == "format":
                _refuse_wide_fields(args[0])
            return _refuse_size(function(*args, **kwargs))

        return bounded


def _step(node: nodes.Node) -> nodes.Call:
    # An attribute of the environment, not a name: a template can give a name another meaning.
    function = nodes.EnvironmentAttribute("step", lineno=node.lineno)
    return nodes.Call(function, [], [], None, None, lineno=node.lineno)


def _replace_concatenation(node: nodes.Node) -> None:
    """``a ~ b`` becomes ``[a, b] | join``, which is bounded; the operator itself cannot be intercepted."""
    for child in node.iter_child_nodes():
        _replace_concatenation(child)
    for field, value in node.iter_fields():
        if isinstance(value, list):
            value[:] = [_as_join(item) for item in value]
        else:
            setattr(node, field, _as_join(value))


def _as_join(value: Any) -> Any:
    if not isinstance(value, nodes.Concat):
        return value
    items = nodes.List(value.nodes, lineno=value.lineno)
    return nodes.Filter(items, "join", [], [], None, None, lineno=value.lineno)


def _refuse_size(result: Any) -> Any:
    if isinstance(result, str | list | tuple) and len(result) > MAX_CHARACTERS:
        raise SecurityError(f"a value of {len(result)} items, over {MAX_CHARACTERS}")
    return result


def _refuse_growth(values: Iterable[Any]) -> None:
    """Refuse before it happens an operation whose result can be as large as the product of these."""
    product = 1
    for value in values:
        if isinstance(value, int | float):
            product *= max(1, int(abs(value)))
        elif isinstance(value, Sized):
            product *= max(1, len(value))
    if product > MAX_CHARACTERS:
        raise SecurityError(f"an operation that can make more than {MAX_CHARACTERS} items")


def _refuse_wide_fields(text: object) -> None:
    if _WIDE_FIELD.search(str(text)):
        raise SecurityError("a format string with a very wide field")


def _refuse_private(name: object) -> None:
    if str(name).startswith("_"):
        raise SecurityError(f"a namespace cannot hold {name!r}")


def _namespace(*args: Any, **kwargs: Any) -> Namespace:
    values = dict(*args, **kwargs)
    for name in values:
        _refuse_private(name)
    return Namespace(values)


def _raise_exception(message: object) -> None:
    raise TemplateError(str(message))


def _strftime_now(form: str) -> str:
    _refuse_wide_fields(form)
    return _TODAY.strftime(form)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own filter escapes HTML, which would write &lt; into prompts.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
