"""Lines of text, and what a file is that has none."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from project.shared.assets import CorpusError
from spacy_elmo.util.files import WeightsError, check_file

from .tags import is_tag

Line = tuple[int, str]  # numbered from 1, without its end
SAMPLE = 1000  # lines by which it is decided how a file is read
BINARY = {
    b"\x1f\x8b": "compressed by gzip; unpack it",
    b"BZh91AY": "compressed by bzip2; unpack it",
    b"\xfd7zXZ": "compressed by xz; unpack it",
    b"(\xb5/\xfd": "compressed by Zstandard; unpack it",
    b"x\x9c": "compressed by zlib, as spaCy's .spacy files; `python -m spacy train` takes those as they are",
    b"PK\x03\x04": "a zip archive, or a file of Excel or Word; unpack it, or save it as text with tabs",
    b"%PDF-": "a PDF; a corpus is a text file",
    b"PAR1\x15": "Parquet; write its columns as text with tabs",
    b"\xff\xfe": "UTF-16; save it as UTF-8",
    b"\xfe\xff": "UTF-16; save it as UTF-8",
}
MARKUP = {
    re.compile(r'\s*(\[\s*)?\{\s*("|$)|\s*\[\s*("|\[|$)'): "JSON",
    re.compile(r"\s*(<[?!][A-Za-z-]|<\w[^\t]*>\s*$)"): "XML or HTML",
}
TAGGED = 0.9  # of the lines
EMPTY = "no sentences in it; give a file with at least one"
ESCAPED = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8


def read_lines(path: Path, *, is_checked: bool = True) -> Iterator[Line]:
    """Yield the lines of a text file.

    Args:
        path: The file.
        is_checked: Raise an error for a line that `check_line` refuses.

    Raises:
        CorpusError: For a file that is missing, binary or not UTF-8.
    """
    try:
        check_file(path, missing="give the path of a corpus")
        with path.open("rb") as file:
            start = file.read(8)
        for magic, what in BINARY.items():
            if start.startswith(magic):
                raise CorpusError(f"{path}:1: not text but {what}")
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            for number, line in enumerate(file, start=1):
                if is_checked:
                    check_line(path, number, line)
                yield number, line.rstrip("\r\n")
    except WeightsError as error:
        raise CorpusError(str(error)) from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error


def check_line(path: Path, number: int, line: str) -> None:
    """Raise CorpusError for a line that is not text in UTF-8."""
    if "\0" in line:
        raise CorpusError(f"{path}:{number}: binary, or UTF-16; give a text file in UTF-8")
    if not line.isascii() and (found := ESCAPED.search(line)):
        byte = ord(found[0]) - 0xDC00
        raise CorpusError(f"{path}:{number}: not UTF-8 text (byte {byte:#x}); convert it first")


def take_sample(path: Path, *, is_checked: bool = True) -> list[Line]:
    """Return the first lines that are not empty. Raises CorpusError where there are none, and for JSON and XML."""
    lines = read_lines(path, is_checked=is_checked)
    sample = list(islice((line for line in lines if line[1].strip()), SAMPLE))
    if not sample:
        raise CorpusError(f"{path}: {EMPTY}")
    number, first = sample[0]
    for pattern, what in MARKUP.items():
        if pattern.match(first):
            remedy = "give CoNLL-U, a word and its tag a line, or a category and a text a line"
            raise CorpusError(f"{path}:{number}: {what}, which is not read; {remedy}")
    return sample


def is_csv(sample: list[Line]) -> bool:
    """Return whether there are several columns with commas or semicolons between them.

    There are as many in each line, or at least 90% of the lines end in the tag of an entity: words may be commas.
    """
    lines = [line for _, line in sample]
    ends = (line.rpartition(delimiter) for line in lines for delimiter in ",;")
    if sum(bool(before) and is_tag(tag) for before, _, tag in ends) >= TAGGED * len(lines):
        return True
    try:
        widths = [{len(row) for row in csv.reader(lines, delimiter=delimiter)} for delimiter in ",;"]
    except csv.Error:  # a field that is too long
        return False
    return any(len(found) == 1 and 1 not in found for found in widths)


def read_blocks(path: Path, *, is_checked: bool = True) -> Iterator[list[Line]]:
    """Yield the lines between empty lines, or those that begin a document of CoNLL-2003."""
    block: list[Line] = []
    for number, line in read_lines(path, is_checked=is_checked):
        if line.strip() and not line.startswith("-DOCSTART-"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block
