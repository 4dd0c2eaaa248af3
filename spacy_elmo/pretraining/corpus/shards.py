"""Documents in parts small enough for memory, between being read and having their final word numbers."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, TypeAlias

import numpy as np

Document: TypeAlias = list[list[str]]  # sentences of words
Ints1d: TypeAlias = np.ndarray
Bools1d: TypeAlias = np.ndarray

MAX_TOKENS, MAX_WORDS, MAX_BYTES = 1_000_000, 100_000, 8_000_000  # of a part; a document is never in two


class Part(NamedTuple):
    """Some documents.

    words: each once, as UTF-8; numbers: of all sentences, one after the other, index into words.
    sentences: number of words of each; documents: number of sentences of each.
    """

    words: list[bytes]
    numbers: Ints1d
    sentences: Ints1d
    documents: Ints1d

    def select(self, chosen: Bools1d) -> Part:
        """chosen: (documents,). RETURNS: those alone, over the same words."""
        sentences = np.repeat(chosen, self.documents)
        numbers = self.numbers[np.repeat(sentences, self.sentences)]
        return Part(self.words, numbers, self.sentences[sentences], self.documents[chosen])


class _Numbers(dict[str, int]):
    """Numbers words as they are looked up."""

    def __init__(self) -> None:
        self.words: list[bytes] = []
        self.n_bytes = 0

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self.words)
        self.words.append(word.encode("utf8", "ignore"))  # as the character encoder: without lone surrogates
        self.n_bytes += len(self.words[-1])
        return number


def split(documents: Iterable[Document]) -> Iterator[Part]:
    """Yield documents in parts; sentences without words and documents without sentences are left out."""
    numbers, ids, sentences, lengths = _Numbers(), array("i"), array("i"), array("i")
    for document in documents:
        filled = [sentence for sentence in document if sentence]
        if not filled:
            continue
        for sentence in filled:
            ids.extend(map(numbers.__getitem__, sentence))
        sentences.extend(map(len, filled))
        lengths.append(len(filled))
        if len(ids) >= MAX_TOKENS or len(numbers) >= MAX_WORDS or numbers.n_bytes >= MAX_BYTES:
            yield _part(numbers, ids, sentences, lengths)
            numbers, ids, sentences, lengths = _Numbers(), array("i"), array("i"), array("i")
    if lengths:
        yield _part(numbers, ids, sentences, lengths)


def write_part(path: Path, part: Part) -> None:
    """Write a part to a `.npz` file."""
    lengths = np.array([len(word) for word in part.words], dtype=np.int32)
    texts = np.frombuffer(b"".join(part.words), dtype=np.uint8)
    _, numbers, sentences, documents = part
    np.savez(path, texts=texts, lengths=lengths, numbers=numbers, sentences=sentences, documents=documents)


def read_part(path: Path) -> Part:
    """Read what `write_part` wrote."""
    with np.load(path) as arrays:
        texts, ends = arrays["texts"].tobytes(), np.cumsum(arrays["lengths"]).tolist()
        words = [texts[start:end] for start, end in zip([0, *ends], ends)]
        return Part(words, *(arrays[name] for name in Part._fields[1:]))


def _part(numbers: _Numbers, *arrays: array[int]) -> Part:
    return Part(numbers.words, *(np.frombuffer(values, dtype=np.int32) for values in arrays))
