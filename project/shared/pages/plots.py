"""Plots as SVG: axes with names and ticks, marks that differ in color and shape, a text in their place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Literal, NamedTuple

from .markup import text

WIDTH, HEIGHT = 480, 300  # of the axes with their names, in units of the picture
LEFT, RIGHT, TOP, BOTTOM = 62, 26, 10, 46  # around the axes
LINE = 19  # from a line of the legend to the next
LETTER = 6.8  # is about as wide
LONGEST = 40  # letters of a name in the legend
MOST_TICKS = 7
ROUND = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))  # first digits of the ticks of a log scale, ever finer
MARKS = (  # around the place where the pen is: circle, square, triangle, diamond, the triangle turned, plus
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "m-3.5-3.5h7v7h-7z",
    "m0-5l4.8 8.5h-9.6z",
    "m0-5.3l5 5.3-5 5.3-5-5.3z",
    "m-4.8-3.5h9.6l-4.8 8.5z",
    "m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
)


class Axis(NamedTuple):
    """One side of a plot.

    Attributes:
        name: What is measured, with its unit.
        low: The value where it begins.
        high: The value where it ends.
        ticks: Values, and what is written there.
        is_log: Whether equal steps are equal factors; then all values are above 0.
    """

    name: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 to 1 for those within the bounds."""
        value, low, high = (math.log(x) if self.is_log else x for x in (value, self.low, self.high))
        return (value - low) / (high - low) if high > low else 0.5


class Point(NamedTuple):
    """A point of a plot, and how far it spreads upwards and downwards."""

    x: float
    y: float
    spread: float = 0.0


class Series(NamedTuple):
    """What belongs together in a plot.

    Attributes:
        name: For the legend.
        points: In the order of the line.
        is_line: Whether a line joins them.
        marks: Which of them have a mark.
    """

    name: str
    points: Sequence[Point]
    is_line: bool = True
    marks: Literal["all", "last"] = "all"


def linear_axis(name: str, values: Sequence[float]) -> Axis:
    """Return an axis from one round number to another around all values."""
    low, high = min(values), max(values)
    span = round(high - low, 6) or abs(high) or 1.0
    sizes = (first * 10.0**power for power in range(-6, 13) for first in (1, 2, 5))
    size = next(size for size in sizes if span / size <= MOST_TICKS - 2)
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    last = max(last, first + 1)
    ticks = [round(i * size, 6) for i in range(first, last + 1)]
    return Axis(name, ticks[0], ticks[-1], [(tick, _number(tick)) for tick in ticks])


def log_axis(name: str, values: Sequence[float]) -> Axis:
    """Return an axis with a log scale from one round number to another around all values, which are above 0."""
    low, high = min(values), max(values)
    found: list[float] = []
    for firsts in ROUND:
        steps = [first * 10.0**power for power in range(-6, 13) for first in firsts]
        below = max((step for step in steps if step <= low * (1 + 1e-9)), default=steps[0])
        above = min((step for step in steps if step >= high * (1 - 1e-9) and step > below), default=steps[-1])
        within = [step for step in steps if below <= step <= above]
        if not found or len(within) <= MOST_TICKS:
            found = within
    return Axis(f"{name}, log scale", found[0], found[-1], [(step, _number(step)) for step in found], is_log=True)


def heights(series: Sequence[Series]) -> list[float]:
    """Return the values of an axis at the left: all points, and the ends of what spreads."""
    points = chain.from_iterable(one.points for one in series)
    return [value for point in points for value in (point.y - point.spread, point.y + point.spread)]


def draw(title: str, x: Axis, y: Axis, series: Sequence[Series], about: str = "") -> str:
    """Return a plot as SVG.

    Args:
        title: What it shows.
        x: The axis below.
        y: The axis at the left.
        series: One to six of them look different.
        about: The text in the place of the picture; all values if empty.
    """
    legend, top = _legend([one.name for one in series])
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(point: Point) -> tuple[float, float]:
        return LEFT + width * x.place(point.x), top + height * (1 - y.place(point.y))

    parts = [f"<title>{text(title)}</title><desc>{text(about or _describe(x, y, series))}</desc>", legend]
    parts += _axes(x, y, top)
    for i, one in enumerate(series):
        places = [place(point) for point in one.points]
        kind = i % len(MARKS)
        for point, (across, _) in zip(one.points, places):
            if point.spread:
                ends = [place(point._replace(y=point.y + way * point.spread))[1] for way in (1, -1)]
                bar = f"M{across - 3:.1f} {ends[0]:.1f}h6m-3 0V{ends[1]:.1f}m-3 0h6"
                parts.append(f'<path class="spread line{kind}" d="{bar}"/>')
        if one.is_line and len(places) > 1:
            line = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
            parts.append(f'<polyline class="line{kind}" points="{line}"/>')
        parts += [_mark(kind, *at) for at in (places if one.marks == "all" else places[-1:])]
    return f'<svg viewBox="0 0 {WIDTH} {top + height + BOTTOM}" role="img">{"".join(parts)}</svg>'


def figure(svg: str, caption: str = "") -> str:
    """Return a plot with what stands below it."""
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f'<figure class="plot">{svg}{below}</figure>'


def _axes(x: Axis, y: Axis, top: int) -> list[str]:
    bottom, right = top + HEIGHT - TOP - BOTTOM, WIDTH - RIGHT
    parts = []
    for value, label in y.ticks:
        down = bottom - (bottom - top) * y.place(value)
        parts.append(f'<path class="grid" d="M{LEFT} {down:.1f}H{right}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{down + 4:.1f}" text-anchor="end">{text(label)}</text>')
    for value, label in x.ticks:
        across = LEFT + (right - LEFT) * x.place(value)
        parts.append(f'<path class="grid" d="M{across:.1f} {bottom}v5"/>')
        parts.append(f'<text x="{across:.1f}" y="{bottom + 19}" text-anchor="middle">{text(label)}</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{bottom + 40}" text-anchor="middle">{text(x.name)}</text>')
    middle = (top + bottom) / 2
    turned = f'text-anchor="middle" transform="rotate(-90 13 {middle})"'
    return [*parts, f'<text x="13" y="{middle}" {turned}>{text(y.name)}</text>']


def _legend(names: Sequence[str]) -> tuple[str, int]:
    """Return the names beside their marks, above the axes, and the height where the axes begin."""
    parts, across, down = [], float(LEFT), TOP + 4
    for i, name in enumerate(names):
        short = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
        wide = 34 + LETTER * len(short)
        if across > LEFT and across + wide > WIDTH:
            across, down = float(LEFT), down + LINE
        kind = i % len(MARKS)
        parts.append(f'<path class="line{kind}" d="M{across:.1f} {down}h24"/>{_mark(kind, across + 12, down)}')
        parts.append(f'<text x="{across + 30:.1f}" y="{down + 4}">{text(short)}</text>')
        across += wide + 14
    return "".join(parts), down + LINE


def _mark(kind: int, across: float, down: float) -> str:
    return f'<path class="dot{kind}" d="M{across:.1f} {down:.1f}{MARKS[kind]}"/>'


def _describe(x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """Return all values of a plot as text."""
    labels = dict(x.ticks)

    def say(point: Point) -> str:
        spread = f" ±{_number(point.spread)}" if point.spread else ""
        return f"{_number(point.y)}{spread} at {labels.get(point.x) or _number(point.x)}"

    values = "; ".join(f"{one.name}: {', '.join(map(say, one.points))}" for one in series)
    return f"{y.name} by {x.name}. {values}"


def _number(value: float) -> str:
    return f"{round(value, 6):,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
