"""A corpus as memory-mapped arrays of word numbers."""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Sequence, TypeAlias

import numpy as np

from ...text.readers import CorpusError
from .vocabulary import BOS_ID, EOS_ID, UNK_ID, Vocabulary

Ints: TypeAlias = np.ndarray
Ints1d: TypeAlias = np.ndarray

FIELDS = {"tokens": "int32", "sentences": "int64", "documents": "int64", "texts": "uint8", "text_ends": "int64"}


class Corpus:
    """Documents of sentences of words, in files that are mapped and not read.

    folder: as `CorpusWriter` wrote it.
    vocabulary: the one it was written with.
    tokens: int32, all sentences, each from its `<S>` to its `</S>`. A number below the size of the vocabulary is a word
        of it; those above are other words, whose texts are kept since a character encoder reads them.
    sentences: (sentences + 1,) int64, where each begins in the tokens.
    documents: (documents + 1,) int64, where each begins in the sentences.
    Raises CorpusError naming a file that is missing or cut short.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self._maps = [_map(folder / f"{name}.{dtype}", dtype) for name, dtype in FIELDS.items()]
        # Plain arrays, whose parts are made faster than those of np.memmap
        self.tokens, self.sentences, self.documents, self._texts, self._text_ends = map(np.asarray, self._maps)

    @property
    def n_documents(self) -> int:
        return len(self.documents) - 1

    @property
    def n_sentences(self) -> int:
        return len(self.sentences) - 1

    @property
    def n_tokens(self) -> int:
        """Number of words and sentence markers."""
        return len(self.tokens)

    @property
    def n_words(self) -> int:
        return self.n_tokens - 2 * self.n_sentences

    def words(self, ids: Ints1d) -> list[str]:
        """Return the words of numbers found in the tokens."""
        known = self.vocabulary.words
        return [known[i] if i < len(known) else self._text(i - len(known)) for i in ids.tolist()]

    def targets(self, ids: Ints) -> Ints:
        """RETURNS: numbers of the same shape, `<UNK>` in place of words outside the vocabulary."""
        return np.where(ids < len(self.vocabulary), ids, UNK_ID)

    def release(self) -> None:
        """Give the pages that were read back to the system, which keeps them while it has room. They would count as
        memory of this process otherwise, in the end the whole corpus."""
        for array in self._maps:
            pages = getattr(array, "_mmap", None)
            if pages is not None and hasattr(mmap, "MADV_DONTNEED"):
                pages.madvise(mmap.MADV_DONTNEED)

    def _text(self, i: int) -> str:
        return self._texts[self._text_ends[i] : self._text_ends[i + 1]].tobytes().decode()


class CorpusWriter:
    """Writes a corpus piece by piece; a context manager.

    folder: made if it is missing.
    vocabulary: numbers of its words.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary):
        folder.mkdir(parents=True, exist_ok=True)
        self.vocabulary = vocabulary
        self._stack = ExitStack()
        self._files = {
            name: self._stack.enter_context((folder / f"{name}.{dtype}").open("wb")) for name, dtype in FIELDS.items()
        }
        self._ends = {"sentences": 0, "documents": 0, "text_ends": 0}
        self._n_texts = 0
        for name in self._ends:
            self._append(name, np.zeros(1))

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, words: Sequence[bytes], numbers: Ints1d, sentences: Ints1d, documents: Ints1d) -> None:
        """Add documents.

        words: each once, as UTF-8; numbers: of all sentences, one after the other, index into words.
        sentences: number of words of each; documents: number of sentences of each.
        """
        self._append("tokens", add_markers(self._ids(words, numbers)[numbers], sentences))
        self._append_ends("sentences", sentences + 2)
        self._append_ends("documents", documents)

    def _ids(self, words: Sequence[bytes], numbers: Ints1d) -> Ints1d:
        """RETURNS: (words,) what stands for each in the tokens; texts are kept of those that are in use."""
        index = self.vocabulary.index
        ids = np.array([index.get(word.decode(), -1) for word in words], dtype=np.int64)
        others = np.flatnonzero((ids < 0) & (np.bincount(numbers, minlength=len(words)) > 0))
        texts = [words[i] for i in others.tolist()]
        ids[others] = len(self.vocabulary) + self._n_texts + np.arange(len(others))
        self._n_texts += len(others)
        self._append("texts", np.frombuffer(b"".join(texts), dtype=np.uint8))
        self._append_ends("text_ends", np.array([len(text) for text in texts], dtype=np.int64))
        return ids

    def _append_ends(self, name: str, lengths: Ints1d) -> None:
        if len(lengths):
            ends = self._ends[name] + np.cumsum(lengths)
            self._ends[name] = int(ends[-1])
            self._append(name, ends)

    def _append(self, name: str, values: Ints1d) -> None:
        self._files[name].write(values.astype(FIELDS[name]).tobytes())


def add_markers(ids: Ints1d, lengths: Ints1d) -> Ints1d:
    """RETURNS: the ids of sentences of these lengths, each with `<S>` before it and `</S>` after it."""
    ends = np.cumsum(lengths + 2)
    marked = np.empty(len(ids) + 2 * len(lengths), dtype=ids.dtype)
    is_word = np.ones(len(marked), dtype=bool)
    for places, marker in ((ends - lengths - 2, BOS_ID), (ends - 1, EOS_ID)):
        marked[places] = marker
        is_word[places] = False
    marked[is_word] = ids
    return marked


def _map(path: Path, dtype: str) -> np.ndarray:
    """Return an array over the pages of a file."""
    try:
        return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.empty(0, dtype=dtype)
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: cannot be mapped ({error}); prepare the corpus again") from error
