"""The vectors of the words used last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

LONGEST = 100  # characters of a word that is kept; longer ones hardly come twice


class WordCache:
    """A bounded map of words to vectors that forgets what was not used for the longest time.

    Args:
        capacity: Number of words, 0 for none. Memory is taken as words come.
        width: Numbers in a vector.

    Raises:
        ValueError: Where there can be no memory for so many.
    """

    def __init__(self, capacity: int, width: int):
        self.capacity = capacity
        try:
            self.vectors = torch.empty(capacity, width, dtype=torch.float32)
        except RuntimeError as error:  # more than the system would ever give
            raise ValueError(f"word_cache = {capacity}: there is no memory for so many vectors; lower it") from error
        self.slots: OrderedDict[str, int] = OrderedDict()

    def look_up(self, words: Sequence[str], compute: Callable[[list[str]], Tensor]) -> Tensor:
        """Return (words, width), the vectors of words.

        Args:
            words: Each once.
            compute: Returns the vectors of words that are not here.
        """
        slots = [self.slots.get(word, -1) for word in words]
        missing = [word for word, slot in zip(words, slots) if slot < 0]
        if not missing:
            self._touch(words)
            return self.vectors[slots]
        computed = compute(missing)
        if len(missing) == len(words):
            result = computed
        else:
            index = torch.tensor(slots, dtype=torch.long)
            result = self.vectors[index.clamp(min=0)]
            result[index < 0] = computed
            self._touch([word for word, slot in zip(words, slots) if slot >= 0])
        self._add(missing, computed)
        return result

    def _touch(self, words: Sequence[str]) -> None:
        for word in words:
            self.slots.move_to_end(word)

    def _add(self, words: list[str], vectors: Tensor) -> None:
        """Take in new words, the last ones where not all have room."""
        short = [i for i, word in enumerate(words) if len(word) <= LONGEST]
        kept = short[max(0, len(short) - self.capacity) :]
        n_free = self.capacity - len(self.slots)
        slots = list(range(len(self.slots), len(self.slots) + min(n_free, len(kept))))
        slots += [self.slots.popitem(last=False)[1] for _ in range(len(kept) - len(slots))]
        self.vectors[slots] = vectors[kept]
        self.slots.update(zip((words[i] for i in kept), slots))  # a word is known once its vector is there
