"""Which tags are taken for which, as small tables whose cells are the darker the more words they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from project.shared.pages.heat import Square, heat_table
from project.shared.pages.markup import Section, Table, markdown_table, text

from ..figures import Runs
from ..results import BASELINE, ELMO

SHOWN = 12  # mistakes of each system in the Markdown


def confusions(runs: Runs) -> Section | None:
    """Return the mistakes of the best run of each system, None where there are none."""
    found = {system: _mistakes(runs, system) for system in (ELMO, BASELINE)}
    found = {system: mistakes for system, mistakes in found.items() if mistakes}
    if not found:
        return None
    most = max(count for mistakes in found.values() for *_, count in mistakes)
    about = "Words of dev with a wrong part of speech: the most frequent mistakes of the best run of each system."
    rows = {system: [list(map(str, mistake)) for mistake in mistakes[:SHOWN]] for system, mistakes in found.items()}
    tables = [Table(f"{system}, the first {SHOWN}", ["is", "was taken for", "words"], rows[system]) for system in found]
    heat = "".join(_heat(system, mistakes, most) for system, mistakes in found.items())
    markdown = "\n".join([about, "", *map(markdown_table, tables)])
    return Section("Which tags are confused", markdown, f'<p>{text(about)}</p><div class="heats">{heat}</div>')


def _mistakes(runs: Runs, system: str) -> list[Any]:
    run = runs.best("treebank", system)
    mistakes = (run or {}).get("confusion") or []
    return sorted(mistakes, key=lambda mistake: (-mistake[2], mistake[:2]))


def _heat(system: str, mistakes: Sequence[Any], most: int) -> str:
    """Return a table with the right tags in rows and the predicted ones in columns."""
    counts = {(gold, predicted): count for gold, predicted, count in mistakes}
    rows, columns = (sorted({pair[i] for pair in counts}) for i in range(2))
    squares = [(gold, [_square(counts.get((gold, predicted), 0), most) for predicted in columns]) for gold in rows]
    return heat_table(f"{system}: right tags in rows, predicted ones in columns", columns, squares)


def _square(count: int, most: int) -> Square:
    return (f"{count:,}", count / max(1, most)) if count else ("", 0.0)
