"""What the analyses found: neighbors, senses, parts of speech (paper, tables 4 to 6), and contexts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from project.paper.analyses.rows import Row
from project.shared.pages.draft import Draft
from project.shared.pages.markup import Section, Table, without_empty
from project.shared.pages.plots import Axis, Point, Series, draw, figure, heights, linear_axis
from project.shared.results import is_number

from .figures import write_share

# What the paper has in its tables 5 and 6, in percent
SENSES = {"first sense of WordNet": "65.9", "layer 1": "67.4", "layer 2": "69.0"}
TAGS = {"layer 1": "97.3", "layer 2": "96.8"}
WHOLE = "all"  # the window that is the whole sentence


class Analysis:
    """The rows of an analysis that can be compared: those on the most data, and by the newest model on these.

    Args:
        rows: All rows, the oldest first.
        name: Which analysis.
        *keys: What rows on the same data have in common.
    """

    def __init__(self, rows: Sequence[Row], name: str, *keys: str):
        found = [row for row in rows if row.get("analysis") == name and _is_named(row)]
        most = max(reversed(found), key=_size, default={})
        same = [row for row in found if all(row.get(key) == most.get(key) for key in ("inputs", *keys))]
        newest = next((row for row in reversed(same) if row.get("model") is not None), {})
        self.model = newest.get("model")
        self.rows = [row for row in same if row.get("model") is None or _made_by(row) == _made_by(newest)]

    def shares(self, **others: Any) -> dict[str, float]:
        """Return the share by the vectors of the model.

        Args:
            **others: What the rows have, too.
        """
        found = [row for row in self.rows if row.get("model") is not None and is_number(row.get("share"))]
        return {
            row["vectors"]: row["share"] for row in found if all(row.get(key) == value for key, value in others.items())
        }

    def say_overlap(self, *vectors: str) -> str:
        """Return a remark where the intervals of two kinds of vectors overlap, "" where they do not or are unknown."""
        found: list[Any] = [row.get("interval") for row in self.rows if row["vectors"] in vectors]
        known = [bounds for bounds in found if _is_interval(bounds)]
        is_close = len(known) == 2 and max(low for low, _ in known) <= min(high for _, high in known)
        return " (their intervals of 95% overlap)" if is_close else ""


def neighbors(rows: Sequence[Row]) -> Section | None:
    """Return the nearest neighbors of words in a sentence and alone; None without rows."""
    analysis = Analysis(rows, "neighbors", "top")
    known = [row for row in analysis.rows if is_number(row.get("cosine")) and isinstance(row.get("query"), str)]
    if not known:
        return None
    draft = Draft("Nearest neighbors")
    draft.say(
        "The uses in a corpus that are nearest to the word in brackets, by the vectors of each layer; and the words "
        "that are nearest to the word alone, each with the first of its uses."
    )
    for query in dict.fromkeys(row["query"] for row in known):
        lines = [
            [f"{row['vectors']}, {row['cosine']:.3f}", f"{row.get('word', '')}: {row.get('text', '')}"]
            for row in known
            if row["query"] == query
        ]
        draft.table(Table(query, ["vectors, cosine", "word and its sentence"], lines, kind="facts named"))
    return draft.end()


def senses(rows: Sequence[Row]) -> Section | None:
    """Return how many senses each layer finds, beside simpler guesses; None without rows."""
    analysis = Analysis(rows, "word senses", "limit")
    lines = [
        [
            row["vectors"],
            *(write_share(row[key]) if is_number(row.get(key)) else "" for key in ("share", "mapped")),
            SENSES.get(row["vectors"], ""),
        ]
        for row in analysis.rows
    ]
    if not lines:
        return None
    draft = Draft("Senses by layer")
    draft.say(
        "A word of a test sentence gets the sense whose examples are nearest to it. Where training has no example of "
        "the word, it gets the first sense of WordNet. Mapped words are those whose sense WordNet has. The paper's "
        "figures are F1 on other data, with its own model."
    )
    counts = [row for row in analysis.rows if is_number(row.get("words"))]
    note = f"{counts[-1]['words']:,} words" if counts else ""
    if counts and is_number(counts[-1].get("mapped_words")):
        note += f", {counts[-1]['mapped_words']:,} of them mapped"
    header, lines = without_empty(["", "all words", "mapped words", "in the paper"], lines)
    draft.table(Table("Words with the right sense", header, lines, note=note))
    return draft.end()


def tags(rows: Sequence[Row]) -> Section | None:
    """Return how many parts of speech a linear probe reads from each layer; None without rows."""
    analysis = Analysis(rows, "parts of speech", "task", "limit")
    lines = [
        [
            row["vectors"],
            *_share_and_interval(row, "share", "interval"),
            *_share_and_interval(row, "unseen", "unseen_interval"),
            TAGS.get(row["vectors"], ""),
        ]
        for row in analysis.rows
    ]
    if not lines:
        return None
    draft = Draft("Parts of speech by layer")
    draft.say(
        "A linear regression reads the part of speech of a word from its vector. Unseen are words that it did not "
        "learn from. The paper's figures are of other data, with its own model."
    )
    header = ["", "all words", "95%", "unseen words", "95%", "in the paper"]
    draft.table(Table(f"Words with the right tag ({analysis.rows[-1].get('task')})", *without_empty(header, lines)))
    return draft.end()


def contexts(rows: Sequence[Row]) -> Section | None:
    """Return how many senses are found with more and more of the sentence; None without rows."""
    analysis = Analysis(rows, "context", "lang")
    made = [row for row in analysis.rows if row.get("model") is not None]
    known = [row for row in made if is_number(row.get("share")) and _is_window(row.get("window"))]
    if not known:
        return None
    windows = sorted({row["window"] for row in known}, key=lambda window: (window is None, window or 0))
    names = [WHOLE if window is None else str(window) for window in windows]
    layers = list(dict.fromkeys(row["vectors"] for row in known))
    found = [analysis.shares(window=window) for window in windows]
    series = [
        Series(name, [Point(place, 100 * own[name]) for place, own in enumerate(found) if name in own])
        for name in layers
    ]
    across = Axis("words around it, on either side", 0, len(names) - 1, list(enumerate(names)))
    up = linear_axis("right sense, %", heights(series))
    draft = Draft("A word with more and more context")
    draft.say(
        f"How often the nearest other use of a word has its sense, where {analysis.model} reads so many words on "
        "either side of it: a mean over words that have several senses."
    )
    draft.html(figure(draw("Right senses by how much context is read", across, up, series)))
    lines = [[name, *(write_share(own.get(layer)) for layer in layers)] for name, own in zip(names, found)]
    draft.table(Table("Right senses", ["words around it", *layers], lines))
    return draft.end()


def _is_named(row: Row) -> bool:
    return isinstance(row.get("vectors"), str) and isinstance(row.get("model"), (str, type(None)))


def _size(row: Row) -> tuple[float, int]:
    """Return how much data a row is of: sentences at most, and files."""
    limit: Any = row.get("limit")
    inputs = row.get("inputs")
    return limit if is_number(limit) else math.inf, len(inputs) if isinstance(inputs, dict) else 0


def _made_by(row: Row) -> tuple[Any, Any]:
    return row.get("model"), row.get("weights")


def _share_and_interval(row: Row, key: str, interval: str) -> list[str]:
    if not is_number(row.get(key)):
        return ["", ""]
    bounds: Any = row.get(interval)
    return [write_share(row[key]), f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}" if _is_interval(bounds) else ""]


def _is_interval(bounds: Any) -> bool:
    return isinstance(bounds, list) and len(bounds) == 2 and all(map(is_number, bounds))


def _is_window(window: Any) -> bool:
    return window is None or (isinstance(window, int) and not isinstance(window, bool))
