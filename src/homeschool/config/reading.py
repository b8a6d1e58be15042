"""Recipes in: files as nested tables, and these as dataclasses of settings."""

import re
import tomllib
import types as python_types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from homeschool.errors import ConfigError
from homeschool.messages import refusals
from homeschool.messages.refusals import settings as say
from homeschool.messages.suggestion import suggestion

Config = TypeVar("Config")


def read_recipe(path: Path) -> dict[str, Any]:
    """A recipe file as nested tables: TOML, or YAML where PyYAML is installed."""
    if not path.is_file():
        raise ConfigError(refusals.NO_RECIPE(path=path))
    try:
        raw = path.read_text(encoding="utf-8")
        return _read_yaml(raw, path) if path.suffix in (".yaml", ".yml") else tomllib.loads(raw)
    except UnicodeDecodeError as error:
        raise ConfigError(say.NOT_UTF8(path=path, error=error)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(say.NOT_TOML(path=path, error=error)) from error


def _read_yaml(raw: str, path: Path) -> dict[str, Any]:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError(say.NO_PYYAML(path=path)) from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """PyYAML takes 1e-4 for text, as YAML 1.1 wanted a point and a sign in it; everyone means the number."""

    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
    )
    try:
        content = yaml.load(raw, Loader)
    except yaml.YAMLError as error:
        raise ConfigError(say.NOT_YAML(path=path, error=error)) from error
    if not isinstance(content, dict):
        raise ConfigError(say.NO_TABLE_INSIDE(path=path, kind=_kind(type(content))))
    return content


def _kind(kind: type) -> str:
    """What values of this kind are called."""
    name = kind.__name__
    return say.KINDS[name]() if name in say.KINDS else name


def build_config(kind: type[Config], tables: Mapping[str, Any], source: str) -> Config:
    """A config dataclass from nested tables. Unknown keys and wrong types raise ConfigError with ``source`` and the
    key."""
    built: Config = _build(kind, tables, source, "")
    return built


def _build(kind: Any, tables: Mapping[str, Any], source: str, prefix: str, base: Any = None) -> Any:
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    values: dict[str, Any] = {} if base is None else {name: getattr(base, name) for name in known}
    for key, value in tables.items():
        if key not in known:
            raise ConfigError(refusals.NO_KEY(source=source, key=prefix + key, nearest=suggestion(key, known)))
        hint = hints[key]
        where = say.PLACE(source=source, key=prefix + key)
        if is_dataclass(hint):
            if not isinstance(value, Mapping):
                raise ConfigError(say.NO_TABLE(where=where, value=value))
            values[key] = _build(hint, value, source, f"{prefix}{key}.", _default(known[key]))
        else:
            values[key] = _convert(value, hint, where)
    return kind(**values)


def _default(spec: Any) -> Any:
    if spec.default is not MISSING:
        return spec.default
    return spec.default_factory() if spec.default_factory is not MISSING else None


def _convert(value: Any, hint: Any, where: str) -> Any:
    """A plain value as the annotated type, or a ConfigError naming both."""
    origin = get_origin(hint)
    if origin in (Union, python_types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return None if value is None else _convert(value, options[0], where)
    if origin is Literal:
        if value in get_args(hint):
            return value
        nearest = suggestion(str(value), map(str, get_args(hint)))
        raise ConfigError(say.NOT_A_CHOICE(where=where, value=value, nearest=nearest))
    if origin is dict:
        if isinstance(value, Mapping):
            return dict(value)
        raise ConfigError(say.NOT_A_TABLE(where=where, value=value))
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigError(say.NOT_A_LIST(where=where, value=value))
        kinds = get_args(hint)
        if kinds[-1] is ...:
            kinds = kinds[:1] * len(value)
        if len(value) != len(kinds):
            raise ConfigError(say.OTHER_LENGTH(where=where, value=value, count=len(kinds)))
        return tuple(_convert(item, kind, where) for item, kind in zip(value, kinds, strict=True))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ConfigError(say.OTHER_KIND(where=where, value=value, kind=_kind(hint)))
