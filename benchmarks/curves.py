"""The learning curve of one row of the table among all others, from the curves.csv of a comparison.

Colours follow the reader's theme, light or dark; the words are few and in both languages.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from picture import line, text

WIDTH, HEIGHT, PAD = 560, 260, 44
INK, OWN, OTHERS, MUTED, GRID = "#24292f", "#0072b2", "#c4cad1", "#6e7781", "#e4e8ec"
DARK = {INK: "#e6edf3", OWN: "#56b4e9", OTHERS: "#4a525c", MUTED: "#9198a1", GRID: "#262c36", "#ffffff": "#0d1117"}
"""Each colour on a dark page."""
GRID_POINTS = 60

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Generated tokens, and marks."""


def read(path: Path) -> dict[str, list[Curve]]:
    """The curves of each arm, one per seed."""
    points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points[row["arm"], row["seed"]].append((float(row["tokens"]), float(row["mark"])))
    arms: dict[str, list[Curve]] = defaultdict(list)
    for (arm, _), run in points.items():
        costs, marks = np.array(run).T
        arms[arm].append((costs, marks))
    return dict(arms)


def mean(curves: Sequence[Curve]) -> Curve:
    """The mean over the seeds, as far as all of them went."""
    costs = np.linspace(0, min(float(costs[-1]) for costs, _ in curves), GRID_POINTS)
    return costs, np.mean([np.interp(costs, *curve) for curve in curves], axis=0)


def draw(path: Path, name: str, plain: str) -> str:
    """The picture of ``name`` as SVG, with ``plain`` as the row to beat."""
    arms = read(path)
    right = max(float(costs[-1]) for curves in arms.values() for costs, _ in curves)
    means = {arm: mean(curves) for arm, curves in arms.items()}
    parts = [*_frame(right)]
    parts += [_curve(means[arm], right, OTHERS, 1.2) for arm in arms if arm not in (name, plain)]
    if plain in arms and plain != name:
        parts.append(_curve(means[plain], right, INK, 1.8))
    if name in arms:
        parts += [_curve(curve, right, OWN, 1.0, 0.45) for curve in arms[name]]
        parts.append(_curve(means[name], right, OWN, 2.6))
    body = "\n".join(parts)
    font = "font-family=\"system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif\""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {font}>\n<style>{_dark()}</style>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _dark() -> str:
    rules = " ".join(
        f'[fill="{light}"]{{fill:{dark}}} [stroke="{light}"]{{stroke:{dark}}}' for light, dark in DARK.items()
    )
    return f"@media (prefers-color-scheme: dark) {{ {rules} }}"


def _frame(right: float) -> Iterator[str]:
    yield text(PAD, 22, "right answers, % · 正确率 %", INK, 13)
    for quarter in range(5):
        y = HEIGHT - PAD - (HEIGHT - 2 * PAD) * quarter / 4
        yield line(PAD, y, WIDTH - PAD / 2, y, GRID)
        yield text(PAD - 6, y + 4, str(25 * quarter), MUTED, 11, "end")
    yield text(WIDTH - PAD / 2, HEIGHT - PAD + 20, f"{right:,.0f} generated tokens · 生成的 token", MUTED, 11, "end")


def _curve(curve: Curve, right: float, colour: str, width: float, opacity: float = 1.0) -> str:
    inner, tall = WIDTH - PAD * 1.5, HEIGHT - 2 * PAD
    places = " ".join(
        f"{PAD + inner * cost / right:.1f},{HEIGHT - PAD - tall * mark:.1f}" for cost, mark in zip(*curve, strict=True)
    )
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}"/>'
