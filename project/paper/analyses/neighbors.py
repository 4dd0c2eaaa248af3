"""Nearest neighbors of a word, with its context and without (paper, table 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from spacy_elmo.search.index import Index, Neighbor, build_index, open_index

from .rows import Row, Rows, describe_inputs, describe_model

QUERIES = (  # the two of the paper
    "Chico Ruiz made a spectacular [play] on Alusik 's grounder .",
    "Olivia De Havilland signed to do a Broadway [play] for Garson .",
)


def find_neighbors(
    model: str,
    texts: Sequence[Path],
    index: Path,
    *,
    queries: Sequence[str] = QUERIES,
    top: int = 5,
    rows: Rows | None = None,
) -> list[Row]:
    """Return the uses in a corpus that are nearest to words in their context, and the words nearest to the word alone.

    Args:
        model: Name or path of weights.
        texts: Files of text to search in.
        index: A folder for their vectors, which is built, or is there already.
        queries: Sentences with one word in brackets.
        top: How many neighbors of each.
        rows: Where rows are kept; nowhere if None.

    Returns:
        For each query and layer so many rows, the nearest first: "query", "vectors" ("layer 1", ..., "without
        context", which is layer 0, of other words alone), "rank", "cosine", "word" and "text", its sentence.

    Raises:
        ValueError: A query has not one word in brackets, a text cannot be read, or the index is of other texts.
        WeightsError: The weights cannot be loaded.
    """
    key = {"analysis": "neighbors", **describe_model(model), **describe_inputs(*texts), "top": top}
    rows = rows or Rows()
    found = []
    for query in queries:
        found += rows.get({**key, "query": query}, partial(_search, model, texts, index, query, top))
    return found


def _search(model: str, texts: Sequence[Path], folder: Path, query: str, top: int) -> Iterator[Row]:
    build_index(texts, folder, model=model, layers="all")
    index = open_index(folder, model=model)
    word, layers = index.embed(query)
    yield from _rows("without context", _other_words(index, query, word, top))
    for layer in range(1, len(layers)):
        yield from _rows(f"layer {layer}", index.nearest(query, layer=layer, top=top))


def _other_words(index: Index, query: str, word: str, top: int) -> list[Neighbor]:
    """Return the first use of each of the words that are nearest by their own vectors, in any case."""
    size = 100 * top
    while True:
        uses = index.nearest(query, layer=0, top=size)
        firsts = {use.word.lower(): use for use in reversed(uses) if use.word.lower() != word.lower()}
        if len(firsts) >= top or len(uses) < size:
            return sorted(firsts.values(), key=lambda use: (-use.cosine, use.row))[:top]
        size *= 10


def _rows(vectors: str, neighbors: Sequence[Neighbor]) -> Iterator[Row]:
    for rank, found in enumerate(neighbors, start=1):
        yield {
            "vectors": vectors,
            "rank": rank,
            "cosine": round(found.cosine, 4),
            "word": found.word,
            "text": found.text,
        }
