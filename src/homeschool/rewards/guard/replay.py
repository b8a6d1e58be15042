"""Decide everything again, from ``audits.jsonl`` and ``events.jsonl`` alone: no action without its evidence."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from homeschool.errors import RunFolderError
from homeschool.messages.refusals import guard as say
from homeschool.rewards.guard.actions import Ladder, Note, Reason
from homeschool.rewards.guard.verdict import Verdict, is_false_pass

Row = dict[str, Any]


def replay(audits: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Every action of the ladder, as :func:`recorded` reads them from the events.

    A step that was lived twice, before and after a resume, counts once. RunFolderError if no guard began.
    """
    told = _guard_rows(events)
    ladder, verdict = _begin(told)
    by_step: dict[int, list[Mapping[str, Any]]] = {}
    for row in audits:
        by_step.setdefault(int(row["step"]), []).append(row)
    notes = {(row["step"], row["note"]): Note(row["note"], row["value"]) for row in told if "value" in row}
    last = max([*by_step, *(row["step"] for row in told if "step" in row)], default=0)
    found = []
    for step in range(1, last + 1):
        rows = by_step.get(step, [])
        for row in rows:
            if row["rewarded"] and row["floor"]:
                verdict.observe(is_false_pass(row["proxy"], row["gold"] or 0.0))
        heard = [note for (at, _), note in notes.items() if at == step]
        found += [action.row(step) for action in ladder.decide(step, verdict, rows, heard)]
    return found


def recorded(events: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The actions that the ladder took, as the events tell of them; those of a step lived twice count once."""
    found: list[Row] = []
    for row in _guard_rows(events):
        action = {name: row[name] for name in ("step", "action", "reason", "on", "evidence") if name in row}
        if action.get("reason") in get_args(Reason) and action not in found:
            found.append(action)
    return found


def _guard_rows(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in events if row.get("event") == "guard"]


def _begin(rows: Iterable[Mapping[str, Any]]) -> tuple[Ladder, Verdict]:
    begin = next((row for row in rows if row.get("note") == "begin"), None)
    if begin is None:
        raise RunFolderError(say.NO_GUARD_BEGAN())
    return Ladder(begin["mode"], begin["on_alarm"], begin["levels"]), Verdict(begin["tolerance"], begin["run_length"])
