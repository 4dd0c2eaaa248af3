"""Vocabularies as other tools write them: a word a line, or a word and its count."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from ..files import check_file
from .opened import open_text, refuse_nul

LONGEST_FILE = 2**28  # characters
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


def read_word_list(path: Path, *, markers: Collection[str] = (), error: type[ValueError] = ValueError) -> list[str]:
    """Return the words of a file, in their order. It may be compressed, and may have a byte order mark.

    Empty lines are left out. Where all lines have two columns, with a tab or spaces between them, and one of them has
    only numbers, as counts or scores, the other has the words.

    Args:
        path: The file.
        markers: Words that may be without a number.
        error: Class of the errors.

    Raises:
        WeightsError: It is no file.
        ValueError: It is no text, or some of its lines have several columns. It is of the class `error`.
    """
    check_file(path, missing="correct its path")
    with open_text(path, error=error) as text:
        content = text.lines.read(LONGEST_FILE + 1)
        refuse_nul(content)
        if len(content) > LONGEST_FILE:
            raise error(f"{path}: longer than {LONGEST_FILE:,} characters; is it a file with a word a line?")
    lines = content.split("\n")
    found = [(i, line) for i, line in enumerate(lines, start=1) if line.strip() and line not in markers]
    column = _word_column([line for _, line in found])
    if column is not None:
        return [line.split()[column] if line not in markers else line for line in lines if line.strip()]
    for i, line in found:
        if "\t" in line:
            remedy = "give a word a line, or a word and its count on each"
            raise error(f"{path}:{i}: has several columns, and not a word and a number as all other lines; {remedy}")
    return [line for line in lines if line.strip()]


def _word_column(lines: list[str]) -> int | None:
    """Return the column of the words where the other has numbers; None where lines are words."""
    columns = [line.split() for line in lines]
    if not columns or any(len(words) != 2 for words in columns):
        return None
    if all(_NUMBER.fullmatch(words[1]) for words in columns):
        return 0
    return 1 if all(_NUMBER.fullmatch(words[0]) for words in columns) else None
