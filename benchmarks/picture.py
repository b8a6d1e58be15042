"""Draw the picture in the README from the run folder of a school.

    python benchmarks/picture.py RUN docs/images/run.svg

Left: the loss of reading. Right: the reward of the exams, with the hidden exam before and after as bars of 95 %.
Everything comes from metrics.jsonl and summary.json; nothing is typed in.
"""

import json
import sys
from pathlib import Path

WIDTH, HEIGHT, PAD = 820, 300, 44
INK, READ, PAID, MUTED = "#24292f", "#0072b2", "#d55e00", "#8c959f"


def rows(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def smooth(values: list[float], window: int) -> list[float]:
    """Mean of the last ``window`` values."""
    return [
        sum(values[max(0, i + 1 - window) : i + 1]) / len(values[max(0, i + 1 - window) : i + 1])
        for i in range(len(values))
    ]


class Panel:
    """A plot of one quantity against steps in a part of the picture."""

    def __init__(self, left: float, width: float, steps: float, top_value: float) -> None:
        self.left, self.width, self.steps, self.top_value = left, width, steps, top_value

    def x(self, step: float) -> float:
        return self.left + self.width * step / self.steps

    def y(self, value: float) -> float:
        return HEIGHT - PAD - (HEIGHT - 2 * PAD) * value / self.top_value

    def frame(self, title: str, ticks: list[tuple[float, str]]) -> list[str]:
        parts = [text(self.left, PAD - 18, title, INK, 14)]
        for value, label in ticks:
            parts.append(line(self.left, self.y(value), self.left + self.width, self.y(value), "#d0d7de"))
            parts.append(text(self.left - 6, self.y(value) + 4, label, MUTED, 11, "end"))
        parts.append(text(self.left + self.width, HEIGHT - PAD + 18, f"{self.steps:.0f} steps", MUTED, 11, "end"))
        return parts

    def curve(self, values: list[float], colour: str, opacity: float = 1.0) -> str:
        points = " ".join(f"{self.x(i + 1):.1f},{self.y(value):.1f}" for i, value in enumerate(values))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8" opacity="{opacity}"/>'

    def whisker(self, step: float, interval: dict[str, float], label: str) -> list[str]:
        x, low, high = self.x(step), self.y(interval["low"]), self.y(interval["high"])
        return [
            line(x, low, x, high, INK, 2),
            f'<circle cx="{x:.1f}" cy="{self.y(interval["estimate"]):.1f}" r="4" fill="{INK}"/>',
            text(x + (8 if step == 0 else -8), high - 4, label, INK, 12, "start" if step == 0 else "end"),
        ]


def text(x: float, y: float, content: str, colour: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}">{content}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def draw(school: Path) -> str:
    reading, exams = rows(school / "pretrain"), rows(school / "rl")
    summary = json.loads((school / "rl" / "summary.json").read_text())
    losses = [row["policy/loss"] for row in reading]
    rewards = [row["reward/mean"] for row in exams]
    left = Panel(PAD, 300, len(losses), max(losses))
    right = Panel(PAD + 300 + 70, WIDTH - 300 - 70 - 2 * PAD, len(rewards), 1.0)
    top = int(max(losses))
    before, after = summary["before"], summary["after"]
    parts = [
        *left.frame(
            "reading the textbook: loss, nats per character", [(v, str(v)) for v in range(0, top + 1, max(1, top // 3))]
        ),
        left.curve(losses, READ),
        *right.frame(
            f"exams with {summary['algorithm']}: right answers; dots: the hidden exam",
            [(v / 4, f"{25 * v} %") for v in range(5)],
        ),
        right.curve(rewards, PAID, 0.3),
        right.curve(smooth(rewards, 10), PAID),
        *right.whisker(0, before, f"hidden exam before: {100 * before['estimate']:.0f} %"),
        *right.whisker(len(rewards), after, f"after: {100 * after['estimate']:.0f} %"),
    ]
    body = "\n".join(parts)
    font = "font-family=\"system-ui, 'PingFang SC', 'Microsoft YaHei', sans-serif\""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {font}>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} RUN OUT.svg; received {len(sys.argv) - 1} arguments")
    Path(sys.argv[2]).write_text(draw(Path(sys.argv[1])))
