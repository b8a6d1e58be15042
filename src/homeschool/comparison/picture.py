"""The learning curves of a comparison as one picture: a row of panels per task, by tokens and by seconds.

Thin lines are runs, thick ones the mean over the seeds of an arm, as far as all of them went. Colours are those of
Okabe and Ito, which colour-blind readers can tell apart; dashes help where there are more arms than colours.
"""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from homeschool.comparison.records import Record, of_arm

PANEL_WIDTH, PANEL_HEIGHT, PAD, LEGEND = 360, 220, 48, 190
INK, MUTED, GRID = "#24292f", "#57606a", "#d0d7de"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
DASHES = ("", "7 3", "2 3", "9 3 2 3")
SHOWN = {"tokens": "generated tokens", "seconds": "seconds"}
GRID_POINTS = 60


def draw(records: Sequence[Record], baseline: str) -> str:
    """The picture as SVG text. Runs without check exams on the way have no curve; with none at all it says so."""
    tasks = list(dict.fromkeys(record.task for record in records))
    arms = list(dict.fromkeys(record.arm for record in records))
    styles = _styles(arms, baseline)
    width = len(SHOWN) * (PANEL_WIDTH + PAD) + PAD + LEGEND
    height = len(tasks) * (PANEL_HEIGHT + 2 * PAD)
    height = max(height, 2 * PAD + 18 * len(arms))
    parts: list[str] = []
    for row, task in enumerate(tasks):
        runs = [record for record in records if record.task == task]
        for column, axis in enumerate(SHOWN):
            left, top = PAD + column * (PANEL_WIDTH + PAD), PAD + row * (PANEL_HEIGHT + 2 * PAD)
            parts += _panel(runs, task, axis, styles, left, top)
    parts += _legend(styles, width - LEGEND, PAD)
    font = "font-family=\"system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif\""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {font}>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _styles(arms: Sequence[str], baseline: str) -> dict[str, str]:
    """Colour and dashes of each arm; the baseline is black."""
    styles = {baseline: f'stroke="{INK}"'}
    for number, arm in enumerate(arm for arm in arms if arm != baseline):
        dash = DASHES[number // len(COLOURS) % len(DASHES)]
        styles[arm] = f'stroke="{COLOURS[number % len(COLOURS)]}"' + (f' stroke-dasharray="{dash}"' if dash else "")
    return {arm: styles[arm] for arm in [baseline, *(arm for arm in arms if arm != baseline)]}


def _panel(
    runs: Sequence[Record], task: str, axis: str, styles: dict[str, str], left: float, top: float
) -> Iterator[str]:
    yield _text(left, top - 14, f"{task}: " * bool(task) + f"check exam by {SHOWN[axis]}", INK, 14)
    curves = {arm: [r.curve(axis) for r in of_arm(runs, arm) if len(r.curve(axis)[0]) > 1] for arm in styles}
    points = [curve for of_one in curves.values() for curve in of_one]
    if not points:
        yield _text(left, top + PANEL_HEIGHT / 2, "no check exams: set check.every", MUTED, 13)
        return
    right = max(float(costs[-1]) for costs, _ in points) or 1.0
    highest = max(float(marks.max()) for _, marks in points)
    highest = 1.0 if highest <= 1 else max(100.0, highest)

    def place(cost: float, mark: float) -> str:
        return f"{left + PANEL_WIDTH * cost / right:.1f},{top + PANEL_HEIGHT * (1 - mark / highest):.1f}"

    for quarter in range(5):
        y = top + PANEL_HEIGHT * (1 - quarter / 4)
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{left + PANEL_WIDTH}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield _text(left - 6, y + 4, f"{highest * quarter / 4:g}", MUTED, 11, "end")
    yield _text(left + PANEL_WIDTH, top + PANEL_HEIGHT + 18, f"{right:,.0f}", MUTED, 11, "end")
    for arm, of_one in curves.items():
        for costs, marks in of_one:
            yield _line(map(place, costs, marks), styles[arm], 1, 0.3)
    for arm, of_one in curves.items():
        if of_one:
            costs = np.linspace(0, min(float(each[-1]) for each, _ in of_one), GRID_POINTS)
            mean = np.mean([np.interp(costs, *curve) for curve in of_one], axis=0)
            yield _line(map(place, costs, mean), styles[arm], 2.4, 1)


def _legend(styles: dict[str, str], left: float, top: float) -> Iterator[str]:
    for number, (arm, style) in enumerate(styles.items()):
        y = top + 18 * number
        yield f'<line x1="{left}" y1="{y}" x2="{left + 26}" y2="{y}" fill="none" {style} stroke-width="2.4"/>'
        yield _text(left + 34, y + 4, arm, INK, 12)


def _line(points: "map[str]", style: str, width: float, opacity: float) -> str:
    return (
        f'<polyline points="{" ".join(points)}" fill="none" {style} stroke-width="{width}" stroke-opacity="{opacity}"/>'
    )


def _text(x: float, y: float, content: str, colour: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{escape(content)}</text>'
