"""Approximate search: a graph of vectors (HNSW, by usearch) gives rows whose cosines are then computed exactly."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ...text.readers import CorpusError
from ...util.staging import staged
from ...util.types import Floats1d, Floats2d, Ints1d
from .files import GRAPH, REMEDY

WIDER = 10  # times as many rows as are asked for come from the graph
FEWEST = 200  # rows that come from it


def check() -> None:
    """Raise ImportError where what this needs is not installed."""
    try:
        import usearch.index  # noqa: F401
    except ImportError as error:
        raise ImportError('an approximate index needs usearch: pip install "spacy-elmo[search]"') from error


def write_graph(folder: Path, blocks: Iterable[Floats2d], width: int) -> None:
    """Write the graph of vectors, which memory holds as float16 until then. One thread, so that it is always the same.

    Args:
        folder: Where to write it.
        blocks: (rows, width), in the order of the rows.
        width: Of a vector.
    """
    from usearch.index import Index

    graph = Index(ndim=width, metric="cos", dtype="f16")
    for block in blocks:
        graph.add(np.arange(len(graph), len(graph) + len(block), dtype="uint64"), block, threads=1)
    with staged(folder, [GRAPH]) as stage:
        graph.save(str(stage / GRAPH))


def find_candidates(path: Path, query: Floats1d, top: int, rows: int) -> Ints1d:
    """Return rows that are near to a query, in rising order.

    Args:
        path: Of the graph, which is mapped.
        query: (width,).
        top: How many are to be found.
        rows: How many the graph must have.

    Raises:
        ImportError: usearch is not installed.
        CorpusError: The file is not the graph of so many rows.
    """
    check()
    from usearch.index import Index

    try:
        graph = Index.restore(str(path), view=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise CorpusError(f"{path}: not a graph that usearch reads ({error}); {REMEDY}") from error
    if graph is None or len(graph) != rows or graph.ndim != len(query):
        raise CorpusError(f"{path}: not the graph of this index; {REMEDY}")
    found = graph.search(query, max(FEWEST, WIDER * top), threads=1).keys.astype("int64")
    return np.unique(found[found < rows])
