"""Sentences with a natural spread of words, from any text file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

Sentences = list[list[str]]
MAX_WORDS = 100  # as the pipe cuts


def read_sentences(paths: Sequence[Path]) -> Sentences:
    """Return the sentences of text files, in order, as words and punctuation marks."""
    return [sentence for path in paths for sentence in _sentences(path.read_text(encoding="utf8"))]


def count_words(sentences: Sentences) -> int:
    """Return how many words sentences have together."""
    return sum(map(len, sentences))


def _sentences(text: str) -> Iterator[list[str]]:
    for part in re.split(r"(?<=[.!?])\s+|\n+", text):
        words = re.findall(r"\w+|[^\w\s]", part)
        yield from (words[i : i + MAX_WORDS] for i in range(0, len(words), MAX_WORDS))
