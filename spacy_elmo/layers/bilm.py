"""`spacy-elmo.BiLM.v1`: Docs to the layers of a biLM."""

from __future__ import annotations

from typing import Callable, Iterator, Sequence, cast

import numpy as np
from spacy.tokens import Doc, Span
from thinc.api import Model

from ..types import Floats3d, Ints1d
from .shim import BiLMShim

SpanGetter = Callable[[Sequence[Doc]], list[list[Span]]]
InT = Sequence[Doc]
OutT = list[Floats3d]


def build_bilm(
    get_spans: SpanGetter,
    initial_state: str = "warm",
    max_batch_words: int = 4096,
    word_cache: int = 100_000,
    device: str | None = None,
) -> Model[InT, OutT]:
    """Build the Thinc layer of a biLM; its weights are loaded by the pipe.

    get_spans: cuts Docs into the spans that the biLM reads, one sentence each. Where spans overlap, a token gets the
        mean of its vectors; tokens in no span get zeros.
    initial_state: what every sentence starts from: "warm" (the state an empty sentence leaves) or "zeros".
    max_batch_words: words computed at once, which bounds memory.
    word_cache: words whose context-free vector is kept from call to call.
    device: torch device; None follows Thinc.
    RETURNS: List[Doc] to a list of (layers, tokens, width) float32 arrays. Whitespace is not fed; its rows are zero.
        The attribute "layers" is a list of layers to compute, or None for all of them, L + 1.
    Raises ValueError for a setting out of range.
    """
    _check_size("max_batch_words", max_batch_words, smallest=1)
    _check_size("word_cache", word_cache, smallest=0)
    shim = BiLMShim(device=device, initial_state=initial_state, max_batch_words=max_batch_words, word_cache=word_cache)
    return Model("bilm", forward, shims=[shim], attrs={"get_spans": get_spans, "layers": None}, dims={"nO": None})


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable]:
    """Compute without gradients: the biLM is frozen."""
    shim = cast(BiLMShim, model.shims[0])
    config, layers = shim.model.config, model.attrs["layers"]
    n_layers = config.n_outputs if layers is None else len(layers)
    offsets = np.cumsum([0, *(len(doc) for doc in docs)])
    outputs = [np.zeros((n_layers, len(doc), config.width), dtype="float32") for doc in docs]
    counts = np.zeros(offsets[-1], dtype="int32")
    for sentences, tokens in _batches(model.attrs["get_spans"](docs), offsets, shim.cfg["max_batch_words"]):
        vectors = shim.encoder.encode(sentences, layers=layers)
        np.add.at(counts, tokens, 1)
        _scatter(vectors, tokens, offsets, outputs)
    for doc_counts, output in zip(np.split(counts, offsets[1:-1]), outputs):
        if (doc_counts > 1).any():
            output /= np.maximum(doc_counts, 1)[:, None]
    return outputs, lambda d_outputs: []


def _batches(
    spans: list[list[Span]], offsets: Ints1d, max_words: int
) -> Iterator[tuple[list[list[str]], Ints1d]]:
    """Yield sentences of about max_words words at a time, and the place of each word among all tokens of the batch."""
    sentences: list[list[str]] = []
    tokens: list[int] = []
    for offset, doc_spans in zip(offsets.tolist(), spans):
        for span in doc_spans:
            words = [(token.text, offset + token.i) for token in span if not token.is_space]
            if tokens and len(tokens) + len(words) > max_words:
                yield sentences, np.asarray(tokens)
                sentences, tokens = [], []
            sentences.append([word for word, _ in words])
            tokens.extend(place for _, place in words)
    if tokens:
        yield sentences, np.asarray(tokens)


def _scatter(vectors: Floats3d, tokens: Ints1d, offsets: Ints1d, outputs: OutT) -> None:
    """Add the rows of vectors to the Docs that their tokens are in; spans of one Doc follow each other."""
    docs = np.searchsorted(offsets, tokens, side="right") - 1
    cuts = np.flatnonzero(np.diff(docs)) + 1
    for start, end in zip([0, *cuts], [*cuts, len(tokens)]):
        places = tokens[start:end] - offsets[docs[start]]
        output = outputs[docs[start]]
        if (np.diff(places) > 0).all():
            output[:, places] += vectors[:, start:end]
        else:
            for layer, rows in zip(output, vectors[:, start:end]):
                np.add.at(layer, places, rows)


def _check_size(key: str, value: object, *, smallest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
        raise ValueError(f"{key} = {value!r}: must be a whole number of at least {smallest}")
