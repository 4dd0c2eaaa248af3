"""A word in its context: where it is in brackets, and its vector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from ...embedding.embedder import Embedder
from ...embedding.settings import Settings, parse_layers
from ...text.readers import CorpusError
from ...util.types import Floats2d
from .files import Manifest

EXAMPLE = 'as in "He scored on a brilliant [play] ."'


def parse_query(query: str) -> tuple[str, int, int]:
    """Return the text of a query without its brackets, and where the word in them starts and ends.

    Raises:
        ValueError: There is no word in brackets, or there are several.
    """
    opening, closing = query.find("["), query.find("]")
    if opening < 0 and closing < 0:
        raise ValueError(f"query {query!r:.80}: no word in brackets; put them around one, {EXAMPLE}")
    if query.count("[") > 1 or query.count("]") > 1:
        raise ValueError(f"query {query!r:.80}: several brackets; put them around one word alone, {EXAMPLE}")
    if opening < 0 or closing < opening:
        raise ValueError(f"query {query!r:.80}: a bracket without the other one; put them around a word, {EXAMPLE}")
    inner = query[opening + 1 : closing]
    if not inner.strip():
        what = "only blanks" if inner else "nothing"
        raise ValueError(f"query {query!r:.80}: {what} between the brackets; put them around a word, {EXAMPLE}")
    start = opening + len(inner) - len(inner.lstrip())
    return query[:opening] + inner + query[closing + 1 :], start, start + len(inner.strip())


def load_embedder(manifest: Manifest, model: str | None = None) -> Embedder:
    """Return what computes vectors as those of an index.

    Args:
        manifest: Of the index.
        model: Name or path of the model, where it is not the one that the index names.

    Raises:
        WeightsError: The model cannot be loaded.
        CorpusError: It has other weights.
    """
    model = model or manifest.model
    layers = parse_layers(manifest.layers)
    embedder = Embedder(Settings(model, "", manifest.lang, "npy", layers, dtype="float16"))
    if embedder.pipe.weights_digest != manifest.digest:
        problem = f"other weights than those of {manifest.model} that the index was built with"
        raise CorpusError(f"{model}: {problem}; name those, or build another index")
    return embedder


def embed_query(embedder: Embedder, query: str) -> tuple[str, Floats2d]:
    """Return the word in brackets, and (layers, width) as an index has it; one layer where it has one vector a word.

    Raises:
        ValueError: What is in brackets is not one word.
    """
    text, start, end = parse_query(query)
    rows = list(embedder.rows([{"id": "query", "text": text}]))
    words = list(chain.from_iterable(row.words for row in rows))
    spans = list(find_spans(text, words))
    if (start, end) not in spans:
        touched = [word for word, (first, last) in zip(words, spans) if first < end and last > start]
        within = f"{text[start:end]!r:.80} in brackets is"
        if len(touched) > 1:
            raise ValueError(f"{within} {len(touched)} words ({', '.join(touched)}); put the brackets around one")
        raise ValueError(f"{within} a part of the word {touched[0]!r:.80}; put the brackets around all of it")
    number = spans.index((start, end))
    arrays = (row.vectors[None] if row.layers is None else row.layers for row in rows)
    return words[number], np.concatenate(list(arrays), axis=1)[:, number]


def find_spans(text: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where each word of a text starts and ends.

    Raises:
        ValueError: The words are not those of the text.
    """
    end = 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        yield start, end


def span_of(text: str, words: Sequence[str], number: int) -> tuple[int, int]:
    """Return where the word of a number starts and ends."""
    return list(find_spans(text, words[: number + 1]))[number]
