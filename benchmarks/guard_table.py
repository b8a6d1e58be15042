"""The result of the benchmark as a page in Markdown: what was measured, what was not run, which targets were missed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from guard_numbers import GLANCE
from guard_plan import ARMS
from guard_words import WORDS, arm_in_words

Result = Mapping[str, Any]
PERCENT = ("calm", "ahead_share", "ahead_score", "overhead", "overhead_steps", "control")
"""Targets that are shown in per cent; slow_down as well."""
FEW = 8
"""So many arms that were not run are named; of more, it is said how many of each kind."""


def page(result: Result, language: str, raw: str = "runs.csv", pictures: str = "") -> str:
    """The whole page. ``raw``: the file of raw numbers, seen from it; ``pictures``: their folder, empty for none."""
    words = WORDS[language]
    made = _made(result, language, raw) if result["runs"] else words["unmade"]
    lines = [f"# {words['title']}", "", made, "", words["legend"], ""]
    if result["runs"]:
        lines += [f"## {words['short']}", "", *in_short(result, language), ""]
    lines += [f"## {words['targets']}", "", *_targets(result, language), ""]
    if pictures:
        lines += [f"## {words['trade']}", "", f"![{words['picture']}]({pictures}/guard-trade.svg)", ""]
        lines += [words["trade says"], ""]
    begun = [cell for cell in result["cells"] if _told(cell)]
    if begun:
        lines += [f"## {words['cells']}", ""]
    for cell in begun:
        lines += [*_cell(cell, language), ""]
    silent = [_title(cell, language) for cell in result["cells"] if cell not in begun]
    if silent:
        lines += [f"## {words['no run']}", "", words["no run of"].format(cells=_list(silent, language)), ""]
    return "\n".join(lines)


def in_short(result: Result, language: str, arms: Sequence[str] = GLANCE) -> Iterator[str]:
    """Cheating and true score of the arms that matter, a column for each cell that was run without a guard."""
    words = WORDS[language]
    told = [cell for cell in result["cells"] if cell["glance"]["seeds"] and "none" in cell["glance"]["arms"]]
    cells = [cell for cell in told if not cell["cell"].endswith("x3")]
    yield words["short says"]
    yield ""
    yield f"| {words['arm']} | {' | '.join(cell['cell'] for cell in cells)} |"
    yield f"| --- |{' ---: |' * len(cells)}"
    yield f"| {words['shared seeds']} | {' | '.join(str(cell['glance']['seeds']) for cell in cells)} |"
    for name in arms:
        shown = [_both(cell, name, language) for cell in cells]
        if any(shown):
            yield f"| {arm_in_words(name, language).format(tried=words['some'])} | {' | '.join(shown)} |"


def _both(cell: Mapping[str, Any], name: str, language: str) -> str:
    """``100 / 0``: cheating and true score; of an honest cell the score alone."""
    means = cell["glance"]["arms"].get(name)
    if not means:
        came_to_nothing = any(arm["arm"] == name and arm["failed"] for arm in cell["arms"])
        return WORDS[language]["came to nothing"] if came_to_nothing else ""
    score = f"{100 * means['score']:.0f}"
    return score if cell["is_honest"] else f"{100 * means['cheating']:.0f} / {score}"


def _list(parts: Iterable[str], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(parts)


def _made(result: Result, language: str, raw: str) -> str:
    known = {name: result[name] for name in ("command", "date", "runs", "meant", "failed")}
    link = f"[{raw.rpartition('/')[2]}]({raw})"
    return WORDS[language]["made"].format(machine=f"`{result['machine']['cpu']}`", raw=link, **known)


def _title(cell: Mapping[str, Any], language: str) -> str:
    words = WORDS[language]
    name = words["honest" if cell["is_honest"] else "cheating"].format(**cell)
    return f"{name}{words['long'] if cell['cell'].endswith('x3') else ''}"


def _told(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The arms of which there is something to say."""
    return [arm for arm in cell["arms"] if arm["seeds"] or arm["failed"]]


def _cell(cell: Mapping[str, Any], language: str) -> Iterator[str]:
    words = WORDS[language]
    yield f"### {_title(cell, language)}"
    yield ""
    if cell["is_degenerate"]:
        yield words["degenerate"].format(share=f"{100 * cell['unguarded']['estimate']:.0f}")
        yield ""
    yield words["head"]
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield from (_arm(arm, language) for arm in _told(cell))
    for arm in (arm for arm in cell["arms"] if "is" not in arm):
        for reason in dict.fromkeys(arm["failed"]):
            yield ""
            yield words["why"].format(arm=arm_in_words(arm["arm"], language), reason=reason)
    single = [arm for arm in cell["arms"] if "is" not in arm]
    silent = [arm["arm"] for arm in single if not arm["seeds"] and not arm["failed"]]
    if silent:
        yield ""
        yield _silent(silent, len(single), language)


def _silent(arms: Sequence[str], known: int, language: str) -> str:
    """The arms that were not run: a few by name, many by kind."""
    words = WORDS[language]
    if len(arms) <= FEW:
        return words["not run here"].format(arms=_list((arm_in_words(arm, language) for arm in arms), language))
    kinds = Counter(ARMS[arm].kind for arm in arms)
    told = _list((words[f"kind {kind}"].format(count=count) for kind, count in kinds.items()), language)
    return words["many not run"].format(count=len(arms), all=known, kinds=told)


def _arm(arm: Mapping[str, Any], language: str) -> str:
    words = WORDS[language]
    name = arm_in_words(arm["arm"], language)
    if "is" in arm:
        name = words["is"].format(arm=name.format(**arm), chosen=arm_in_words(arm["is"], language))
    for reason, count in arm["stopped"].items():
        name += words["stopped"].format(count=count, reason=f"`{reason}`")
    if arm["failed"] and "is" not in arm:
        name += words["failed"].format(count=len(arm["failed"]))
    gold = arm["gold_calls"]
    cells = (
        name,
        str(arm["seeds"]) if arm["seeds"] >= arm["meant"] else f"{arm['seeds']}/{arm['meant']}",
        share_of(arm["cheating"], 0.0),
        share_of(arm["proxy"], None),
        share_of(arm["exam"], 0.0),
        plain(arm["kept"], 2),
        f"{gold['estimate']:.3f}" if gold and gold["estimate"] else "",
        plain(arm["delay"], 0),
        f"{arm['alarms']}" if arm["alarms"] else "",
        plain(arm["seconds"], 0, interval=False),
    )
    return f"| {' | '.join(cells)} |"


def share_of(found: Mapping[str, float | None] | None, least: float | None) -> str:
    """``46.2 [41.0, 51.3]`` in per cent; a share ends at ``least``."""
    if found is None or found["estimate"] is None:
        return ""
    shown = f"{100 * found['estimate']:.1f}"
    if found["low"] is None or found["high"] is None:
        return shown
    low = found["low"] if least is None else max(found["low"], least)
    high = found["high"] if least is None else min(found["high"], 1.0)
    return f"{shown} [{100 * low:.1f}, {100 * high:.1f}]"


def plain(found: Mapping[str, float | None] | None, decimals: int, interval: bool = True) -> str:
    """``0.97 [0.91, 1.03]``."""
    if found is None or found["estimate"] is None:
        return ""
    shown = f"{found['estimate']:.{decimals}f}"
    if not interval or found["low"] is None:
        return shown
    return f"{shown} [{found['low']:.{decimals}f}, {found['high']:.{decimals}f}]"


def _targets(result: Result, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield words["states"]
    yield ""
    out = [cell for cell in result["cells"] if cell["is_degenerate"]]
    if out:
        yield words["out"].format(cells=_list((_out(cell, language) for cell in out), language))
        yield ""
    yield words["target head"]
    yield "| --- | --- | --- | --- | --- |"
    for target in result["targets"]:
        yield _target(target, language)


def _out(cell: Mapping[str, Any], language: str) -> str:
    share = f"{100 * cell['unguarded']['estimate']:.0f}"
    seeds = {"ran": cell["unguarded_seeds"], "meant": cell["unguarded_meant"]}
    return WORDS[language]["out cell"].format(cell=cell["cell"], share=share, **seeds)


def _target(target: Mapping[str, Any], language: str) -> str:
    words, name = WORDS[language], target["target"]
    arm = arm_in_words(target["arm"], language) if target.get("arm") else ""
    wanted = words[f"{name} wanted"].format(wanted=target["wanted"])
    title = words[name].format(cell=target.get("cell", ""))
    return f"| {title} | {arm} | {wanted} | {_found(target, language)} | {_verdict(target, language)} |"


def _verdict(target: Mapping[str, Any], language: str) -> str:
    """Met, missed, or what stands in the way of saying so."""
    words, met, ran, needed = WORDS[language], target["met"], target["ran"], target["needed"]
    if met is not None:
        return words["missed" if not met else "met" if target.get("certain", True) else "not certain"]
    if not needed:
        return words["does not count"]
    if ran == needed:
        return words["nothing"]
    if not target["begun"]:
        return words["not run"]
    return words["behind" if target["so_far"] is False else "open"].format(ran=ran, needed=needed)


def _found(target: Mapping[str, Any], language: str) -> str:
    """The number with its interval, what it is made of, and what came to nothing."""
    words = WORDS[language]
    shown, parts = _number(target, language), _parts(target.get("parts", {}), language)
    if parts:
        shown += words["in brackets"].format(parts=parts)
    lost = words["and"].join(f"{cell} {count}" for cell, count in target.get("lost", {}).items())
    return words["besides"].join(part for part in (shown, words["lost"].format(cells=lost) if lost else "") if part)


def _parts(parts: Mapping[str, Any], language: str) -> str:
    """By cell ``P 0.97 [0.91, 1.03]`` or ``P 4/5``; of names, the cells of each."""
    join = WORDS[language]["and"].join
    if not all(isinstance(part, str) and "/" not in part for part in parts.values()):
        return join(f"{cell} {part if isinstance(part, str) else plain(part, 2)}" for cell, part in parts.items())
    names = dict.fromkeys(parts.values())
    cells = {name: " ".join(cell for cell in parts if parts[cell] == name) for name in names}
    return join(f"{cells[name]}: {arm_in_words(name, language)}" for name in names)


def _number(target: Mapping[str, Any], language: str) -> str:
    words, name, found = WORDS[language], target["target"], target["found"]
    if not found:
        return words["delay none"].format(count=target["calm"]) if target.get("calm") else ""
    if name.startswith("false_alarms"):
        return words["of"].format(false=target["false"], count=target["count"])
    if name == "delay":
        late = "-" if target["late"] is None else f"{target['late']:.0f}"
        seen = plain(found, 0) or "-"
        counts = {name: target[name] for name in ("silent", "gone", "count")}
        return words["delay found"].format(found=seen, late=late, **counts)
    is_share = name in PERCENT or name.startswith("slow_down")
    return share_of(found, None) if is_share else plain(found, 2)
