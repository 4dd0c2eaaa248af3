"""Words to character ids: as bilm-tf and AllenNLP number them, UTF-8 bytes between word markers, or another way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PAD = range(256, 261)
N_CHARACTERS = 261  # 256 bytes and the five above; ids are one higher, because 0 masks a whole word

BOS, EOS, UNK = "<S>", "</S>", "<UNK>"
MARKERS = {BOS: BEGIN_SENTENCE, EOS: END_SENTENCE}


class Spelling:
    """How words become rows of character ids. Ids are one higher than rows of the embedding: 0 masks a position.

    Args:
        n_characters: Rows of the embedding.
        begin: Row of what begins a word.
        end: Row of what ends it.
        pad: Row of what fills it up.
        markers: Words that stand for one character, and its row: the sentence markers, the opening one first.
    """

    def __init__(self, n_characters: int, *, begin: int, end: int, pad: int, markers: Mapping[str, int]):
        self.n_characters = n_characters
        self.begin, self.end, self.pad = begin + 1, end + 1, pad + 1
        self.markers = {word: row + 1 for word, row in markers.items()}

    def rows(self, words: Sequence[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the characters of all words, one after the other, and how many characters each word has.

        Args:
            words: Any strings.
            longest: Characters of a word at most.
        """
        raise NotImplementedError

    def __call__(self, words: Sequence[str], max_characters: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (words, characters of the longest) ids, and how many each word has, its two markers included.

        Args:
            words: Any strings.
            max_characters: Characters of a word at most, its two markers included.
        """
        rows, lengths = self.rows(words, max_characters - 2)
        ids = np.full((len(words), int(lengths.max(initial=1)) + 2), self.pad, dtype=np.int64)
        ids[:, 0] = self.begin
        inner = ids[:, 1:-1]
        inner[np.arange(inner.shape[1]) < lengths[:, None]] = rows + np.int64(1)
        for i, word in enumerate(words):
            if word in self.markers:
                ids[i, 1:], lengths[i] = self.pad, 1
                ids[i, 1] = self.markers[word]
        ids[np.arange(len(words)), lengths + 1] = self.end
        return ids, lengths + 2

    def whole(self, words: Sequence[str], max_characters: int) -> Tensor:
        """Return (words, max_characters) int64, the ids with all padding."""
        ids, _ = self(words, max_characters)
        padded = np.full((len(words), max_characters), self.pad, dtype=np.int64)
        padded[:, : ids.shape[1]] = ids
        return torch.from_numpy(padded)


class ByteSpelling(Spelling):
    """The bytes of words."""

    def __init__(self) -> None:
        super().__init__(N_CHARACTERS, begin=BEGIN_WORD, end=END_WORD, pad=PAD, markers=MARKERS)

    def rows(self, words: Sequence[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
        data = [word_bytes(word, longest + 2) for word in words]
        return np.frombuffer(b"".join(data), dtype=np.uint8), np.array([len(item) for item in data], dtype=np.int64)


BYTES = ByteSpelling()


def word_bytes(word: str, max_characters: int = 50) -> bytes:
    """Return the bytes of a word that its vector depends on.

    These are the bytes of its UTF-8 form without lone surrogates, cut so that the two word markers have room. The cut
    may split a character, as it did when the published models were trained.

    Args:
        word: Any string.
        max_characters: Positions of a word, the two markers included.
    """
    return word.encode("utf8", "ignore")[: max_characters - 2]


def characters_to_ids(words: Sequence[str], max_characters: int = 50) -> Tensor:
    """Return the character ids of words.

    Args:
        words: Any strings. `<S>` and `</S>` get the ids of the sentence markers.
        max_characters: Columns of the result.

    Returns:
        (words, max_characters), int64. Each row is the begin marker, the bytes, the end marker and padding, all plus
        one.
    """
    return BYTES.whole(words, max_characters)
