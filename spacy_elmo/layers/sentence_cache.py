"""The layers of sentences that come again: with a frozen biLM, every epoch after the first would compute the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from ..util.types import Floats3d

Sentence = tuple[str, ...]
Compute = Callable[[Sequence[Sequence[str]]], Floats3d]


class SentenceCache:
    """The layers of sentences by their words, up to a number of bytes.

    Sentences that come when it is full are computed each time. To drop old ones for new ones would hit nothing in
    epochs longer than the cache.

    Args:
        max_bytes: Bytes of the arrays at most.
        dtype: "float32" or "float16" of what is kept. What is computed anew has it as well, so that a sentence has the
            same numbers in every epoch.
    """

    def __init__(self, max_bytes: int, dtype: str):
        self.max_bytes = max_bytes
        self.dtype = dtype
        self.n_bytes = 0
        self._layers: dict[Sentence, Floats3d] = {}
        self._n_words = 0
        self._new_words = 0
        self._is_full = False

    def __contains__(self, words: Sequence[str]) -> bool:
        return tuple(words) in self._layers

    def __len__(self) -> int:
        return len(self._layers)

    def note_update(self) -> None:
        """Training goes on."""
        self._new_words = 0

    @property
    def is_over(self) -> bool:
        """Whether more new words were computed since the last update than the cache holds.

        That is other text than that of the training and its evaluations: the cache is of no use any more.
        """
        return self._new_words > max(self._n_words, 10_000)

    def encode(self, sentences: Sequence[Sequence[str]], compute: Compute) -> Floats3d:
        """Return (layers, words of all sentences, width), computing what is not kept."""
        keys = list(map(tuple, sentences))
        new = [key for key in dict.fromkeys(keys) if key not in self._layers]
        computed = self._compute(new, compute)
        parts = [computed[key] if key in computed else self._layers[key] for key in keys]
        for key, layers in computed.items():
            self._keep(key, layers)
        return np.concatenate(parts, axis=1) if parts else compute([])

    def _compute(self, new: list[Sentence], compute: Compute) -> dict[Sentence, Floats3d]:
        if not new:
            return {}
        vectors = compute(new).astype(self.dtype, copy=False)
        ends = np.cumsum([len(words) for words in new])
        self._new_words += int(ends[-1])
        return dict(zip(new, np.split(vectors, ends[:-1], axis=1)))

    def _keep(self, words: Sentence, layers: Floats3d) -> None:
        if self.n_bytes + layers.nbytes <= self.max_bytes:
            self._layers[words] = layers.copy()  # a part would keep the array of the whole batch alive
            self.n_bytes += layers.nbytes
            self._n_words += len(words)
        elif not self._is_full:
            self._is_full = True
            warnings.warn(
                f"train_cache_mb = {self.max_bytes / 2**20:g}: full with {self._n_words} words; the vectors of other "
                "sentences are computed in every epoch",
                stacklevel=2,
            )
