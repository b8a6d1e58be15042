"""True score against gold calls, over arms and seeds: what is bought with each call of the gold check. As SVG."""

from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from statistics import fmean

from curves import DARK, GRID, INK, MUTED, OWN
from guard_numbers import Row, of, values
from guard_plan import CELLS, TRADED
from picture import line, text

WIDTH, PANEL, PAD, FOOT = 860, 300, 46, 94
FIXED, HELD, NO_CALLS = "#d55e00", OWN, "#009e73"
COLOURS = {FIXED: "#ff9e4a", NO_CALLS: "#3ccf9f", **DARK}
TICKS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""Gold calls per answer; the axis goes by their root, or the cheap arms would lie on each other."""
STEPS = (0.02, 0.05, 0.1, 0.2)
"""Of true score between two lines of the grid: the first with which five will do."""
FIXED_RATE = ("audited-0.01", "audited-0.02", "audited-learned", "audited-0.1", "audited-0.2")
WHERE_NEEDED = ("target-0.05", "target-0.1", "target-0.2", "target-0.4")
FEWER = ("few-2", "few-6")
ALONE = {"audited-proxy": FIXED, "audited-default": HELD, "no-gold": NO_CALLS}
"""Arms beside the two curves, drawn as rings."""
SHOWN = (*FIXED_RATE, *WHERE_NEEDED, *FEWER, *ALONE)


def draw(rows: Sequence[Row]) -> str:
    """A panel for each of TRADED: fixed rates, audits where needed, gold on fewer questions or all, no guard."""
    parts = [part for place, cell in enumerate(TRADED) for part in _panel(rows, cell, place)]
    parts += list(_legend())
    rules = " ".join(f'[fill="{a}"]{{fill:{b}}} [stroke="{a}"]{{stroke:{b}}}' for a, b in COLOURS.items())
    font = "font-family=\"system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif\""
    body, tall = "\n".join(parts), PANEL + FOOT
    style = f"<style>@media (prefers-color-scheme: dark) {{ {rules} }}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" {font}>\n{style}\n'
        f'<rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


class Axes:
    """The place of a number in the panel."""

    def __init__(self, place: int, top: float) -> None:
        self.width = (WIDTH - PAD) / len(TRADED) - 24
        self.left = PAD + place * (self.width + 24)
        self.step = next((step for step in STEPS if top <= 5 * step), STEPS[-1])
        self.top = self.step * max(1, ceil(top / self.step))

    def x(self, calls: float) -> float:
        return self.left + self.width * sqrt(min(max(calls, 0.0), TICKS[-1]) / TICKS[-1])

    def y(self, score: float) -> float:
        return PANEL - PAD - (PANEL - 2 * PAD) * max(score, 0.0) / self.top


def comparable(rows: Sequence[Row], cell: str) -> list[Row]:
    """Runs of a cell, of arms that have every seed that gold has: models differ more from seed to seed than arms do."""
    seeds = {row["seed"] for row in of(rows, cell, "gold")}
    arms = {arm for arm in ("none", "gold", *SHOWN) if seeds <= {row["seed"] for row in of(rows, cell, arm)}}
    return [row for row in rows if row["cell"] == cell and row["arm"] in arms]


def _panel(rows: Sequence[Row], cell: str, place: int) -> Iterator[str]:
    rows = comparable(rows, cell)
    every = [value for arm in ("none", "gold", *SHOWN) for value in values(of(rows, cell, arm), "exam_true_after")]
    axes = Axes(place, max(every, default=STEPS[0]))
    yield text(axes.left, PAD - 20, f"{cell} · {CELLS[cell].environment}", INK, 14)
    for calls in TICKS:
        yield line(axes.x(calls), PAD, axes.x(calls), PANEL - PAD, GRID)
        yield text(axes.x(calls), PANEL - PAD + 15, f"{100 * calls:g}", MUTED, 10, "middle")
    if not every:
        yield text(axes.left + axes.width / 2, PANEL / 2, "not run yet · 还没跑", MUTED, 12, "middle")
        return
    for count in range(round(axes.top / axes.step) + 1):
        score = axes.step * count
        yield line(axes.left, axes.y(score), axes.left + axes.width, axes.y(score), GRID)
        yield text(axes.left - 4, axes.y(score) + 3, f"{100 * score:.0f}", MUTED, 10, "end")
    yield from _bound(rows, cell, "gold", "gold · 金标准", INK, axes)
    yield from _bound(rows, cell, "none", "no guard · 没有守卫", MUTED, axes)
    for arms, colour, side in ((FIXED_RATE, FIXED, -1), (WHERE_NEEDED, HELD, 1), (FEWER, INK, 1)):
        yield from _series(rows, cell, arms, colour, side, axes)
    for arm, colour in ALONE.items():
        for x, y in _mean(rows, cell, arm, axes):
            yield from _runs(rows, cell, arm, colour, axes)
            yield _ring(x, y, colour)


def _bound(rows: Sequence[Row], cell: str, arm: str, name: str, colour: str, axes: Axes) -> Iterator[str]:
    """A dashed line at the mean of an arm that has no place on the axis of calls, with its name at the right end."""
    scores = values(of(rows, cell, arm), "exam_true_after")
    if scores:
        y, end = axes.y(fmean(scores)), axes.left + axes.width
        ends = f'x1="{axes.left:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}"'
        yield f'<line {ends} stroke="{colour}" stroke-width="1.4" stroke-dasharray="5 4"/>'
        under = arm == "none" and y + 12 < PANEL - PAD  # so that the two names never meet, nor the axis
        yield text(end, y + (12 if under else -5), name, colour, 9, "end")


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'


def _ring(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="#ffffff" stroke="{colour}" stroke-width="2"/>'


def _series(rows: Sequence[Row], cell: str, arms: Sequence[str], colour: str, side: int, axes: Axes) -> Iterator[str]:
    """The arms of one kind as a curve, the cheapest first; names on the left of it (side -1) or on the right (1)."""
    means = [(x, y, arm) for arm in arms for x, y in _mean(rows, cell, arm, axes)]
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in means)
    if len(means) > 1:
        yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
    for x, y, arm in means:
        yield from _runs(rows, cell, arm, colour, axes)
        yield _dot(x, y, colour)
        yield text(x + 7 * side, y + 4 * side, _strength(arm), colour, 9, "end" if side < 0 else "start")


def _strength(arm: str) -> str:
    """What tells the arms of a curve apart: a rate in per cent, or questions a step."""
    number = arm.rpartition("-")[2]
    return "5" if arm == "audited-learned" else number if arm in FEWER else f"{100 * float(number):g}"


def _mean(rows: Sequence[Row], cell: str, arm: str, axes: Axes) -> Iterator[tuple[float, float]]:
    """Where the mean of an arm stands; nowhere, where it was not run."""
    found = of(rows, cell, arm)
    if found:
        yield axes.x(fmean(values(found, "gold_calls"))), axes.y(fmean(values(found, "exam_true_after")))


def _runs(rows: Sequence[Row], cell: str, arm: str, colour: str, axes: Axes) -> Iterator[str]:
    for row in of(rows, cell, arm):
        x, y = axes.x(row["gold_calls"]), axes.y(row["exam_true_after"])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}" opacity="0.45"/>'


def _legend() -> Iterator[str]:
    y = PANEL + 8
    words = "gold calls, % of the answers · 金标准调用，占回答的 %; up: true score, % · 纵轴：真分 %"
    yield text(PAD, y, words, MUTED, 11)
    for place, (mark, colour, label) in enumerate(
        (
            (_dot, FIXED, "fixed rate, % · 固定抽查率"),
            (_dot, HELD, "where needed, % at most · 按需抽查，最多 %"),
            (_ring, FIXED, "5 %, f = proxy · 抽查 5%，f = 代理分"),
            (_ring, HELD, "the guard as it comes · 默认的守卫"),
            (_dot, INK, "gold alone, questions a step · 只用金标准，每步几道题"),
            (_ring, NO_CALLS, "no gold: other keys · 没有金标准：换答案批改"),
        )
    ):
        x, middle = PAD + 400 * (place % 2), y + 20 + 20 * (place // 2)
        yield mark(x + 5, middle, colour)
        yield text(x + 16, middle + 4, label, INK, 11)
