"""Where the uses of a word lie in a plane, layer by layer."""

from __future__ import annotations

import numpy as np

SAME = 1e-4  # vectors of length 1 that are nearer than this are equal but for rounding


def find_places(vectors: np.ndarray) -> np.ndarray:
    """Return (layers, uses, 2), numbers from -1 to 1: the two principal components of each layer.

    Each layer is turned, and mirrored where it must be, so that its points are near those of the layer above. The scale
    of all layers is the same. Equal vectors are in the middle.

    Args:
        vectors: (layers, uses, width), of length 1.
    """
    planes = np.stack([_principal(layer) for layer in vectors])
    for layer in reversed(range(len(planes) - 1)):
        planes[layer] = planes[layer] @ _rotation(planes[layer], planes[layer + 1])
    reach = np.abs(planes).max()
    return planes / reach if reach > SAME else np.zeros_like(planes)


def _principal(vectors: np.ndarray) -> np.ndarray:
    """Return (uses, 2). The first use that is not in the middle has positive coordinates, since signs are arbitrary."""
    left, scales, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    plane = np.zeros((len(vectors), 2))
    for axis in range(min(2, len(scales))):
        column = left[:, axis] * scales[axis]
        first = column[np.argmax(np.abs(column) > 0.01 * np.abs(column).max())]
        plane[:, axis] = column * (-1 if first < 0 else 1)
    return plane


def _rotation(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the orthogonal matrix (2, 2) that brings points nearest to targets (Procrustes)."""
    left, _, right = np.linalg.svd(points.T @ targets)
    return left @ right
