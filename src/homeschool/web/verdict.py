"""The first page: how a run stands, in plain sentences, the most important first; and its findings."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeschool.messages import pages as say
from homeschool.messages.findings import FINDINGS
from homeschool.messages.weaker import MAY_BE_CHEATING_ENDED
from homeschool.web.safe import Text, both, interval, mapping, number, text, whole
from homeschool.web.table import Table

LEVEL_STEPS = 10
"""Steps at either end whose mean is told, or a fifth of the run where it is shorter."""
SEVERITIES = ("note", "warning", "problem")

Mark = Mapping[str, float]


def exam_words(summary: Mapping[str, Any], full: float | None, true_full: float | None) -> list[Text]:
    """What the hidden exam shows, shares as marks of 100; nothing where there was none.

    ``full``, ``true_full``: full marks of what was paid and of what was wanted, None where nobody knows.
    """
    paid, true = (_three(summary, prefix) for prefix in ("", "true_"))
    told: list[Text] = []
    if paid:
        form = say.NO_CHANGE
        if paid[2]["low"] > 0:
            form = say.GOT_BETTER
        elif paid[2]["high"] < 0:
            form = say.GOT_WORSE
        told.append(both(form, **_points(_scale(full, *paid), *paid)))
        if form is say.GOT_WORSE and not true and mapping(summary.get("guard")).get("mode") == "weak":
            told.append(both(MAY_BE_CHEATING_ENDED))
    if true:
        told.append(both(say.TRULY, **_points(_scale(true_full, *true), *true)))
    if paid and true and paid[2]["low"] > 0 >= true[2]["low"]:
        told.insert(0, both(say.ONLY_PAID_ROSE))
    smallest, items = number(summary.get("smallest_effect_this_exam_shows")), whole(summary.get("items"))
    if paid and smallest is not None and items:
        told.append(both(say.SMALLEST, items=items, smallest=f"{smallest * _scale(full, *paid):.1f}"))
    accuracy = interval(mapping(summary.get("heldout")).get("accuracy"))
    if accuracy:
        told.append(both(say.HELDOUT, **{_HELDOUT[name]: f"{100 * value:.1f} %" for name, value in accuracy.items()}))
    return told


_HELDOUT = {"estimate": "accuracy", "low": "low", "high": "high"}


def _three(summary: Mapping[str, Any], prefix: str) -> tuple[Mark, Mark, Mark] | None:
    found = [interval(summary.get(prefix + name)) for name in ("before", "after", "difference")]
    first, second, third = found
    return (first, second, third) if first and second and third else None


def _scale(full: float | None, *marks: Mark) -> float:
    """100 where marks are shares, else 1; where nobody knows ``full``, marks within -1 and 1 are taken for shares."""
    if full is not None:
        return 100.0 if full == 1 else 1.0
    return 100.0 if all(abs(value) <= 1 for mark in marks for value in mark.values()) else 1.0


def _points(scale: float, before: Mark, after: Mark, difference: Mark) -> dict[str, str]:
    shown = {name: f"{scale * difference[name]:+.1f}" for name in ("low", "high")}
    return shown | {
        "before": f"{scale * before['estimate']:.1f}",
        "after": f"{scale * after['estimate']:.1f}",
        "difference": f"{scale * difference['estimate']:+.1f}",
    }


def progress_words(table: Table, is_rl: bool) -> list[Text]:
    """How the reward, or the loss of a text, has moved; and the latest check exam."""
    count = min(LEVEL_STEPS, len(table.steps) // 5)
    told = []
    name, form = ("reward/mean", say.REWARD_MOVED) if is_rl else ("policy/loss", say.LOSS_MOVED)
    first, last = table.mean(name, 0, count), table.mean(name, len(table.steps) - count, count)
    if count and first is not None and last is not None:
        told.append(both(form, first=first, last=last, count=count))
    mark = table.last("eval/check")
    if mark is not None:
        told.append(both(say.CHECK_EXAM, mark=mark))
    return told


def cost_words(summary: Mapping[str, Any]) -> list[Text]:
    """Seconds and memory of a finished run."""
    seconds, mib = number(summary.get("seconds")), number(summary.get("peak_mib"))
    return [] if seconds is None or mib is None else [both(say.TOOK, seconds=seconds, mib=mib)]


def finding_words(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Findings as the page shows them, the most severe first; what this version does not know is told with its
    numbers."""
    told = [_finding(mapping(row)) for row in rows[:100]]
    known = [finding for finding in told if finding]
    return sorted(known, key=lambda finding: -SEVERITIES.index(finding["severity"]))


def _finding(row: Mapping[str, Any]) -> dict[str, Any] | None:
    name, evidence = text(row.get("name"), 100), mapping(row.get("evidence"))
    if not name:
        return None
    severity = row.get("severity")
    values = {str(key): value for key, value in evidence.items()} | {"limit": row.get("threshold")}
    shown = ", ".join(f"{text(k, 60)} {n:g}" for k, v in evidence.items() if (n := number(v, 4)) is not None)
    try:
        words = FINDINGS[name]
        title, seen, step = both(words.meaning, **values), both(words.seen, **values), both(words.next_step, **values)
    except (KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError):
        title, seen = both(say.UNKNOWN_FINDING, name=name), both(say.NUMBERS, numbers=shown or "-")
        step = both(say.LOOK_INSIDE)
    return {
        "name": name,
        "severity": severity if severity in SEVERITIES else "note",
        "step": whole(row.get("first_step", row.get("step"))),
        "title": title,
        "evidence": seen,
        "next": step,
    }


def findings_so_far(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is there now of a run that has no summary yet: what began or got worse and did not end."""
    open_now: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event.get("event") == "finding" and isinstance(event.get("name"), str):
            if event.get("change") == "ended":
                open_now.pop(event["name"], None)
            else:
                open_now[event["name"]] = event
    return list(open_now.values())


def count_words(findings: Sequence[Mapping[str, Any]]) -> list[Text]:
    """How many, where there are any besides notes."""
    counts = {level: sum(finding["severity"] == level for finding in findings) for level in SEVERITIES}
    if not counts["problem"] + counts["warning"]:
        return []
    return [both(say.FOUND, problems=counts["problem"], warnings=counts["warning"])]
