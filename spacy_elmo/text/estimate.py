"""How many words a text has, about, from a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .readers import CorpusError, Lines, read_documents
from .tokenize import check_language, cut_text, find_text, is_doc_bin, read_doc_bin

MOST_FILES, SAMPLE = 8, 200_000  # files that are looked at, and bytes of each


def estimate_words(
    paths: Iterable[str | Path], *, lang: str, tokenizer: str | None = None, lines: Lines = "paragraphs"
) -> int:
    """Return about how many words a text has: as many a byte as the beginnings of some of its files have.

    Args:
        paths: As of `tokenize_files`.
        lang: As of `tokenize_files`.
        tokenizer: As of `tokenize_files`.
        lines: As of `tokenize_files`.

    Raises:
        CorpusError: For a path that is not there, and for text without words or that cannot be read.
        ValueError: For a language or a tokenizer that cannot be used.
    """
    if lines != "sentences":
        check_language(lang, tokenizer)
    files = [file for path in paths for file in find_text(path)]
    looked_at = [file for file in files if file.stat().st_size]
    words = size = 0
    for file in looked_at[:: -(-len(looked_at) // MOST_FILES) or 1]:
        found, read = _count_docs(file, lang) if is_doc_bin(file) else _count(file, lang, tokenizer, lines)
        words, size = words + found, size + read
    if not words:
        named = ", ".join(map(str, files[:3])) or "the text"
        raise CorpusError(f"{named}: no word was found in it; name files with text")
    return max(1, round(words / size * sum(file.stat().st_size for file in files)))


def _count(file: Path, lang: str, tokenizer: str | None, lines: Lines) -> tuple[int, int]:
    """Return the words at the beginning of a file, and the bytes of the file that have them."""
    words, parts = 0, list[int]()
    for document in read_documents(file, lines, on_read=parts.append):
        if sum(parts) >= SAMPLE:
            break
        for line in document:
            words += len(line.split()) if lines == "sentences" else sum(map(len, cut_text(line, lang, tokenizer)))
    return words, sum(parts)


def _count_docs(file: Path, lang: str) -> tuple[int, int]:
    return sum(map(len, read_doc_bin(file, lang))), file.stat().st_size
