"""Which sense of a word a use is nearest to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..util.types import Floats1d, Floats2d


class WordSenses:
    """The senses of a word, each the mean of the directions in which the vectors of its examples point.

    Args:
        vectors: (examples, width).
        senses: (examples,), the sense of each.

    Attributes:
        names: (senses,), in the order in which they come.
    """

    def __init__(self, vectors: Floats2d, senses: Sequence[str]):
        self.names = list(dict.fromkeys(senses))
        units, labels = unit(vectors), np.asarray(senses)
        self._centroids = unit(np.stack([units[labels == name].mean(axis=0) for name in self.names]))

    def cosines(self, vectors: np.ndarray) -> np.ndarray:
        """Return (..., senses): how near vectors, (..., width), are to each sense, from -1 to 1."""
        return unit(vectors) @ self._centroids.T

    def choose(self, vector: Floats1d) -> tuple[str, float]:
        """Return the sense that a vector, (width,), is nearest to, and by how much its cosine is above the next."""
        cosines = self.cosines(vector)
        second, best = np.argsort(cosines, kind="stable")[-2:]
        return self.names[best], float(cosines[best] - cosines[second])


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors, (..., width), as long as 1; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
