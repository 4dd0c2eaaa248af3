"""Documents in shards small enough for memory: their form between being read and having their final word ids."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...text.readers import CorpusError, Document
from ...util.types import Bools1d, Floats1d, Ints1d

MAX_TOKENS, MAX_WORDS, MAX_BYTES = 1_000_000, 100_000, 8_000_000  # of a shard; a document is never in two
DOCUMENT = "a list of sentences, each a list of words"


class WeightedDocument(list[list[str]]):
    """A document that a pass over the text reads another number of times than once.

    Args:
        sentences: Its sentences.
        weight: The number, above 0; below 1 for less than once.
    """

    def __init__(self, sentences: Document, weight: float):
        super().__init__(sentences)
        self.weight = weight


class Shard(NamedTuple):
    """Some documents.

    Attributes:
        words: Each once, as UTF-8.
        ids: (words of all sentences,), one sentence after the other, index into words.
        sentences: (sentences,), number of words of each.
        documents: (documents,), number of sentences of each.
        weights: (documents,), how often a pass over the text reads each.
    """

    words: list[bytes]
    ids: Ints1d
    sentences: Ints1d
    documents: Ints1d
    weights: Floats1d

    def select(self, chosen: Bools1d) -> Shard:
        """Return some of the documents, over the same words.

        Args:
            chosen: (documents,), whether to keep each.
        """
        sentences = np.repeat(chosen, self.documents)
        ids = self.ids[np.repeat(sentences, self.sentences)]
        return Shard(self.words, ids, self.sentences[sentences], self.documents[chosen], self.weights[chosen])


class _Ids(dict[str, int]):
    """Gives each word an id when it is first looked up."""

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.n_bytes = 0

    def __missing__(self, word: str) -> int:
        self[word] = new = len(self.words)
        self.words.append(word.encode("utf8", "ignore"))  # as the character encoder: without lone surrogates
        self.n_bytes += len(self.words[-1])
        return new


def split(documents: Iterable[Document]) -> Iterator[Shard]:
    """Yield documents in shards. Sentences without words and documents without sentences are left out.

    Raises:
        CorpusError: Something is not a document.
    """
    given: Any = documents  # by a reader of anybody's
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise CorpusError(f"a reader of text gave {documents!r:.60}; it must give documents, {DOCUMENT}")
    index, ids, sentences, lengths, weights = _Ids(), array("i"), array("i"), array("i"), array("d")
    for document in documents:
        if not _is_document(document):
            raise CorpusError(f"a reader of text gave {document!r:.60} as a document; it must be {DOCUMENT}")
        filled = [sentence for sentence in document if sentence]
        if not filled:
            continue
        for sentence in filled:
            ids.extend(map(index.__getitem__, sentence))
        sentences.extend(map(len, filled))
        lengths.append(len(filled))
        weights.append(getattr(document, "weight", 1.0))
        if len(ids) >= MAX_TOKENS or len(index) >= MAX_WORDS or index.n_bytes >= MAX_BYTES:
            yield _shard(index, ids, sentences, lengths, weights)
            index, ids, sentences, lengths, weights = _Ids(), array("i"), array("i"), array("i"), array("d")
    if lengths:
        yield _shard(index, ids, sentences, lengths, weights)


def _is_document(value: Any) -> bool:
    sentences = value if isinstance(value, (list, tuple)) else [None]
    return all(isinstance(s, (list, tuple)) and all(isinstance(word, str) for word in s) for s in sentences)


def write_shard(path: Path, shard: Shard) -> None:
    """Write a shard to a `.npz` file."""
    lengths = np.array([len(word) for word in shard.words], dtype=np.int32)
    texts = np.frombuffer(b"".join(shard.words), dtype=np.uint8)
    _, ids, sentences, documents, weights = shard
    np.savez(
        path, texts=texts, lengths=lengths, ids=ids, sentences=sentences, documents=documents, weights=weights
    )


def read_shard(path: Path) -> Shard:
    """Read what `write_shard` wrote."""
    with np.load(path) as arrays:
        texts, ends = arrays["texts"].tobytes(), np.cumsum(arrays["lengths"]).tolist()
        words = [texts[start:end] for start, end in zip([0, *ends], ends)]
        return Shard(words, *(arrays[name] for name in Shard._fields[1:]))


def _shard(index: _Ids, *arrays: array[Any]) -> Shard:
    return Shard(index.words, *(np.frombuffer(values, dtype=values.typecode) for values in arrays))
