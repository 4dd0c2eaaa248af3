"""Words to character ids: UTF-8 bytes between word markers, as bilm-tf and AllenNLP number them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

BEGIN_SENTENCE, END_SENTENCE, BEGIN_WORD, END_WORD, PAD = range(256, 261)
N_CHARACTERS = 261  # 256 bytes and the five above; ids are one higher, because 0 masks a whole word

BOS, EOS, UNK = "<S>", "</S>", "<UNK>"
MARKERS = {BOS: BEGIN_SENTENCE, EOS: END_SENTENCE}


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
    ids = np.full((len(words), max_characters), PAD + 1, dtype=np.int64)
    ids[:, 0] = BEGIN_WORD + 1
    for row, word in zip(ids, words):
        if word in MARKERS:
            row[1] = MARKERS[word] + 1
            row[2] = END_WORD + 1
        else:
            data = word_bytes(word, max_characters)
            row[1 : len(data) + 1] = np.frombuffer(data, dtype=np.uint8)
            row[1 : len(data) + 1] += 1
            row[len(data) + 1] = END_WORD + 1
    return torch.from_numpy(ids)
