"""Approximate search: a graph of vectors (HNSW, by usearch) gives rows whose cosines are then computed exactly.

The graph has the first principal components of each vector, which keep most of a cosine: of so few numbers it is built
some times faster, and is smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ...text.readers import CorpusError
from ...util.staging import staged
from ...util.types import Floats1d, Floats2d, Ints1d
from .exact import NOT_FINITE
from .files import GRAPH, PROJECTION, REMEDY, load_array, save_array

COMPONENTS = 64
SAMPLE = 20_000  # rows, at least, that the components are found by
LINKS, EXPANSION = 16, 64  # of a row, and rows that are looked at to find them
WIDER = 20  # times as many rows as are asked for come from the graph
FEWEST = 500  # rows that come from it


def check() -> None:
    """Raise ImportError where what this needs is not installed."""
    try:
        import usearch.index  # noqa: F401
    except ImportError as error:
        raise ImportError('an approximate index needs usearch: pip install "spacy-elmo[search]"') from error


def write_graph(
    folder: Path, read: Callable[[], Iterable[Floats2d]], rows: int, *, count: Callable[[int], object]
) -> None:
    """Write the graph of vectors, which memory holds until then. One thread, so that it is always the same.

    Args:
        folder: Where to write it.
        read: Returns blocks of vectors, (rows, width), in the order of the rows. It is called twice.
        rows: How many vectors there are.
        count: Called with a number of rows that are done.

    Raises:
        CorpusError: A number is not finite.
    """
    from usearch.index import Index

    projection = find_projection(read(), rows)
    graph = Index(ndim=projection.shape[1], metric="cos", dtype="f16", connectivity=LINKS, expansion_add=EXPANSION)
    for block in read():
        keys = np.arange(len(graph), len(graph) + len(block), dtype="uint64")
        graph.add(keys, _unit(block) @ projection, threads=1)
        count(len(block))
    with staged(folder, [GRAPH, PROJECTION]) as stage:
        save_array(stage / PROJECTION, projection)
        graph.save(str(stage / GRAPH))


def find_projection(blocks: Iterable[Floats2d], rows: int) -> Floats2d:
    """Return (width, components), the principal components of vectors of length 1, by rows from all over them.

    Args:
        blocks: As of `write_graph`.
        rows: How many vectors there are.

    Raises:
        CorpusError: A number is not finite.
    """
    step = max(1, rows // SAMPLE)
    samples = (_unit(block[::step]).astype("float64") for block in blocks)
    _, components = np.linalg.eigh(sum(sample.T @ sample for sample in samples))
    return np.ascontiguousarray(components[:, ::-1][:, :COMPONENTS], dtype="float32")


def _unit(vectors: Floats2d) -> Floats2d:
    """Return vectors with length 1, but for those that are zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise CorpusError(NOT_FINITE)
    return vectors / np.where(lengths > 0, lengths, 1)


def find_candidates(folder: Path, query: Floats1d, top: int, rows: int) -> Ints1d:
    """Return rows that are near to a query, in rising order.

    Args:
        folder: Where the graph is, which is mapped.
        query: (width,), of length 1.
        top: How many are to be found.
        rows: How many the graph must have.

    Raises:
        ImportError: usearch is not installed.
        CorpusError: The file is not the graph of so many rows.
    """
    check()
    from usearch.index import Index

    path, width = folder / GRAPH, min(COMPONENTS, len(query))
    projection = load_array(folder / PROJECTION, [len(query), width], "float32")
    try:
        graph = Index.restore(str(path), view=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise CorpusError(f"{path}: not a graph that usearch reads ({error}); {REMEDY}") from error
    if graph is None or len(graph) != rows or graph.ndim != width:
        raise CorpusError(f"{path}: not the graph of this index; {REMEDY}")
    found = graph.search(query @ projection, max(FEWEST, WIDER * top), threads=1).keys.astype("int64")
    return np.unique(found[found < rows])
