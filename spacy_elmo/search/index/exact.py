"""Exact search: the cosine of every vector, block by block, in memory that does not grow with the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...text.readers import CorpusError
from ...util.types import Floats1d, Floats2d, Floats3d, Ints1d

BLOCK = 2**20  # numbers of a layer that are in memory at a time
NOT_FINITE = "a vector of the index has numbers that are not finite; build it again"


def nearest_rows(blocks: Iterable[tuple[Ints1d, Floats1d]], top: int) -> tuple[Ints1d, Floats1d]:
    """Return the rows of the highest cosines, highest first, of equal ones the first.

    Args:
        blocks: Row numbers in rising order, and their cosines.
        top: How many to return, where there are so many.
    """
    rows, cosines = np.empty(0, dtype="int64"), np.empty(0, dtype="float32")
    for block_rows, block in blocks:
        if len(cosines) == top:
            is_nearer = block > cosines[-1]
            block_rows, block = block_rows[is_nearer], block[is_nearer]
        rows, cosines = np.concatenate([rows, block_rows]), np.concatenate([cosines, block])
        order = np.argsort(-cosines, kind="stable")[:top]
        rows, cosines = rows[order], cosines[order]
    return rows, cosines


def shard_cosines(
    vectors: np.ndarray, weights: Floats1d, query: Floats1d, rows: Ints1d | None = None
) -> Iterator[tuple[Ints1d, Floats1d]]:
    """Yield the rows of a shard, block by block, and the cosine of each with a query.

    A cosine does not depend on the rows around it.

    Args:
        vectors: (rows, layers, width), mapped.
        weights: (layers,), of the mix.
        query: (width,), of length 1.
        rows: Those to take, in rising order; None for all.

    Raises:
        CorpusError: A number is not finite.
    """
    size = max(1, BLOCK // vectors.shape[-1])
    for start in range(0, len(vectors) if rows is None else len(rows), size):
        part = np.arange(start, min(start + size, len(vectors))) if rows is None else rows[start : start + size]
        block = vectors[start : start + size] if rows is None else vectors[part]
        cosines = _cosines(mix_block(block, weights), query)
        if not np.isfinite(cosines).all():
            raise CorpusError(NOT_FINITE)
        yield part, cosines


def mix_block(block: Floats3d, weights: Floats1d) -> Floats2d:
    """Return (rows, width), the weighted sum of (rows, layers, width), as float32."""
    total = np.zeros((block.shape[0], block.shape[2]), dtype="float32")
    for layer in np.flatnonzero(weights):
        total += block[:, layer].astype("float32") * weights[layer]
    return total


def _cosines(vectors: Floats2d, query: Floats1d) -> Floats1d:
    lengths = np.sqrt(np.einsum("rd,rd->r", vectors, vectors))
    products = np.einsum("rd,d->r", vectors, query)  # each row by itself, which products of matrices are not
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths != 0)
