"""A word and the tag of its entity a line, in any of several columns, and empty lines between sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from project.shared.assets import CorpusError

from .headers import find_columns, parse_columns
from .lines import Line, check_line, read_blocks
from .sentences import How, LeftOut, Reading, Sentence
from .tags import is_tag, looks_like_tag, opens_with_i, to_iob2

NAME = "a word and the tag of its entity a line"
GIVES = {"ner"}
KINDS = ("word", "tag")
# Types of tags that are not of entities: chunks of CoNLL-2000 and of CoNLL-2003 in German
CHUNKS = set("NP VP PP ADJP ADVP SBAR PRT CONJP INTJ LST UCP NC VC PC AC AVC".split())
Row = tuple[int, list[str]]  # the number of a line, and its columns


@dataclass(frozen=True)
class Layout:
    """Where things are.

    Attributes:
        width: The number of columns.
        word: The column of words, from 0.
        tag: The column of tags.
        header: The number of the line that names the columns, 0 where there is none.
        is_piped: Whether columns have `|` between them.
        is_line: Whether a line is a sentence, as `I|O like|O London|B-GPE`, which spaCy calls IOB.
    """

    width: int
    word: int
    tag: int
    header: int
    is_piped: bool
    is_line: bool


def recognises(sample: list[Line]) -> bool:
    """Return whether at least half of the lines have a tag behind a word."""
    rows = [row for _, row in _sample_rows(sample)]
    return 0 < len(rows) <= 2 * sum(any(map(looks_like_tag, row[1:])) for row in rows)


def read(path: Path, sample: list[Line], how: How) -> Reading:
    """Read a file: first to see what scheme its tags are in, and again as its sentences are taken."""
    layout = _find_layout(sample, how.columns)
    once = How(left_out=LeftOut()) if how.left_out else how  # what is left out is noted when sentences are taken
    is_iob1 = opens_with_i([row[layout.tag] for _, row in rows] for rows in _read_rows(path, layout, once))
    scheme = ", in IOB1" if is_iob1 else ""
    description = f"words in column {layout.word + 1} and tags of entities in column {layout.tag + 1}{scheme}"
    return Reading(description, _read_sentences(path, layout, is_iob1, how), how)


def _read_sentences(path: Path, layout: Layout, is_iob1: bool, how: How) -> Iterator[Sentence]:
    for rows in _read_rows(path, layout, how):
        words, tags = ([row[i] for _, row in rows] for i in (layout.word, layout.tag))
        with how.leaving_out():
            values = {
                "words": words,
                "ents": to_iob2(path, [number for number, _ in rows], tags, is_iob1=is_iob1),
                "sent_starts": [i == 0 for i in range(len(rows))],
            }
            yield Sentence(rows[0][0], values)


def _read_rows(path: Path, layout: Layout, how: How) -> Iterator[list[Row]]:
    """Yield the rows of each sentence."""
    for block in read_blocks(path, is_checked=False):
        block = [(number, line) for number, line in block if number != layout.header]
        for lines in ([line] for line in block) if layout.is_line else [block]:
            with how.leaving_out():
                for number, line in lines:
                    check_line(path, number, line)
                rows = [row for row in _split(lines, layout.is_piped) if not _is_comment(row[1], layout)]
                for number, row in rows:
                    _check(path, number, row, layout)
                if rows:
                    yield rows


def _split(lines: list[Line], is_piped: bool) -> Iterator[Row]:
    for number, line in lines:
        if is_piped:
            yield from ((number, item.split("|")) for item in line.split())
        else:
            yield number, [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _is_comment(row: list[str], layout: Layout) -> bool:
    return (row[0] == "#" or row[0].startswith("##")) and not (len(row) == layout.width and is_tag(row[layout.tag]))


def _check(path: Path, number: int, row: list[str], layout: Layout) -> None:
    if len(row) < 2 or (len(row) == layout.width and not row[layout.word]):
        line = "\t".join(row)
        raise CorpusError(f"{path}:{number}: {line!r}: must be a word and its tag, with a tab between them")
    if len(row) != layout.width:
        raise CorpusError(f"{path}:{number}: {len(row)} columns where {layout.width} are needed, as most lines have")


def _sample_rows(sample: list[Line]) -> list[Row]:
    is_piped = _is_piped(sample)
    return [row for row in _split(sample, is_piped) if row[1][0] not in ("#", "-DOCSTART-")]


def _is_piped(sample: list[Line]) -> bool:
    lines = [line for _, line in sample if not line.startswith("-DOCSTART-")]
    return bool(lines) and all("|" in item and is_tag(item.split("|")[-1]) for line in lines for item in line.split())


def _find_layout(sample: list[Line], columns: str) -> Layout:
    rows = _sample_rows(sample)
    names = columns.split(",") if columns else []
    widths = Counter(len(row) for _, row in rows if len(row) > 1).most_common(1) or [(len(KINDS), 0)]
    width = len(names) or widths[0][0]
    header = 0
    given = parse_columns(columns, KINDS) if columns else {}
    if rows and not any(map(is_tag, rows[0][1])) and (found := find_columns(rows[0][1], KINDS)):
        header = rows.pop(0)[0]
        given = found | given
    cells = list(zip(*(row for _, row in rows if len(row) == width))) or [()] * width
    word = given.get("word", 1 if width > 2 and all(map(str.isdecimal, cells[0])) else 0)
    is_piped = _is_piped(sample)
    is_line = is_piped and 2 * sum(len(line.split()) > 1 for _, line in sample) >= len(sample)
    return Layout(width, word, given.get("tag", _find_tags(cells, word)), header, is_piped, is_line)


def _find_tags(cells: list[tuple[str, ...]], word: int) -> int:
    """Return the first column of tags that are not those of chunks: where entities are nested, the outer ones.

    It is the last column where there is none, so that a message says what is wrong with it.
    """
    for i, column in enumerate(cells):
        types = {tag[2:] for tag in column if is_tag(tag)} - {""}
        if i > word and 2 * sum(map(looks_like_tag, column)) > len(column) and not (types and types <= CHUNKS):
            return i
    return len(cells) - 1
