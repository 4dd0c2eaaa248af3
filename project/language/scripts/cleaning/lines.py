"""Text into documents of paragraphs: lines that were broken are joined, long ones are cut."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, pairwise

from spacy.pipeline import Sentencizer

from spacy_elmo.text.hints import FINAL, LOOKED_AT, guess_lines, is_small

Document = list[str]  # paragraphs
LONGEST_PARAGRAPH, LONGEST_DOCUMENT = 4_000, 20_000  # characters
LINE_END = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Marks of other scripts, behind which sentences end without a space, too; the last four are Tibetan and Khmer
OTHER_FINAL = "".join(sorted({*Sentencizer.default_punct_chars} - {*".!?"})) + "།༎។៕"
SENTENCE_END = re.compile(rf"[.!?…]['\"”’»)\]]*\s+|[{re.escape(OTHER_FINAL)}]['\"”’»」』)]*\s*")
MARKS = FINAL + OTHER_FINAL + ":;"
NARROWEST, WIDEST = 40, 120  # characters of a line that was broken because it was full
FEWEST = 5  # pairs of lines by which it shows, where letters have no case
SMALL = 0.2  # share of small letters in a text whose letters have case
# Control characters, soft hyphens, what has no width or says where text runs; joiners belong to words
HIDDEN = re.compile(
    "[\0-\b\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)


def split_lines(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the lines of text; those that are too long for a paragraph are cut."""
    rest = ""
    for chunk in chunks:
        text = rest + chunk
        held = "\r" if text.endswith("\r") else ""  # its line feed may be in the next chunk
        *lines, last = LINE_END.split(text.removesuffix(held))
        for line in lines:
            yield from cut(line)
        *pieces, last = cut(last)
        yield from pieces
        rest = last + held
    if rest:
        yield from LINE_END.split(rest)


def cut(text: str) -> Iterator[str]:
    """Yield text in pieces that may be paragraphs: cut at ends of sentences, else between words, else anywhere."""
    start = 0
    while len(text) - start > LONGEST_PARAGRAPH:
        window = text[start : start + LONGEST_PARAGRAPH]
        ends = [found.end() for found in SENTENCE_END.finditer(window)]
        end = ends[-1] if ends else window.rfind(" ") + 1
        start += end or LONGEST_PARAGRAPH
        yield window[: end or None]
    yield text[start:]


def read_documents(
    lines: Iterable[str], clean: Callable[[str], str], blank_ends: bool | None = None
) -> Iterator[Document]:
    """Yield documents.

    Lines that were broken because they were full are joined.

    Args:
        lines: The lines of a file.
        clean: What is done to each before.
        blank_ends: Whether a blank line ends a document. None: not where paragraphs have blank lines between them, so
            that only the end of the text and the length of a document end it.
    """
    lines = map(clean, lines)
    first = list(islice(lines, LOOKED_AT))
    wrapped = is_wrapped(first)
    if blank_ends is None:
        blank_ends = not wrapped and not _has_blank_lines_between_paragraphs(first)
    document: Document = []
    size = 0
    for paragraph in chain(_join(chain(first, lines), wrapped), [""]):
        if document and (size > LONGEST_DOCUMENT or (blank_ends and not paragraph)):
            yield document
            document, size = [], 0
        if paragraph:
            document.append(paragraph)
            size += len(paragraph)
    if document:
        yield document


def clean_characters(text: str, *, composed: bool) -> str:
    """Return text without hidden characters and with single spaces, its letters and accents composed or as they are."""
    text = " ".join(HIDDEN.sub("", text).split())
    return unicodedata.normalize("NFC", text) if composed else text


def is_wrapped(lines: list[str]) -> bool:
    """Return whether lines were broken because they were full; by their widths where letters have no case."""
    if guess_lines(lines) == "wrapped":
        return True
    pairs = [line for line, after in pairwise(lines) if line and after]
    widest = max(map(len, lines), default=0)
    if len(pairs) < FEWEST or not NARROWEST // 2 <= widest <= WIDEST or _has_case("".join(lines)):
        return False
    full = [line for line in pairs if 4 * len(line) >= 3 * widest]
    return 5 * len(full) >= 4 * len(pairs) and 2 * sum(line[-1] in MARKS for line in full) < len(full)


def _has_case(text: str) -> bool:
    return sum(map(is_small, text)) >= SMALL * max(1, sum(map(str.isalpha, text)))


def _has_blank_lines_between_paragraphs(lines: list[str]) -> bool:
    """Return whether most lines stand alone."""
    blocks = "\n".join(lines).strip().split("\n\n")
    return len(blocks) > 1 and 2 * sum("\n" not in block.strip("\n") for block in blocks) > len(blocks)


def _join(lines: Iterable[str], wrapped: bool) -> Iterator[str]:
    """Yield paragraphs, and an empty one for each blank line."""
    held = ""
    for line in lines:
        if held and line and len(held) < LONGEST_PARAGRAPH and (wrapped or _goes_on(held, line)):
            held = _put_together(held, line)
            continue
        if held:
            yield held
        if not line:
            yield ""
        held = line
    if held:
        yield held


def _goes_on(line: str, after: str) -> bool:
    """Return whether a line alone shows that the next is a part of the same sentence."""
    return NARROWEST <= len(line) <= WIDEST and line[-1] not in MARKS and is_small(after[0])


def _put_together(line: str, after: str) -> str:
    if line[-1] == "-" and line[-2:-1].isalpha() and is_small(after[0]):
        return line[:-1] + after
    is_wide = all(unicodedata.east_asian_width(character) in "WF" for character in (line[-1], after[0]))
    return line + after if is_wide else f"{line} {after}"
