"""The uses that a search finds, as a page to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...tokens.mix import Mix
from ..page import Entry, Use, write_entries
from .index import Index, Neighbor
from .query import parse_query


def write_neighbors(path: Path | str, index: Index, query: str, neighbors: Sequence[Neighbor]) -> None:
    """Write a query and the uses that are nearest to it as a page, see `search.page.write_page`.

    The query is the first use. The page has the layers that the index has: all, or the one vector of each word.

    Args:
        path: The file.
        index: The index.
        query: As of `Index.nearest`.
        neighbors: What it returned.

    Raises:
        ValueError: As of `Index.nearest` and `write_page`.
        CorpusError: As of `Index.nearest`.
        WriteError: The file cannot be written.
    """
    text, start, end = parse_query(query)
    word, layers = index.embed(query)
    uses = [Use(text[:start], word, text[end:], "the query")]
    for found in neighbors:
        after = found.text[found.start + len(found.word) :]
        uses.append(Use(found.text[: found.start], found.word, after, found.place))
    vectors = np.concatenate([layers[:, None], index.vectors_of([found.row for found in neighbors])], axis=1)
    about = f"“{word}” in the query, which is use 1, and the {len(neighbors)} nearest uses that were found"
    names = () if index.mix is None else (_name(index.mix),)
    write_entries(path, [Entry(word, uses, vectors, names, about)], title=f"Nearest to {word}: {text}")


def _name(mix: Mix) -> str:
    """Return what the one layer of an index is called."""
    if isinstance(mix, str):
        return {"top": "the top layer", "average": "the average of all layers"}[mix]
    return f"layer {mix}" if isinstance(mix, int) else f"the mix {', '.join(f'{weight:g}' for weight in mix)}"
