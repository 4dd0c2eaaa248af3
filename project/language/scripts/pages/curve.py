"""The learning curve of the pretraining, drawn from the evaluations that its newest checkpoint has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from project.shared.durations import format_duration
from project.shared.pages.markup import Section, Table, html_rows, markdown_table, text
from project.shared.pages.plots import Point, Series, draw, figure, heights, linear_axis, log_axis
from project.shared.results import is_number
from spacy_elmo.pretraining.loop.checkpoint import FACTS, NAME, list_checkpoints
from spacy_elmo.pretraining.loop.run import CHECKPOINTS
from spacy_elmo.util.files import WeightsError, read_json

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
    time = format_duration(last["seconds"])
    about = (
        f"Held-out text after {time} and {last['words']:,.0f} words read: perplexity {reached}. "
        "That is how many words the model hesitates between, on average: lower is better."
    )
    rows = [[format_duration(note["seconds"]), f"{note['words']:,.0f}", *_perplexities(note)] for note in notes]
    table = Table("Evaluations", ["time", "words read", *DIRECTIONS], rows)
    details = f"<details><summary>All {len(notes)} evaluations</summary>{html_rows(table)}</details>"
    html = f'<div class="beside">{figure(draw_curve(notes))}<div><p>{text(about)}</p>{details}</div></div>'
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


def draw_curve(notes: Sequence[Note]) -> str:
    """Return the perplexities of evaluations as SVG."""
    scale, unit = (3600, "hours") if notes[-1]["seconds"] >= 2 * 3600 else (60, "minutes")
    times = [note["seconds"] / scale for note in notes]
    series = [
        Series(name, [Point(time, note[name]) for time, note in zip(times, notes)], marks="last") for name in DIRECTIONS
    ]
    first, last = (
        f"{note['forward']:,.1f} forward and {note['backward']:,.1f} backward" for note in (notes[0], notes[-1])
    )
    about = f"Over {times[-1]:.1f} {unit} of pretraining: from {first} to {last}"
    across = linear_axis(f"{unit} of pretraining", [0.0, *times])
    return draw("Perplexity of held-out text", across, log_axis("perplexity", heights(series)), series, about)


def _is_evaluation(note: Any) -> bool:
    keys = ("words", "seconds", *DIRECTIONS)
    is_whole = isinstance(note, dict) and all(is_number(note.get(key)) for key in keys)
    return is_whole and all(note[key] >= (key in DIRECTIONS) for key in keys)


def _perplexities(note: Note) -> list[str]:
    return [f"{note[name]:,.1f}" for name in DIRECTIONS]
