"""Lexicons: a line an entry, with a tab and its row in the embedding."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...util.files import WeightsError

SPACE = "\u3000"  # an entry that is white space alone is lost where lines are stripped; it is read as this one
_NUMBER = re.compile("[0-9]{1,9}")


def parse_lexicon(text: str, *, needed: Sequence[str], source: str) -> tuple[str, ...]:
    """Return the entries in the order of their rows.

    Args:
        text: What the file holds.
        needed: Entries that must be there.
        source: The file, for messages.

    Raises:
        WeightsError: For a line that is no entry, for entries and rows that are there twice, and where rows or entries
            are missing; the message names the line.
    """
    lines = text.split("\n")
    entries: dict[str, int] = {}  # and their lines
    rows: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if number == len(lines) and not line:
            break
        entry, row = _parse_line(line, f"{source}:{number}")
        for is_there, what in ((entry in entries, f"the entry {entry!r:.60}"), (row in rows, f"the number {row}")):
            if is_there:
                first = entries[entry if entry in entries else rows[row]]
                raise WeightsError(f"{source}:{number}: {what} is on line {first} already; each must be there once")
        entries[entry], rows[row] = number, entry
    for row, entry in rows.items():
        if row >= len(rows):
            remedy = f"{len(rows)} entries must be numbered from 0 to {len(rows) - 1}"
            raise WeightsError(f"{source}:{entries[entry]}: the number {row}: {remedy}; is a part of the file missing?")
    missing = [entry for entry in needed if entry not in entries]
    if missing:
        raise WeightsError(f"{source}: {', '.join(missing)} missing; is it the lexicon of this model?")
    return tuple(rows[row] for row in range(len(rows)))


def _parse_line(line: str, place: str) -> tuple[str, int]:
    columns = line.strip().split("\t")
    if len(columns) == 1:
        columns = [SPACE, *columns]
    if len(columns) != 2 or not _NUMBER.fullmatch(columns[1]) or "\r" in columns[0]:
        raise WeightsError(f"{place}: {line!r:.60}: must be an entry, a tab and a number; copy or download it again")
    return columns[0], int(columns[1])
