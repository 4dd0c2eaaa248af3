"""Text files as a stream of documents; neither a file nor a long document is ever in memory as a whole."""

from __future__ import annotations

import glob
import hashlib
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from ..util.text_files import open_text, refuse_nul

Document: TypeAlias = list[list[str]]  # sentences of words
Lines: TypeAlias = Literal["paragraphs", "wrapped", "sentences"]  # what a line of text is

SUFFIXES = (".txt", ".gz", ".bz2", ".xz", ".zst", ".jsonl")
LONGEST_PARAGRAPH, LONGEST_DOCUMENT = 10_000, 100_000  # in characters; anything longer is read in pieces
LONGEST_LINE = 20_000_000  # characters of a line of JSON or a sentence, which is in memory as a whole
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
JSON_OBJECT, JSON_ARRAY = re.compile(rb'\s*\{\s*"[^"]*"\s*:'), re.compile(rb'\s*\[\s*\{\s*"')


class CorpusError(ValueError):
    """Text or a prepared corpus that cannot be used; the message names the file, what is wrong and the remedy."""


def find_files(path: str | Path, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """Return the files of a path.

    Args:
        path: A file, which is taken as it is; or a directory, of which all files at any depth are taken, but no hidden
            ones; or a pattern for names of files, as `texts/*.txt`. `~` is the home of the user.
        suffixes: How the names of files in a directory must end.

    Returns:
        The paths of the files, sorted.

    Raises:
        CorpusError: Where there is no such file, or none in the directory.
    """
    path = Path(os.path.expanduser(path))
    if path.is_dir() and path.resolve() == path.resolve().parent:
        raise CorpusError(f"{path}: is the whole disk; name a directory of texts")
    if path.is_dir():
        below = (file for file in path.rglob("*") if file.name.endswith(tuple(suffixes)) and file.is_file())
        files = sorted(file for file in below if not any(part[0] == "." for part in file.relative_to(path).parts))
        if not files:
            remedy = f'name the files themselves, or a pattern in quotes, as "{path / "*"}"'
            raise CorpusError(f"{path}: no file in it ends in {', '.join(suffixes)}; {remedy}")
        return files
    if not path.exists() and glob.has_magic(str(path)):
        files = sorted(file for file in map(Path, glob.glob(str(path), recursive=True)) if file.is_file())
        if not files:
            raise CorpusError(f"{path}: no file has such a name; correct the pattern")
        return files
    if not path.exists():
        raise CorpusError(f"{path}: no such file or directory; correct the path of the text")
    if not path.is_file():
        raise CorpusError(f"{path}: is {'a pipe' if path.is_fifo() else 'a device'}, which is read once; name a file")
    return [path]


def read_documents(
    path: str | Path, lines: Lines = "paragraphs", *, on_read: Callable[[int], object] = lambda n: None
) -> Iterator[list[str]]:
    """Yield the documents of a file or directory as lists of paragraphs, or of sentences.

    Empty documents and paragraphs are left out. Very long ones come in pieces. What a file holds decides how it is
    read, and not its name. It may be compressed by gzip, bzip2, xz or zstd, and may have lines of JSON or of text.

    Args:
        path: What `find_files` takes. A line of JSON is a document: an object with the key "text".
        lines: What a line of text is. "paragraphs": each is one, and a blank line ends the document. "wrapped": a part
            of one, which ends with a blank line, and is a document. "sentences": each is one, and a blank line ends the
            document.
        on_read: Called with numbers of bytes as the files are read.

    Yields:
        The paragraphs or sentences of each document.

    Raises:
        CorpusError: For a file that is not there, or that cannot be read as UTF-8 text or JSON.
    """
    for file in find_files(path):
        with open_text(file, error=CorpusError) as text:
            if JSON_ARRAY.match(text.head):
                remedy = """write an object a line, as `jq -c ".[]" OLD > NEW.jsonl` does"""
                raise CorpusError(f"{file}:1: an array of JSON, which memory would have to hold; {remedy}")
            is_json = ".jsonl" in file.suffixes or JSON_OBJECT.match(text.head)
            found = _read_json_lines(text.lines, file, lines) if is_json else _documents(text.lines, lines)
            done = 0
            for document in found:
                yield document
                position = text.position()
                on_read(position - done)
                done = position
            on_read(text.position() - done)


def describe_files(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Return name, size in bytes and digest of each file: they tell whether any of them has changed."""
    return [{"name": file.name, "bytes": file.stat().st_size, "digest": _digest(file)} for file in files]


def _digest(file: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with file.open("rb") as stream:
            while data := stream.read(1 << 20):
                digest.update(data)
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror}); check its rights") from error
    return digest.hexdigest()


def _read_json_lines(stream: TextIO, file: Path, lines: Lines) -> Iterator[list[str]]:
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE + 1), ""), start=1):
        if len(line) > LONGEST_LINE:
            raise CorpusError(f"{file}:{number}: longer than {LONGEST_LINE:,} characters; split the document")
        if line.strip():
            text = LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _json_text(line, f"{file}:{number}"))
            yield from _cut(paragraph for paragraph in _paragraphs(io.StringIO(text, newline=None), lines) if paragraph)


def _json_text(line: str, place: str) -> str:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:  # numbers of too many digits too
        remedy = 'every line must be an object with the key "text"'
        raise CorpusError(f"{place}: not JSON ({error}); {remedy}") from error
    text = values.get("text") if isinstance(values, dict) else None
    if not isinstance(text, str):
        raise CorpusError(f'{place}: no string under the key "text"; correct or remove the line')
    return text


def _documents(stream: TextIO, lines: Lines) -> Iterator[list[str]]:
    return _cut(_paragraphs(stream, lines))


def _paragraphs(stream: TextIO, lines: Lines) -> Iterator[str]:
    """Yield paragraphs or sentences, and an empty one for each blank line."""
    if lines == "wrapped":
        return _unwrap(_read_lines(stream, LONGEST_PARAGRAPH))
    return _read_lines(stream, LONGEST_LINE if lines == "sentences" else LONGEST_PARAGRAPH)


def _read_lines(stream: TextIO, longest: int) -> Iterator[str]:
    """Yield lines without the space around them. Long ones come in pieces, cut between words if possible."""
    rest = ""
    while piece := stream.readline(longest - len(rest)):
        refuse_nul(piece)
        line, rest = rest + piece, ""
        if len(line) == longest and not line.endswith("\n"):
            line, rest = _cut_line(line)
        yield line.strip()
    if rest:
        yield rest.strip()


def _cut_line(line: str) -> tuple[str, str]:
    """Return all words of a line but the last, and the last; a line of one word is not cut."""
    end = line.rfind(" ") + 1
    return (line[:end], line[end:]) if line[:end].strip() else (line, "")


def _unwrap(lines: Iterable[str]) -> Iterator[str]:
    """Join lines up to a blank one, or to the longest that a paragraph may be."""
    paragraph: list[str] = []
    size = 0
    for line in lines:
        if paragraph and (not line or size + len(line) > LONGEST_PARAGRAPH):
            yield " ".join(paragraph)
            paragraph, size = [], 0
        if line:
            paragraph.append(line)
            size += len(line)
        else:
            yield line
    if paragraph:
        yield " ".join(paragraph)


def _cut(paragraphs: Iterable[str]) -> Iterator[list[str]]:
    """Yield documents, which an empty paragraph ends, or the longest that one may be."""
    document: list[str] = []
    size = 0
    for paragraph in paragraphs:
        if document and (not paragraph or size + len(paragraph) > LONGEST_DOCUMENT):
            yield document
            document, size = [], 0
        if paragraph:
            document.append(paragraph)
            size += len(paragraph)
    if document:
        yield document
