"""Settings of a rule that cannot be meant, each refused with what was received and what could have been."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise
from math import isfinite
from typing import Any

from homeschool.errors import ConfigError
from homeschool.messages.refusals import rewards as say

BEST = 100.0
"""Marks of a rule go from 0 to this, whatever the scorer's full marks are."""
ON_MARKS = ("fixed_tiers", "hand_kept_tiers")
"""Rules whose tiers are marks, and not deviations from a line."""
LIMITS: dict[str, tuple[float, float]] = {
    "pace": (1e-9, 4),
    "floor": (1e-9, BEST),
    "softness": (1e-9, BEST),
    "prior": (0, 1e9),
    "limit": (0, 1e9),
    "kept": (0, 1),
    "patience": (1, 1e9),
    "weary": (0.5, 1),
}
"""Least and largest value of a setting that is a single number."""


def refuse_settings(rule: str, defaults: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Raise ConfigError for a setting that the rule does not read, and for one that cannot be meant.

    ``defaults``: all that the rule reads; None for what has no default.
    """
    for key in settings:
        if key not in defaults:
            read = ", ".join(defaults)
            told = say.NOT_READ(key=key, rule=rule, read=read) if read else say.NOTHING_READ(key=key, rule=rule)
            raise ConfigError(told)
    whole = {key: value for key, value in {**defaults, **settings}.items() if value is not None}
    for reason in chain(_wrong_kinds(whole), _reasons(rule, whole)):
        raise ConfigError(f"reward.{reason}")


def _wrong_kinds(settings: Mapping[str, Any]) -> Iterator[str]:
    """A rule file writes its own defaults, so a list may be a text, and a number too."""
    for key in ("tiers", "pays", "rates"):
        value = settings.get(key, ())
        if not isinstance(value, list | tuple) or not all(map(_is_number, value)):
            yield say.NOT_NUMBERS(key=key, value=value)
    for key in LIMITS:
        if key in settings and not _is_number(settings[key]):
            yield say.NOT_A_NUMBER(key=key, value=settings[key])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reasons(rule: str, settings: Mapping[str, Any]) -> Iterator[str]:
    for key in ("tiers", "pays"):
        if key in settings:
            yield from _rising(key, settings[key])
    if rule in ON_MARKS and not all(0 < edge <= BEST for edge in settings["tiers"]):
        yield say.NOT_MARKS(tiers=list(settings["tiers"]), most=BEST)
    if "rates" in settings:
        yield from _falling(settings["rates"])
    for key in ("tiers", "rates"):
        if key in settings and "pays" in settings and len(settings["pays"]) != len(settings[key]) + 1:
            yield say.OTHER_PAYS(pays=len(settings["pays"]), key=key, count=len(settings[key]))
    for key, (least, most) in LIMITS.items():
        if key in settings and not least <= settings[key] <= most:
            value = settings[key]
            above = least == 1e-9
            yield (
                say.NOT_ABOVE(key=key, value=value, most=most)
                if above
                else say.NOT_WITHIN(key=key, value=value, least=least, most=most)
            )


def _rising(key: str, values: Sequence[float]) -> Iterator[str]:
    if not values or not all(map(isfinite, values)):
        yield say.NOT_FINITE(key=key, values=list(values))
    for low, high in pairwise(values):
        if low == high:
            yield say.OVERLAP(key=key, low=low, values=list(values))
        if low > high:
            yield say.NOT_SORTED(key=key, low=low, high=high, values=list(values))


def _falling(rates: Sequence[float]) -> Iterator[str]:
    if not rates or not all(0 < rate < 1 for rate in rates):
        yield say.NOT_SHARES(rates=list(rates))
    if any(low <= high for low, high in pairwise(rates)):
        yield say.NOT_FALLING(rates=list(rates))
