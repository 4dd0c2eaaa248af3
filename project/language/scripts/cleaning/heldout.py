"""Which documents are held out: always the same ones, wherever they stand."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from .lines import Document

SHARE, MOST = 0.01, 0.1  # of all words
ENOUGH, MANY = 20_000, 50_000  # words, by which a perplexity is known well enough, and more than well


class HeldOut:
    """Digests and lengths of documents."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._words = array("d")

    def add(self, document: Document, n_words: float) -> None:
        """Add the next document."""
        text = "\n".join(document).encode("utf8", "replace")
        self._digests.append(int.from_bytes(blake2b(text, digest_size=8).digest(), "little"))
        self._words.append(n_words)

    def choose(self) -> set[int]:
        """Return the indices of what is held out: 1% of the words, or at least 20,000 and at most 50,000; never all."""
        total = sum(self._words)
        goal = min(max(SHARE * total, ENOUGH), MANY, MOST * total)
        chosen: set[int] = set()
        taken = 0.0
        for i in sorted(range(len(self._digests)), key=self._digests.__getitem__):
            if taken < goal and taken + self._words[i] <= max(2 * goal, min(self._words)):
                chosen.add(i)
                taken += self._words[i]
        return chosen if len(chosen) < len(self._digests) else set()


def read_back(path: Path) -> Iterator[Document]:
    """Yield documents of a file that has a paragraph a line, and a blank line after each document."""
    document: Document = []
    with path.open(encoding="utf8", newline="\n") as lines:
        for line in lines:
            if line == "\n":
                yield document
                document = []
            else:
                document.append(line.removesuffix("\n"))
