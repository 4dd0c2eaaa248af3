"""What the lines of a text seem to be, where they are read as something else."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, pairwise
from pathlib import Path

from ..util.text_files import open_text
from .readers import CorpusError, Lines
from .tokenize import is_doc_bin

MOST_FILES, LOOKED_AT, FEWEST = 20, 2000, 20  # the last two are lines of a file
WRAPPED_AT = range(40, 121)  # characters of a line that is broken because it is full
FINAL, CLOSING = ".!?…。！？", "\"'”’»)]"


def find_hint(files: Iterable[Path], option: str) -> str:
    """Return what the first file that does not look like paragraphs looks like, and what to do, or "".

    Files that cannot be read have no hint.

    Args:
        files: Files of text. The first lines of some of them are looked at.
        option: The option that says what a line is.
    """
    for file in islice(files, MOST_FILES):
        kind = None if is_doc_bin(file) else _guess(file)
        if kind == "wrapped":
            return f"{file}: lines seem to be broken within sentences; {option} wrapped joins them up to a blank line"
        if kind == "sentences":
            return f"{file}: seems to be tokenized, a sentence a line; {option} sentences reads it as it is"
    return ""


def _guess(file: Path) -> Lines | None:
    try:
        with open_text(file, error=CorpusError) as text:
            if text.head.lstrip()[:1] == b"{":
                return None
            lines = [line.strip() for line in islice(iter(lambda: text.lines.readline(10_000), ""), LOOKED_AT)]
    except CorpusError:
        return None
    return guess_lines(lines)


def guess_lines(lines: list[str]) -> Lines | None:
    """Return what lines seem to be instead of paragraphs, None where nothing speaks against these."""
    full = [line for line in lines if line]
    if len(full) >= FEWEST and 2 * sum(map(_ends_in_a_mark, full)) > len(full):
        return "sentences"
    pairs = [(line, after) for line, after in pairwise(lines) if line and after]
    broken = [line for line, after in pairs if len(line) in WRAPPED_AT and is_small(after[0]) and line[-1] not in FINAL]
    return "wrapped" if len(pairs) >= FEWEST and 10 * len(broken) > 3 * len(pairs) else None


def is_small(letter: str) -> bool:
    """Return whether sentences would begin with another form of a letter; not so in Georgian, whose letters are
    lower case to Unicode."""
    return letter.islower() and letter.title() != letter


def _ends_in_a_mark(line: str) -> bool:
    """Return whether the last word is a mark that ends sentences, closing quotes aside, as tokenizers write it."""
    words = line.rsplit(maxsplit=4)
    while words and words[-1].strip(CLOSING) == "":
        words.pop()
    return len(words) > 1 and words[-1].strip(FINAL) == ""
