"""The softmax of a trained model over the vocabulary of another text."""

from __future__ import annotations

from typing import Sequence

import torch

from ...bilm.characters import UNK
from ...formats import Head


def change_vocabulary(head: Head, words: Sequence[str], counts: Sequence[int]) -> Head:
    """Return a softmax over other words: rows of words that it knows are kept. The new ones share the probability of
    `<UNK>`, which is what they were, by their counts.

    head: of the trained model. words: the new vocabulary, with `<UNK>`. counts: of these words in the new text.
    Raises ValueError for a head without `<UNK>`.
    """
    index = {word: i for i, word in enumerate(head.words)}
    if UNK not in index:
        raise ValueError(f"the vocabulary of the softmax has no {UNK} to start new words from; start a new softmax")
    rows = torch.tensor([index.get(word, index[UNK]) for word in words])
    shared = rows == index[UNK]
    numbers = torch.tensor(counts, dtype=torch.float64).clamp(min=1)
    bias = head.bias[rows]
    bias[shared] += (numbers[shared] / numbers[shared].sum()).log().float()
    return Head(tuple(words), head.weight[rows], bias)
