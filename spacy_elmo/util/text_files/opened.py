"""Text files as people have them, compressed or not. What a file is shows in its first bytes, not in its name."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NamedTuple, TextIO


def _find_zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):  # of Python 3.14, and for earlier ones
        with suppress(ImportError):
            return import_module(name)
    return None


zstd = _find_zstd()
HEAD = 2**14  # bytes by which a file is known


class OpenText(NamedTuple):
    """A text file that is open.

    Attributes:
        lines: Its text, from the start.
        head: The first bytes of the text, without a byte order mark.
        position: Returns how many bytes of the file have been read.
    """

    lines: TextIO
    head: bytes
    position: Callable[[], int]


class OpenBytes(NamedTuple):
    """A file that is open.

    Attributes:
        data: Its bytes, unpacked, from the start.
        head: The first of them.
        position: Returns how many bytes of the file have been read.
    """

    data: io.BufferedReader
    head: bytes
    position: Callable[[], int]


@contextmanager
def open_bytes(path: Path, *, error: type[ValueError] = ValueError) -> Iterator[OpenBytes]:
    """Open a file, which may be compressed by gzip, bzip2, xz or zstd.

    Args:
        path: The file.
        error: Class of the errors.

    Raises:
        ValueError: It cannot be read, or is no whole file of its kind, at once or while it is read. It is of the class
            `error`, and says what the file is and what to do.
    """
    try:
        with ExitStack() as stack:
            raw, data = _open(path, stack)
            yield OpenBytes(data, data.peek(HEAD)[:HEAD], raw.tell)
    except _NotTextError as problem:
        raise error(f"{path}: {problem}") from problem
    except BROKEN as problem:
        raise error(f"{path}: not a whole compressed file ({problem}); copy or download it again") from problem
    except OSError as problem:
        if problem.strerror is None:  # of bzip2, which has no error of its own
            raise error(f"{path}: not a whole compressed file ({problem}); copy or download it again") from problem
        raise error(f"{path}: cannot be read ({problem.strerror}); check its path and its rights") from problem


@contextmanager
def open_text(path: Path, *, error: type[ValueError] = ValueError, bad_bytes: str = "strict") -> Iterator[OpenText]:
    """Open a file of UTF-8 text, which may have a byte order mark and may be compressed by gzip, bzip2, xz or zstd.

    Args:
        path: The file.
        error: Class of the errors.
        bad_bytes: What to do about bytes that are no UTF-8, as of `bytes.decode`.

    Raises:
        ValueError: It cannot be read, is no whole file of its kind, or is no UTF-8 text, at once or while it is read.
            It is of the class `error`, and says what the file is and what to do.
    """
    try:
        with open_bytes(path, error=error) as (data, head, position):
            check_is_text(head)
            _check_is_utf8(head)
            with io.TextIOWrapper(data, encoding="utf-8-sig", errors=bad_bytes) as lines:
                yield OpenText(lines, head.removeprefix(codecs.BOM_UTF8), position)
    except UnicodeDecodeError as problem:
        remedy = "save it as UTF-8, as `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW` does, or leave it out"
        raise error(f"{path}:{_bad_line(path)}: not UTF-8 text ({problem.reason}); {remedy}") from problem


def refuse_nul(text: str) -> None:
    """Raise UnicodeDecodeError for text with a NUL character, as binary files have."""
    if "\0" in text:
        raise UnicodeDecodeError("utf8", b"\0", 0, 1, "it has a NUL character, as binary files do")


class _NotTextError(ValueError):
    """What a file is instead of text, and what to do."""


def _open_zstd(raw: IO[bytes]) -> Any:
    if zstd is None:
        remedy = 'pip install "spacy-elmo[zstd]", or unpack it by `unzstd`'
        raise _NotTextError(f"compressed by zstd, for which a package is missing; {remedy}")
    return zstd.open(raw)


PACKED: dict[bytes, Callable[[IO[bytes]], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}
BROKEN = (gzip.BadGzipFile, lzma.LZMAError, EOFError, zlib.error, *([zstd.ZstdError] if zstd else []))
_UTF16 = "save it as UTF-8, as `iconv -f {0} -t UTF-8 OLD > NEW` does"
WIDE = {b"\xff\xfe\0\0": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}  # by byte order marks
OTHERS = {  # how they begin, what they are, and what to do
    b"PK\x03\x04": ("a zip archive, or a document of an office program", "unpack it, or save it as plain text"),
    b"\xd0\xcf\x11\xe0": ("an old document of an office program", "save it as plain text"),
    b"{\\rtf": ("an RTF document", "save it as plain text"),
    b"%PDF": ("a PDF", "take its text out, as `pdftotext` does"),
    b"x\x9c": ("a DocBin, or other data packed by zlib", "give plain text"),
    b"\x04\x22\x4d\x18": ("compressed by lz4", "unpack it, or compress it by gzip"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"PAR1": ("a Parquet table", 'write its texts to .jsonl, an object with the key "text" a line'),
}
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|html)\b", re.IGNORECASE)


def _open(path: Path, stack: ExitStack) -> tuple[io.BufferedReader, io.BufferedReader]:
    """Return the bytes of a file, and those that they are packed from."""
    raw = stack.enter_context(path.open("rb"))
    opener = next((opener for magic, opener in PACKED.items() if raw.peek(8).startswith(magic)), None)
    if opener is None:
        return raw, raw
    return raw, io.BufferedReader(stack.enter_context(opener(raw)), HEAD)


def check_is_text(head: bytes) -> None:
    """Raise ValueError where a file begins as one that is known, and is no text. It says what it is, and what to do."""
    for magic, (what, remedy) in OTHERS.items():
        if head.startswith(magic):
            raise _NotTextError(f"is {what}, not UTF-8 text; {remedy}")
    if head[257:262] == b"ustar":
        raise _NotTextError("is a tar archive; unpack it, and name the files in it or their directory")


def _check_is_utf8(head: bytes) -> None:
    for mark, name in WIDE.items():
        if head.startswith(mark):
            raise _NotTextError(f"is {name} text, not UTF-8 text; {_UTF16.format(name)}")
    for name, zeros in (("UTF-16LE", head[1::2]), ("UTF-16BE", head[::2])):
        if len(head) >= 8 and 2 * zeros.count(0) > len(zeros) and head.count(0) == zeros.count(0):
            raise _NotTextError(f"is UTF-16 text, not UTF-8 text; {_UTF16.format(name)}")
    if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8)):
        raise _NotTextError("is XML or HTML, not plain text; take its text out, and give that")


def _bad_line(path: Path) -> int:
    """Return the number of the first line that is not UTF-8 text."""
    decoder, line = codecs.getincrementaldecoder("utf8")(), 1
    with ExitStack() as stack, suppress(OSError, *BROKEN):
        _, data = _open(path, stack)
        while piece := data.read(2**20):
            nul = piece.find(b"\0")
            try:
                decoder.decode(piece if nul < 0 else piece[:nul])
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            if nul >= 0:
                return line + piece[:nul].count(b"\n")
            line += piece.count(b"\n")
    return line
