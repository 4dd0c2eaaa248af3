"""A category and a text a line, in either order, with a tab between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from project.shared.assets import CorpusError

from .headers import find_columns, parse_columns
from .lines import Line, read_lines
from .sentences import How, Reading, Sentence

NAME = "a category and a text a line"
GIVES = {"textcat"}
KINDS = ("category", "text")
MOST_CATEGORIES = 1000  # every text has a score for each, so that files and memory grow with their product
MALFORMED = "must be a category and a text, with a tab between them"


@dataclass(frozen=True)
class Layout:
    """Where things are.

    Attributes:
        width: The number of columns.
        category: The column of categories, from 0.
        text: The column of texts, split into words at spaces; it may have tabs where it is the first or the last.
        header: The number of the line that names the columns, 0 where there is none.
    """

    width: int
    category: int
    text: int
    header: int

    def split(self, line: str) -> list[str]:
        """Return the columns of a line."""
        if self.text == self.width - 1:
            return line.split("\t", self.width - 1)
        return line.rsplit("\t", self.width - 1) if self.text == 0 else line.split("\t")


def recognises(sample: list[Line]) -> bool:
    """Return whether most lines have a tab and, on one side of it, several words."""
    rows = [line.split("\t") for _, line in sample]
    return 2 * sum(len(row) > 1 and any(len(cell.split()) > 1 for cell in row) for row in rows) > len(rows)


def read(path: Path, sample: list[Line], how: How) -> Reading:
    """Read a file: first to see what categories there are, and again as its sentences are taken."""
    layout = _find_layout(path, sample, how.columns)
    counts: Counter[str] = Counter()
    for number, label, _ in _read_rows(path, layout):
        counts[label] += 1
        if len(counts) > MOST_CATEGORIES:
            raise CorpusError(
                f"{path}:{number}: more than {MOST_CATEGORIES:,} categories in column {layout.category + 1}; "
                "say with --vars.columns which column has them, as text,category"
            )
    description = f"categories in column {layout.category + 1} and texts in column {layout.text + 1}"
    first, *others = counts or [""]
    if counts[first] == 1 and others and all(counts[label] > 1 for label in others):
        description += f" (is the first line a header? It alone has the category {first!r}; if so, remove it)"
    labels = dict.fromkeys(counts, 0.0)
    cats = {label: labels | {label: 1.0} for label in labels}  # which the sentences of a category share
    rows = _read_rows(path, layout)
    return Reading(description, (Sentence(n, {"words": words}, cats[label]) for n, label, words in rows), how)


def _read_rows(path: Path, layout: Layout) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, category and words of each line."""
    for number, line in _lines(path, layout.header):
        row = layout.split(line)
        if len(row) != layout.width:
            raise CorpusError(f"{path}:{number}: {MALFORMED}")
        label, words = row[layout.category].strip(), row[layout.text].split()
        if not label or not words:
            raise CorpusError(f"{path}:{number}: {MALFORMED}")
        yield number, label, words


def _lines(path: Path, header: int) -> Iterator[Line]:
    for number, line in read_lines(path):
        if line.strip() and number != header and not _is_comment(line):
            yield number, line


def _is_comment(line: str) -> bool:
    return line.startswith("#") and "\t" not in line


def _find_layout(path: Path, sample: list[Line], columns: str) -> Layout:
    lines = [line for line in sample if not _is_comment(line[1])] or sample
    width = Counter(line.count("\t") + 1 for _, line in lines).most_common(1)[0][0]
    first, cells = lines[0][0], lines[0][1].split("\t")
    named = find_columns(cells, KINDS) if len(cells) > 1 else {}
    header = first if named else 0
    if columns:
        given = parse_columns(columns, KINDS)
        return Layout(len(columns.split(",")), given["category"], given["text"], header)
    if len(named) == len(KINDS):
        return Layout(len(cells), named["category"], named["text"], header)
    if width > len(KINDS):
        remedy = "say with --vars.columns which have the category and the text, as _,text,category"
        raise CorpusError(f"{path}:{first}: {width} columns; {remedy}")
    category = _find_category(path, header)
    return Layout(len(KINDS), category, 1 - category, header)


def _find_category(path: Path, header: int) -> int:
    """Return which of two columns has categories: it has fewer values, and they are shorter."""
    values: tuple[set[str], set[str]] = (set(), set())
    n_words = [0, 0]
    for number, line in _lines(path, header):
        cells = line.partition("\t")[0], line.rpartition("\t")[2]
        if "\t" not in line or not all(map(str.strip, cells)):
            raise CorpusError(f"{path}:{number}: {MALFORMED}")
        for i, cell in enumerate(cells):
            values[i].add(cell.strip())
            n_words[i] += len(cell.split())
    signs = [_compare(len(values[0]), len(values[1])), _compare(*n_words)]
    if set(signs) == {-1, 1}:
        number = next(_lines(path, header))[0]
        remedy = "say which has them with --vars.columns, as category,text or text,category"
        raise CorpusError(f"{path}:{number}: either column may have the categories; {remedy}")
    return 1 if 1 in signs else 0


def _compare(a: int, b: int) -> int:
    return (a > b) - (a < b)
