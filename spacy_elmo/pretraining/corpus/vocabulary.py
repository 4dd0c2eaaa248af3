"""The words that a biLM predicts, counted exactly in bounded memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np

from ...bilm.characters import BOS, EOS, UNK
from ...text.readers import CorpusError
from ...util.files import read_words, write_words
from ...util.text_files import read_word_list
from ...util.types import Ints1d

WordCount: TypeAlias = tuple[bytes, float]  # below 1 or between numbers where documents have weights

MARKERS = (BOS, EOS, UNK)
BOS_ID, EOS_ID, UNK_ID = range(3)
MUCH_UNKNOWN = 0.5  # share of <UNK> from which on a perplexity says little
VOCAB, COUNTS = "vocab.txt", "counts.npy"
_MERGED_AT_ONCE = 64  # files; systems let a process open 256 or more


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words by id: `<S>`, `</S>`, `<UNK>`, then by frequency, ties by word.

    Attributes:
        words: All of them, each once.
        counts: (words,) int64, how often each is in the training text: sentences for the first two, words outside the
            vocabulary for the third.

    Raises:
        CorpusError: The words have not the three markers in front, or one of them is there twice.
    """

    words: tuple[str, ...]
    counts: Ints1d

    def __post_init__(self) -> None:
        check_words(self.words)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """The id of each word that a text can have. One spelled as a marker is just an unknown word."""
        ids = {word: i for i, word in enumerate(self.words)}
        return {**ids, **dict.fromkeys(MARKERS, UNK_ID)}

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """Read what `write` wrote. Raises WeightsError or CorpusError for files that are not there or not whole."""
        words = read_words(folder / VOCAB)
        check_words(words, place=str(folder / VOCAB))
        try:
            counts = np.load(folder / COUNTS)
        except (OSError, ValueError, EOFError) as error:
            raise CorpusError(f"{folder / COUNTS}: cannot be read ({error}); prepare the corpus again") from error
        if counts.shape != (len(words),):
            raise CorpusError(f"{folder / COUNTS}: has not a number for each word; prepare the corpus again")
        return cls(words, counts)

    def write(self, folder: Path) -> None:
        """Write the words, one a line, and their counts."""
        write_words(folder / VOCAB, self.words)
        np.save(folder / COUNTS, self.counts)


def read_vocabulary(path: Path) -> tuple[str, ...]:
    """Return the words of a file, one a line, with the three markers in front, whether the file has them or not.

    Args:
        path: What `read_word_list` reads.

    Raises:
        CorpusError: It is no file, no text, has no words, or a word twice.
        WeightsError: It is not there.
    """
    if path.exists() and not path.is_file():
        raise CorpusError(f"{path}: is not a file, but a directory, a pipe or a device; name a file with a word a line")
    found = read_word_list(path, markers=MARKERS, error=CorpusError)
    words = (*MARKERS, *(word for word in found if word not in MARKERS))
    if len(words) == len(MARKERS):
        raise CorpusError(f"{path}: has no words besides the markers; name a file with a word a line")
    check_words(words, place=str(path))
    return words


def check_words(words: Sequence[str], *, place: str = "vocabulary") -> None:
    """Raise CorpusError for words without the three markers in front, or with a word twice.

    Args:
        words: The vocabulary.
        place: Where it is from, for the message.
    """
    if tuple(words[:3]) != MARKERS:
        raise CorpusError(f"{place}: begins {', '.join(words[:3])}; its first words must be {', '.join(MARKERS)}")
    if len(set(words)) < len(words):
        twice = next(word for word, same in groupby(sorted(words)) if len(list(same)) > 1)
        raise CorpusError(f"{place}: {twice!r} is in it twice; each word must have one number")


def warn_of_unknown(text: str, share: float) -> str:
    """Return a warning for a text of which such a share of words is predicted as `<UNK>`."""
    problem = f"Warning: {share:.0%} of the words of {text} are not in the vocabulary. {UNK} is easy to predict"
    return f"{problem}, so that perplexities say little; are both of the same language, tokenization and case?"


class WordCounter:
    """Exact counts of any number of different words: partial counts in sorted files, merged when they are read.

    Args:
        folder: For the files, which stay there.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.files: list[Path] = []
        self._n_written = 0

    def add(self, counts: Iterable[WordCount]) -> None:
        """Add counts of words, each word once. Those that a line of a vocabulary file cannot hold are left out."""
        self._write(sorted(count for count in counts if _fits_line(count[0])))
        if len(self.files) == _MERGED_AT_ONCE:
            merged, self.files = self.files, []
            self._write(_merge(merged))
            for file in merged:
                file.unlink()

    def __iter__(self) -> Iterator[WordCount]:
        """Yield each word once, as UTF-8 and in their order, with its total."""
        return _merge(self.files)

    def _write(self, counts: Iterable[WordCount]) -> None:
        path = self.folder / f"{self._n_written}.counts"
        with path.open("wb") as file:
            file.writelines(b"%r %s\n" % (n, word) for word, n in counts)
        self._n_written += 1
        self.files.append(path)


def choose_words(counts: Iterable[WordCount], *, max_words: int | None, min_count: int) -> list[str]:
    """Return the vocabulary of a text, markers included.

    Args:
        counts: Each word once.
        max_words: Size of the vocabulary at most, markers included. None for no limit.
        min_count: Occurrences that a word must have.

    Raises:
        CorpusError: No word is left.
    """
    frequent = ((-n, word) for word, n in counts if n >= min_count and word.decode() not in MARKERS)
    chosen = sorted(frequent) if max_words is None else heapq.nsmallest(max_words - len(MARKERS), frequent)
    if not chosen:
        problem = f"no word of the text is left with max_words = {max_words} and min_count = {min_count}"
        raise CorpusError(f"vocabulary: {problem}; raise the one, lower the other, or add text")
    return [*MARKERS, *(word.decode() for _, word in chosen)]


def count_words(
    words: Sequence[str], counts: Iterable[WordCount], *, n_words: float, n_sentences: float
) -> Vocabulary:
    """Return a vocabulary with the counts of its words in a text of so many words and sentences."""
    vocabulary = Vocabulary(tuple(words), np.zeros(len(words), dtype=np.int64))
    sums = np.zeros(len(words))
    for word, n in counts:
        sums[vocabulary.index.get(word.decode(), UNK_ID)] += n
    sums[[BOS_ID, EOS_ID]] = n_sentences
    sums[UNK_ID] = n_words - sums[UNK_ID + 1 :].sum()
    vocabulary.counts[:] = np.rint(sums)
    return vocabulary


def _fits_line(word: bytes) -> bool:
    return bool(word) and b"\n" not in word and not word.endswith(b"\r")


def _merge(paths: Sequence[Path]) -> Iterator[WordCount]:
    with ExitStack() as stack:
        files = [_read_counts(stack.enter_context(path.open("rb"))) for path in paths]
        for word, counts in groupby(heapq.merge(*files), key=itemgetter(0)):
            yield word, sum(n for _, n in counts)


def _read_counts(file: BinaryIO) -> Iterator[WordCount]:
    for line in file:
        n, _, word = line[:-1].partition(b" ")
        yield word, float(n)
