"""The softmax of a trained model over the vocabulary of another text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ...bilm.characters import UNK
from ...formats import Head

BLOCK_LOGITS = 1 << 23  # computed at once


def change_vocabulary(head: Head, words: Sequence[str], counts: Sequence[int]) -> Head:
    """Return a softmax over other words.

    Rows of words that it knows are kept. The new ones share the probability of `<UNK>`, which is what they were, by
    their counts.

    Args:
        head: The softmax of the trained model.
        words: The new vocabulary, with `<UNK>`.
        counts: (words,), how often each occurs in the new text.

    Raises:
        ValueError: The head has no `<UNK>`.
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


class Likelihoods:
    """Exact log likelihoods of a vocabulary by a softmax over that vocabulary or another.

    They sum to 1 over the vocabulary whatever the softmax is over, so that models can be compared. What the softmax
    gives to words outside the vocabulary goes to `<UNK>`. Words that the softmax does not have share its `<UNK>` in
    equal parts with `<UNK>` itself.

    Args:
        head: The softmax.
        words: The vocabulary, with `<UNK>`.

    Raises:
        ValueError: The head has no `<UNK>`.
    """

    def __init__(self, head: Head, words: Sequence[str]):
        index = {word: i for i, word in enumerate(head.words)}
        if UNK not in index:
            raise ValueError(f"the vocabulary of the softmax has no {UNK}, so words outside it have no likelihood")
        self.head = head
        wanted = set(words)
        missing = torch.tensor([word not in index for word in words])
        device = head.weight.device
        self.columns = torch.tensor([index.get(word, index[UNK]) for word in words], device=device)
        self.log_parts = math.log(1 + int(missing.sum()))  # of how many equal parts of `<UNK>` a word has one
        self.taken_off = (missing * self.log_parts).to(device)  # (words,), from the logit of each
        self.unknown = list(words).index(UNK)
        outside = [i for word, i in index.items() if word not in wanted]
        self.outside = torch.tensor(outside, dtype=torch.long, device=device)

    def __call__(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return (rows,), the log likelihoods of words.

        Args:
            h: (rows, projection size), what they are predicted from, on the device of the head.
            targets: (rows,), their ids in the vocabulary, on the same.
        """
        size = max(1, BLOCK_LOGITS // len(self.head.words))
        return torch.cat([self._block(*block) for block in zip(h.split(size), targets.split(size))])

    def _block(self, h: Tensor, targets: Tensor) -> Tensor:
        logits = torch.addmm(self.head.bias, h, self.head.weight.T)
        chosen = logits.gather(1, self.columns[targets][:, None])[:, 0] - self.taken_off[targets]
        is_unknown = targets == self.unknown
        of_unknown = logits[is_unknown]
        parts = [of_unknown[:, self.outside], of_unknown[:, self.columns[self.unknown], None] - self.log_parts]
        chosen[is_unknown] = torch.cat(parts, dim=1).logsumexp(dim=1)
        return chosen - logits.logsumexp(dim=1)
