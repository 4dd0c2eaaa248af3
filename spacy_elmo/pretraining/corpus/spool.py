"""Text on its way from documents to a corpus: in shards on disk, until it is known which words it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ...text.readers import CorpusError, Document
from ...util.types import Bools1d
from .mapped import WEIGHTS, CorpusWriter
from .shards import Shard, read_shard, split, write_shard
from .vocabulary import Vocabulary, WordCount, WordCounter, count_words

TRAIN, DEV = "train", "dev"


class Spool:
    """Documents as shards on disk, and which of them are held out.

    Args:
        stage: A folder, in which one is made for the shards.
        documents: To train on.
        dev: Documents that are held out; None to hold out some of the others.
        dev_size: Where dev is None, the share (below 1) or number of documents to hold out.
        seed: Decides which.

    Raises:
        CorpusError: There are no words, or too few documents.
    """

    def __init__(
        self, stage: Path, documents: Iterable[Document], dev: Iterable[Document] | None, *, dev_size: float, seed: int
    ):
        self.folder = stage / "shards"
        self.folder.mkdir()
        self.sizes: list[int] = []  # documents of each shard
        self._add(documents)
        n = sum(self.sizes)
        if not n:
            raise CorpusError("the text has no words; check its paths")
        if dev is None:
            self.is_dev = _choose(n, dev_size, seed)
            return
        self._add(dev)
        self.is_dev = np.arange(sum(self.sizes)) >= n
        if not self.is_dev.any():
            raise CorpusError("the held-out text has no words; check its paths")

    def _add(self, documents: Iterable[Document]) -> None:
        for shard in split(documents):
            write_shard(self._path(len(self.sizes)), shard)
            self.sizes.append(len(shard.documents))

    def _path(self, i: int) -> Path:
        return self.folder / f"{i}.npz"

    def shards(self) -> Iterator[tuple[Shard, Shard]]:
        """Yield what is trained on and what is held out, shard by shard."""
        for i, is_dev in enumerate(np.split(self.is_dev, np.cumsum(self.sizes[:-1], dtype=np.int64))):
            shard = read_shard(self._path(i))
            yield shard.select(~is_dev), shard.select(is_dev)

    def count(self, choose: Callable[[Iterable[WordCount]], Sequence[str]]) -> Vocabulary:
        """Return a vocabulary with its counts in the training text, each word as often as a pass reads its document.

        Args:
            choose: Returns the words of the vocabulary, given the counts of all words.
        """
        counter, n_words, n_sentences = WordCounter(self.folder), 0.0, 0.0
        for shard, _ in self.shards():
            weights = np.repeat(shard.weights, shard.documents)
            n_sentences += weights.sum()
            weights = np.repeat(weights, shard.sentences)
            n_words += weights.sum()
            counts = np.bincount(shard.ids, weights, minlength=len(shard.words)).tolist()
            counter.add((word, n) for word, n in zip(shard.words, counts) if n)
        return count_words(choose(counter), counter, n_words=n_words, n_sentences=n_sentences)

    def write(self, folder: Path, vocabulary: Vocabulary) -> None:
        """Write both corpora and the vocabulary into a new folder."""
        folder.mkdir()
        vocabulary.write(folder)
        weights = []
        with CorpusWriter(folder / TRAIN, vocabulary) as train, CorpusWriter(folder / DEV, vocabulary) as dev:
            for of_train, of_dev in self.shards():
                train.add(of_train)
                dev.add(of_dev)
                weights.append(of_train.weights)
        if any((values != 1).any() for values in weights):
            (folder / TRAIN / WEIGHTS).write_bytes(np.concatenate(weights).tobytes())


def _choose(n: int, dev_size: float, seed: int) -> Bools1d:
    """Return (n,), whether each document is held out."""
    n_dev = int(dev_size) if dev_size >= 1 else max(dev_size > 0, round(dev_size * n))
    if n_dev >= n:
        problem = f"dev_size = {dev_size}: leaves none of {n} documents to train on"
        remedy = "lower it (0 for none), name held-out files, or part documents with blank lines"
        remedy += '; where each line is a tokenized sentence, set corpus.lines = "sentences"'
        raise CorpusError(f"{problem}; {remedy}")
    return np.isin(np.arange(n), np.random.default_rng(seed).permutation(n)[:n_dev])
