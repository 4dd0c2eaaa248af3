"""Text files as a stream of documents; neither a file nor a long document is ever in memory as a whole."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeAlias

Document: TypeAlias = list[list[str]]  # sentences of words

SUFFIXES = (".txt", ".gz", ".jsonl")
LONGEST_PARAGRAPH, LONGEST_DOCUMENT = 10_000, 100_000  # in characters; anything longer is read in pieces
LONGEST_LINE = 20_000_000  # characters of a line of JSON, which is in memory as a whole
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class CorpusError(ValueError):
    """Text or a prepared corpus that cannot be used; the message names the file, what is wrong and the remedy."""


def find_files(path: str | Path, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """Return the files of a path.

    Args:
        path: A file, which is taken as it is; or a directory, of which all files at any depth are taken, but no hidden
            ones.
        suffixes: How the names of files in a directory must end.

    Returns:
        The paths of the files, sorted.

    Raises:
        CorpusError: Where there is no such file, or none in the directory.
    """
    path = Path(path)
    if path.is_dir() and path.resolve() == path.resolve().parent:
        raise CorpusError(f"{path}: is the whole disk; name a directory of texts")
    if path.is_dir():
        below = (file for file in path.rglob("*") if file.name.endswith(tuple(suffixes)) and file.is_file())
        files = sorted(file for file in below if not any(part[0] == "." for part in file.relative_to(path).parts))
        if not files:
            raise CorpusError(f"{path}: no file in it ends in {', '.join(suffixes)}; name the files themselves")
        return files
    if not path.exists():
        raise CorpusError(f"{path}: no such file or directory; correct the path of the text")
    if not path.is_file():
        raise CorpusError(f"{path}: is {'a pipe' if path.is_fifo() else 'a device'}, which is read once; name a file")
    return [path]


def read_documents(path: str | Path) -> Iterator[list[str]]:
    """Yield the documents of a file or directory as lists of paragraphs.

    Empty documents and paragraphs are left out. Very long ones come in pieces.

    Args:
        path: A file, or a directory of files. A line of a `.jsonl` file is a document: an object with the key "text".
            A line of any other file is a paragraph, and a blank line ends the document. A `.gz` file is either of
            them, compressed.

    Yields:
        The paragraphs of each document.

    Raises:
        CorpusError: For a file that is not there, or that cannot be read as UTF-8 text or JSON.
    """
    for file in find_files(path):
        with _naming(file), _open(file) as lines:
            is_json = file.name.removesuffix(".gz").endswith(".jsonl")
            yield from _read_json_lines(lines, file) if is_json else _documents(_paragraphs(lines))


def describe_files(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Return name, size in bytes and digest of each file: they tell whether any of them has changed."""
    return [{"name": file.name, "bytes": file.stat().st_size, "digest": _digest(file)} for file in files]


def _digest(file: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with _naming(file), file.open("rb") as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()


def _open(file: Path) -> TextIO:
    opener = gzip.open if file.name.endswith(".gz") else open
    return opener(file, "rt", encoding="utf-8-sig")


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Turn any error of reading a file into one that names it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: not UTF-8 text ({error.reason}); save it as such, or leave it out") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CorpusError(f"{file}: not a whole gzip file ({error}); copy or download it again") from error
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror or error}); check its rights") from error


def _read_json_lines(lines: TextIO, file: Path) -> Iterator[list[str]]:
    for number, line in enumerate(iter(partial(lines.readline, LONGEST_LINE + 1), ""), start=1):
        if len(line) > LONGEST_LINE:
            raise CorpusError(f"{file}:{number}: longer than {LONGEST_LINE:,} characters; split the document")
        if line.strip():
            text = _LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _json_text(line, f"{file}:{number}"))
            paragraphs = _paragraphs(io.StringIO(text, newline=None))
            yield from _documents(paragraph for paragraph in paragraphs if paragraph)


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


def _paragraphs(lines: TextIO) -> Iterator[str]:
    """Yield lines without the space around them. Long ones come in pieces, cut between words if possible."""
    rest = ""
    while piece := lines.readline(LONGEST_PARAGRAPH - len(rest)):
        if "\0" in piece:
            raise UnicodeDecodeError("utf8", b"\0", 0, 1, "it has a NUL character, as binary files do")
        line, rest = rest + piece, ""
        if len(line) == LONGEST_PARAGRAPH and not line.endswith("\n"):
            line, rest = _cut(line)
        yield line.strip()
    if rest:
        yield rest.strip()


def _cut(line: str) -> tuple[str, str]:
    """Return all words of a line but the last, and the last; a line of one word is not cut."""
    end = line.rfind(" ") + 1
    return (line[:end], line[end:]) if line[:end].strip() else (line, "")


def _documents(paragraphs: Iterable[str]) -> Iterator[list[str]]:
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
