"""The learning curve of the pretraining, drawn from the evaluations that its newest checkpoint has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from project.shared.results import is_number
from spacy_elmo.pretraining.loop.checkpoint import FACTS, NAME, list_checkpoints
from spacy_elmo.pretraining.loop.run import CHECKPOINTS
from spacy_elmo.util.files import WeightsError, read_json

from .markup import Section, Table, html_rows, markdown_table, text

WIDTH, HEIGHT = 460, 280  # of the picture, in its own units
LEFT, RIGHT, TOP, BOTTOM = 50, 12, 12, 44  # of the axes
DIRECTIONS = ("forward", "backward")
Note = dict[str, float]  # an evaluation: "words", "seconds", "forward", "backward"


def learning_curve(run: Path) -> Section | None:
    """Return the held-out perplexities of a run over its time, None where it has no evaluation.

    Args:
        run: Its directory.
    """
    notes = read_history(run)
    if not notes:
        return None
    last = notes[-1]
    reached = " and ".join(f"{last[name]:,.1f} {name}" for name in DIRECTIONS)
    about = (
        f"Held-out text after {_duration(last['seconds'])} and {last['words']:,.0f} words read: perplexity {reached}. "
        "That is how many words the model hesitates between, on average: lower is better."
    )
    rows = [[_duration(note["seconds"]), f"{note['words']:,.0f}", *_perplexities(note)] for note in notes]
    table = Table("Evaluations", ["time", "words read", *DIRECTIONS], rows)
    details = f"<details><summary>All {len(notes)} evaluations</summary>{html_rows(table)}</details>"
    figure = f'<figure class="curve">{draw(notes)}</figure>'
    html = f'<div class="beside">{figure}<div><p>{text(about)}</p>{details}</div></div>'
    return Section("How the model learned", f"{about}\n\n{markdown_table(table)}", html)


def read_history(run: Path) -> list[Note]:
    """Return the evaluations of a run by its newest checkpoint, none where it cannot be read."""
    folder = run / CHECKPOINTS
    for step in reversed(list_checkpoints(folder)):
        try:
            found = read_json(folder / NAME.format(step=step) / FACTS).get("history")
        except WeightsError:
            continue
        return [note for note in found if _is_evaluation(note)] if isinstance(found, list) else []
    return []


def draw(notes: Sequence[Note]) -> str:
    """Return the perplexities of evaluations as SVG, with axes and a text in its place."""
    hours = notes[-1]["seconds"] >= 2 * 3600
    scale = 3600 if hours else 60
    times = [note["seconds"] / scale for note in notes]
    values = [note[name] for note in notes for name in DIRECTIONS]
    low, high = _bounds(min(values), max(values))
    end = max(times) or 1.0

    def place(time: float, value: float) -> tuple[float, float]:
        up = math.log(value / low) / math.log(high / low)
        return LEFT + (WIDTH - LEFT - RIGHT) * time / end, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * up

    parts = []
    for value in _steps(low, high):
        _, y = place(0, value)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for time in _ticks(end):
        x, _ = place(time, low)
        parts.append(f'<path class="grid" d="M{x:.1f} {HEIGHT - BOTTOM}v5"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{time:g}</text>')
    unit = "hours" if hours else "minutes"
    parts.append(f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{unit} of pretraining</text>')
    middle = (HEIGHT - BOTTOM + TOP) / 2
    turned = f'transform="rotate(-90 11 {middle})"'
    parts.append(f'<text x="11" y="{middle}" text-anchor="middle" {turned}>perplexity, log scale</text>')
    for i, name in enumerate(DIRECTIONS):
        points = [place(time, note[name]) for time, note in zip(times, notes)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline class="line{i}" points="{line}"/>')
        parts += [f'<circle class="dot{i}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in points[-1:]]
        x, y = WIDTH - RIGHT - 96, TOP + 12 + 18 * i
        parts.append(f'<path class="line{i}" d="M{x} {y - 4}h22"/><text x="{x + 28}" y="{y}">{name}</text>')
    first, last = (
        f"{note['forward']:,.1f} forward and {note['backward']:,.1f} backward" for note in (notes[0], notes[-1])
    )
    label = f"Perplexity of held-out text over {times[-1]:.1f} {unit} of pretraining: from {first} to {last}"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(label)}">{"".join(parts)}</svg>'


def _is_evaluation(note: Any) -> bool:
    keys = ("words", "seconds", *DIRECTIONS)
    is_whole = isinstance(note, dict) and all(is_number(note.get(key)) for key in keys)
    return is_whole and all(note[key] >= (key in DIRECTIONS) for key in keys)


def _perplexities(note: Note) -> list[str]:
    return [f"{note[name]:,.1f}" for name in DIRECTIONS]


def _bounds(low: float, high: float) -> tuple[float, float]:
    """Return the steps of the scale around all values, which are two at least."""
    below = max((step for step in _scale() if step <= low), default=1.0)
    above = min((step for step in _scale() if step >= high and step > below), default=1e12)
    return below, above


def _steps(low: float, high: float) -> list[float]:
    return [step for step in _scale() if low <= step <= high]


def _scale() -> list[float]:
    return [first * 10.0**power for power in range(12) for first in (1, 1.5, 2, 3, 5, 7)]


def _ticks(end: float) -> list[float]:
    """Return round numbers from 0 on, seven at most."""
    widths = (first * 10.0**power for power in range(-3, 9) for first in (1, 2, 5))
    width = next((width for width in widths if end / width <= 6), end)
    return [round(i * width, 6) for i in range(int(end / width + 1e-9) + 1)]


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
