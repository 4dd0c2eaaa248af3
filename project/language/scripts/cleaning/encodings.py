"""The encoding of a file, found by its bytes, and by what text of the language looks like."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import NamedTuple

from .alphabet import Alphabet

# Of two that read a file alike, the first is taken
LEGACY = (
    *("cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1254", "cp1257", "iso8859_13", "iso8859_4", "iso8859_10"),
    *("iso8859_14", "iso8859_16", "iso8859_3", "cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866", "mac_cyrillic"),
    *("cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256", "iso8859_6", "cp1258", "cp874", "gb18030"),
    *("big5hkscs", "cp932", "euc_jp", "cp949", "cp850", "cp437", "cp852", "mac_roman", "mac_latin2", "kz1048"),
    "koi8_t",
)
WIDE = ("utf_16_le", "utf_16_be", "utf_32_le", "utf_32_be")
MARKS = {
    codecs.BOM_UTF8: "utf_8_sig",
    codecs.BOM_UTF32_LE: "utf_32",  # before that of UTF-16, which it begins with
    codecs.BOM_UTF32_BE: "utf_32",
    codecs.BOM_UTF16_LE: "utf_16",
    codecs.BOM_UTF16_BE: "utf_16",
}
CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
NO_TEXT = "data, not text"
CHUNK, SAMPLE = 2**20, 2**13  # bytes
MOST_CONTROLS = 0.02  # of the bytes of text of one byte a character, or several
LEAST_LIKELY = -10.0  # of a character, on average, in a file that is text


class Encoding(NamedTuple):
    """How a file is read.

    Attributes:
        name: As Python has it.
        is_mixed: Whether lines are read as UTF-8 where they can be, and by this encoding where not.
    """

    name: str
    is_mixed: bool = False


def find_encoding(data: io.BufferedReader, alphabet: Alphabet, first: int = 0) -> Encoding:
    """Read bytes, and return their encoding.

    Args:
        data: The bytes, from the start.
        alphabet: What the text of the language looks like.
        first: So many bytes are looked at, 0 for all.

    Raises:
        ValueError: They are no text.
    """
    decoder = codecs.getincrementaldecoder("utf8")()
    chunk = data.read(min(CHUNK, first or CHUNK))
    found = _by_head(chunk[: 2**16], alphabet)
    read, has_utf8 = 0, False
    while chunk and not found:
        read += len(chunk)
        try:
            has_utf8 |= not decoder.decode(chunk).isascii()
        except UnicodeDecodeError:
            return _by_lines(chunk, alphabet, has_utf8)
        chunk = data.read(CHUNK) if not first or read < first else b""
    return found or Encoding("utf_8")


def _by_head(head: bytes, alphabet: Alphabet) -> Encoding | None:
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return Encoding(name)
    if len(head) - len(head.translate(None, CONTROLS)) > MOST_CONTROLS * len(head):
        sample = head[: min(SAMPLE, len(head) // 4 * 4)] or head[: len(head) // 2 * 2]
        name, text = _most_likely(sample, ("utf_8", *WIDE), alphabet)
        if alphabet.likelihood(text) < LEAST_LIKELY * len(text):
            raise ValueError(NO_TEXT)
        return None if name == "utf_8" else Encoding(name)
    return Encoding("iso2022_jp") if b"\x1b$" in head and head.isascii() else None


def _by_lines(chunk: bytes, alphabet: Alphabet, has_utf8: bool) -> Encoding:
    """Return the encoding of bytes that are not all UTF-8; `has_utf8` says whether letters before them were."""
    lines = chunk.split(b"\n")
    good: list[bytes] = []
    bad: list[bytes] = []
    for line in lines[1:-1] if len(chunk) == CHUNK and len(lines) > 2 else lines:  # others may be parts
        if not line.isascii():
            (good if _is_utf8(line) else bad).append(line)
    sample = _sample(bad or [line for line in lines if not line.isascii()])
    text = sample.decode("utf8", "replace")
    if 20 * text.count("\ufffd") < sum(not character.isascii() for character in text):
        return Encoding("utf_8")  # in which a few bytes are broken
    name, _ = _most_likely(sample, LEGACY + WIDE[:2], alphabet)
    if good and not has_utf8:  # lines of other encodings may be UTF-8 by chance, and mean nothing then
        has_utf8 = _most_likely(_sample(good), ("utf_8", name), alphabet)[0] == "utf_8"
    return Encoding(name, is_mixed=has_utf8 and name not in WIDE)


def _sample(lines: list[bytes]) -> bytes:
    """Return some of the bytes of lines, from the first one on that is not ASCII."""
    sample = b"\n".join(lines)
    start = next((i for i in range(len(sample)) if sample[i] > 127), 0) if len(sample) > SAMPLE else 0
    return sample[start : start + SAMPLE]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf8")
    except UnicodeDecodeError:
        return False
    return True


def _most_likely(sample: bytes, names: tuple[str, ...], alphabet: Alphabet) -> tuple[str, str]:
    """Return the encoding by which a sample is most likely text of the language, and that text."""
    texts = {name: sample.decode(name, "replace") for name in names}
    best = max(texts, key=lambda name: alphabet.likelihood(texts[name]))
    return best, texts[best]


def decode(data: io.BufferedReader, encoding: Encoding) -> Iterator[str]:
    """Yield the text of bytes, piece by piece. Bytes that are none become U+FFFD."""
    if not encoding.is_mixed:
        decoder = codecs.getincrementaldecoder(encoding.name)("replace")
        while chunk := data.read(CHUNK):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
        return
    while line := data.readline(CHUNK):
        try:
            yield line.decode("utf8")
        except UnicodeDecodeError:
            yield line.decode(encoding.name if line.endswith(b"\n") or len(line) < CHUNK else "utf8", "replace")
