"""Words of annotated text: CoNLL-U, and the IOB files that spaCy's `convert` reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

Placed: TypeAlias = tuple[str, str]  # FILE:LINE, and the line
Report: TypeAlias = Callable[[str, str, str], object]
Annotation: TypeAlias = list[str]  # lemma, part of speech and tag of a word, each "" where it has none
Found: TypeAlias = Iterator[tuple[str, list[str], bool, list[Annotation]]]
"""Place of a sentence, its words, whether it starts a document, and what is annotated of each word, if it is read."""

CONLLU = re.compile(rb"(#[^\n]*\n|\s)*\d+([-.]\d+)?(\t[^\t\n]*){9}\n")
MOST_LINES = 10_001  # of a sentence that are read


def read_conllu(lines: Iterable[Placed], report: Report) -> Found:
    """Yield the sentences of CoNLL-U, see `read_conllu_rows`."""
    for place, rows, is_first in read_conllu_rows(lines, report):
        annotations = [["" if value == "_" else value for value in columns[2:5]] for columns in rows]
        yield place, [columns[1] for columns in rows], is_first, annotations


def read_conllu_rows(lines: Iterable[Placed], report: Report) -> Iterator[tuple[str, list[list[str]], bool]]:
    """Yield the columns of the words of sentences, between their place and whether they start a document.

    The words are those that spaCy's converter takes, so no ranges and no empty nodes. A sentence with a line that has
    not ten columns is reported and left out.
    """
    for block in _blocks(lines):
        is_first = any(re.match(r"#\s*newdoc", line) for _, line in block)
        rows = [(place, line.split("\t")) for place, line in block if not line.startswith("#")]
        bad = next(((place, len(columns)) for place, columns in rows if len(columns) != 10), None)
        if bad:
            report(bad[0], f"{bad[1]} columns, where CoNLL-U has 10 with tabs between them", "correct it")
        words = [] if bad else [columns for _, columns in rows if columns[0].isdecimal()]
        if words or is_first:
            yield block[0][0], words, is_first


def read_columns(lines: Iterable[Placed], report: Report) -> Found:
    """Yield the sentences of a file with a word and its tags a line, as of CoNLL 2003."""
    for block in _blocks(lines):
        is_first = any(line.startswith("-DOCSTART-") for _, line in block)
        words = [line.split()[0] for _, line in block if not line.startswith("-DOCSTART-")]
        yield block[0][0], words, is_first, []


def read_iob(lines: Iterable[Placed], report: Report) -> Found:
    """Yield the sentences of a file with a sentence a line, its words as `word|TAG` or `word|POS|TAG`."""
    for place, line in lines:
        parts = [token.split("|") for token in line.split()]
        bad = next(("|".join(part) for part in parts if len(part) not in (2, 3) or not part[0]), None)
        if bad is not None:
            report(place, f"{bad!r:.60} is not word|TAG or word|POS|TAG", "correct it")
        elif parts:
            yield place, [part[0] for part in parts], False, []


def _blocks(lines: Iterable[Placed]) -> Iterator[list[Placed]]:
    """Yield the lines between blank ones; of too many, so many that it shows."""
    block: list[Placed] = []
    for place, line in lines:
        if not line and block:
            yield block
            block = []
        elif line and len(block) <= MOST_LINES:
            block.append((place, line))
    if block:
        yield block
