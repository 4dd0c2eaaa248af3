"""Sentences with a natural spread of words, from any text file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator, Sequence

Sentences = list[list[str]]
MAX_WORDS = 100  # as the pipe cuts


def read_sentences(paths: Sequence[Path]) -> Sentences:
    """Return the sentences of text files, in order, as words and punctuation marks."""
    return [sentence for path in paths for sentence in _sentences(path.read_text(encoding="utf8"))]


def take(sentences: Sentences, n_words: int) -> Sentences:
    """Return the first sentences that have n_words words together, from the start again where there are too few."""
    taken: Sentences = []
    missing = n_words
    while missing > 0:
        for sentence in sentences:
            taken.append(sentence[:missing])
            missing -= len(taken[-1])
            if not missing:
                break
    return taken


def count_words(sentences: Sentences) -> int:
    return sum(map(len, sentences))


def _sentences(text: str) -> Iterator[list[str]]:
    for part in re.split(r"(?<=[.!?])\s+|\n+", text):
        words = re.findall(r"\w+|[^\w\s]", part)
        yield from (words[i : i + MAX_WORDS] for i in range(0, len(words), MAX_WORDS))
