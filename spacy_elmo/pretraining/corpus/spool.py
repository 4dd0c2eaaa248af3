"""Text on its way from documents to a corpus: in parts on disk, until it is known which words it has."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, Iterator, Sequence, TypeAlias

import numpy as np

from ...text.readers import CorpusError
from .mapped import CorpusWriter
from .shards import Document, Part, read_part, split, write_part
from .vocabulary import Vocabulary, WordCount, WordCounter, count_words

Bools1d: TypeAlias = np.ndarray

TRAIN, HELDOUT = "train", "heldout"


class DraftText:
    """Documents as parts on disk, and which of them are held out.

    stage: a folder, in which one is made for the parts.
    heldout: share or number of documents that the seed chooses, or more documents.
    Raises CorpusError where there are no words or too few documents.
    """

    def __init__(self, stage: Path, documents: Iterable[Document], heldout: float | Iterable[Document], seed: int):
        self.folder = stage / "parts"
        self.folder.mkdir()
        self.sizes: list[int] = []  # documents of each part
        self._add(documents)
        n = sum(self.sizes)
        if not n:
            raise CorpusError("the text has no words; check its paths")
        if isinstance(heldout, (int, float)):
            self.is_heldout = _choose(n, heldout, seed)
        else:
            self._add(heldout)
            self.is_heldout = np.arange(sum(self.sizes)) >= n
            if not self.is_heldout.any():
                raise CorpusError("the held-out text has no words; check its paths")

    def _add(self, documents: Iterable[Document]) -> None:
        for part in split(documents):
            write_part(self._path(len(self.sizes)), part)
            self.sizes.append(len(part.documents))

    def _path(self, i: int) -> Path:
        return self.folder / f"{i}.npz"

    def parts(self) -> Iterator[tuple[Part, Part]]:
        """Yield what is trained on and what is held out, part by part."""
        for i, is_heldout in enumerate(np.split(self.is_heldout, np.cumsum(self.sizes[:-1], dtype=np.int64))):
            part = read_part(self._path(i))
            yield part.select(~is_heldout), part.select(is_heldout)

    def count(self, choose: Callable[[Iterable[WordCount]], Sequence[str]]) -> Vocabulary:
        """Return the words that are chosen, given the counts of the training text, with these counts."""
        counter, n_words, n_sentences = WordCounter(self.folder), 0, 0
        for part, _ in self.parts():
            counts = np.bincount(part.numbers, minlength=len(part.words)).tolist()
            counter.add((word, n) for word, n in zip(part.words, counts) if n)
            n_words += len(part.numbers)
            n_sentences += len(part.sentences)
        return count_words(choose(counter), counter, n_words=n_words, n_sentences=n_sentences)

    def write(self, folder: Path, vocabulary: Vocabulary) -> None:
        """Write both corpora and the vocabulary into a new folder."""
        folder.mkdir()
        vocabulary.write(folder)
        with CorpusWriter(folder / TRAIN, vocabulary) as train, CorpusWriter(folder / HELDOUT, vocabulary) as heldout:
            for for_training, held_out in self.parts():
                train.add(*for_training)
                heldout.add(*held_out)


def _choose(n: int, heldout: float, seed: int) -> Bools1d:
    """RETURNS: (n,) whether each document is held out."""
    n_heldout = int(heldout) if heldout >= 1 else max(heldout > 0, round(heldout * n))
    if n_heldout >= n:
        problem = f"heldout = {heldout}: leaves none of {n} documents to train on"
        remedy = "lower it (0 for none), name held-out files, or part documents with blank lines"
        raise CorpusError(f"{problem}; {remedy}")
    return np.isin(np.arange(n), np.random.default_rng(seed).permutation(n)[:n_heldout])
