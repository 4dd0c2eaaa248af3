"""A corpus as memory-mapped arrays of word ids."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import numpy as np

from ...text.readers import CorpusError
from ...util.types import Floats1d, Ints1d, IntsXd
from .shards import Shard
from .vocabulary import BOS_ID, EOS_ID, UNK_ID, Vocabulary

WEIGHTS = "weights.float64"  # (documents,), how often a pass reads each; not there where that is once
FIELDS = {"tokens": "int32", "sentences": "int64", "documents": "int64", "texts": "uint8", "text_ends": "int64"}


class Corpus:
    """Documents of sentences of words, in files that are mapped and not read.

    Args:
        folder: As `CorpusWriter` wrote it.
        vocabulary: The one it was written with.

    Attributes:
        tokens: (tokens,) int32, all sentences, each from its `<S>` to its `</S>`. An id below the size of the
            vocabulary is a word of it; those above are other words, whose texts are kept because a character encoder
            reads them.
        sentences: (sentences + 1,) int64, where each begins in the tokens.
        documents: (documents + 1,) int64, where each begins in the sentences.
        weights: (documents,) float64, how often a pass over the text is to read each.

    Raises:
        CorpusError: A file is missing or cut short; the message names it.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary):
        self.vocabulary = vocabulary
        self._maps: list[mmap.mmap] = []
        self.tokens, self.sentences, self.documents, self._texts, self._text_ends = (
            self._map(folder / f"{name}.{dtype}", dtype) for name, dtype in FIELDS.items()
        )
        weighs = (folder / WEIGHTS).exists()
        self.weights: Floats1d = self._map(folder / WEIGHTS, "float64") if weighs else np.ones(self.n_documents)

    def _map(self, path: Path, dtype: str) -> np.ndarray:
        """Return an array over the pages of a file."""
        try:
            if not path.stat().st_size:
                return np.empty(0, dtype=dtype)
            with path.open("rb") as file:
                pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._maps.append(pages)
            return np.frombuffer(pages, dtype=dtype)
        except (OSError, ValueError) as error:
            raise CorpusError(f"{path}: cannot be mapped ({error}); prepare the corpus again") from error

    @property
    def n_documents(self) -> int:
        """Number of documents."""
        return len(self.documents) - 1

    @property
    def n_sentences(self) -> int:
        """Number of sentences."""
        return len(self.sentences) - 1

    @property
    def n_tokens(self) -> int:
        """Number of words and sentence markers."""
        return len(self.tokens)

    @property
    def n_words(self) -> int:
        """Number of words, without sentence markers."""
        return self.n_tokens - 2 * self.n_sentences

    def words(self, ids: Ints1d) -> list[str]:
        """Return the words of ids that are in the tokens."""
        known = self.vocabulary.words
        return [known[i] if i < len(known) else self._text(i - len(known)) for i in ids.tolist()]

    def targets(self, ids: IntsXd) -> IntsXd:
        """Return ids of the same shape, with `<UNK>` in place of words outside the vocabulary."""
        return np.where(ids < len(self.vocabulary), ids, UNK_ID)

    def release(self) -> None:
        """Give the pages that were read back to the system, which keeps them while it has room.

        They would count as memory of this process otherwise, in the end the whole corpus.
        """
        for pages in self._maps:
            if hasattr(mmap, "MADV_DONTNEED"):
                pages.madvise(mmap.MADV_DONTNEED)

    def _text(self, i: int) -> str:
        return self._texts[self._text_ends[i] : self._text_ends[i + 1]].tobytes().decode()


class CorpusWriter:
    """Writes a corpus shard by shard; a context manager.

    Args:
        folder: Made if it is missing.
        vocabulary: Ids of its words.
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

    def add(self, shard: Shard) -> None:
        """Add the documents of a shard."""
        self._append("tokens", add_markers(self._ids(shard.words, shard.ids)[shard.ids], shard.sentences))
        self._append_ends("sentences", shard.sentences + 2)
        self._append_ends("documents", shard.documents)

    def _ids(self, words: Sequence[bytes], ids: Ints1d) -> Ints1d:
        """Return (words,), what stands for each word in the tokens; texts are kept of those that are in use."""
        index = self.vocabulary.index
        found = np.array([index.get(word.decode(), -1) for word in words], dtype=np.int64)
        others = np.flatnonzero((found < 0) & (np.bincount(ids, minlength=len(words)) > 0))
        texts = [words[i] for i in others.tolist()]
        found[others] = len(self.vocabulary) + self._n_texts + np.arange(len(others))
        self._n_texts += len(others)
        self._append("texts", np.frombuffer(b"".join(texts), dtype=np.uint8))
        self._append_ends("text_ends", np.array([len(text) for text in texts], dtype=np.int64))
        return found

    def _append_ends(self, name: str, lengths: Ints1d) -> None:
        if len(lengths):
            ends = self._ends[name] + np.cumsum(lengths)
            self._ends[name] = int(ends[-1])
            self._append(name, ends)

    def _append(self, name: str, values: Ints1d) -> None:
        self._files[name].write(values.astype(FIELDS[name]).tobytes())


def add_markers(ids: Ints1d, lengths: Ints1d) -> Ints1d:
    """Return the ids of sentences of these lengths, each with `<S>` before it and `</S>` after it."""
    ends = np.cumsum(lengths + 2)
    marked = np.empty(len(ids) + 2 * len(lengths), dtype=ids.dtype)
    is_word = np.ones(len(marked), dtype=bool)
    for places, marker in ((ends - lengths - 2, BOS_ID), (ends - 1, EOS_ID)):
        marked[places] = marker
        is_word[places] = False
    marked[is_word] = ids
    return marked
