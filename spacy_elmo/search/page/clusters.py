"""Groups of uses that are near each other, where nobody has said what their senses are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

MOST = 6  # groups


def find_clusters(vectors: np.ndarray) -> list[int]:
    """Return the group of each use, numbered from 0 in the order of the uses.

    Groups grow by Ward's method. As many are returned, up to six, as have the best mean silhouette; one where none has
    a positive one.

    Args:
        vectors: (uses, width), of length 1.
    """
    distances = np.maximum(2 - 2 * vectors @ vectors.T, 0)  # squares of Euclidean ones
    best, best_score = np.zeros(len(vectors), int), 0.0
    for groups in _ward(distances):
        if 1 < len(set(groups.tolist())) <= MOST:
            score = _silhouette(distances, groups)
            if score > best_score:
                best, best_score = groups, score
    order = list(dict.fromkeys(best.tolist()))
    return [order.index(group) for group in best.tolist()]


def _ward(squared: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the group of each use, from one group fewer than uses down to one group in all."""
    distances = squared.copy()
    np.fill_diagonal(distances, np.inf)
    groups, sizes = np.arange(len(distances)), np.ones(len(distances))
    for _ in range(len(distances) - 1):
        i, j = divmod(int(distances.argmin()), len(distances))
        a, b, nearest = sizes[i] + sizes, sizes[j] + sizes, distances[i, j]
        merged = (a * distances[i] + b * distances[j] - sizes * nearest) / (sizes[i] + b)  # Lance and Williams
        distances[i] = distances[:, i] = merged
        distances[j] = distances[:, j] = np.inf
        sizes[i] += sizes[j]
        groups = np.where(groups == j, i, groups)
        yield groups


def _silhouette(distances: np.ndarray, groups: np.ndarray) -> float:
    """Return the mean silhouette. A use that is alone counts 0."""
    members = (groups[:, None] == np.unique(groups)).astype(float)  # (uses, groups)
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = (sums * members).sum(axis=1) / np.maximum((members @ sizes) - 1, 1)
    other = np.where(members > 0, np.inf, sums / sizes).min(axis=1)
    larger = np.maximum(np.maximum(own, other), 1e-9)  # equal vectors: 0 / 0
    return float(np.where(members @ sizes > 1, (other - own) / larger, 0).mean())
