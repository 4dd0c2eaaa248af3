"""`spacy-elmo.BiLM.v1`: Docs to the layers of a biLM."""

from __future__ import annotations

from typing import Callable, Iterator, Sequence, cast

import numpy as np
import torch
from spacy.tokens import Doc, Span
from thinc.api import Model

from ..util.types import Floats3d, Ints1d
from .inline import replace_listener, replace_listener_cfg
from .shim import BiLMShim

SpanGetter = Callable[[Sequence[Doc]], list[list[Span]]]
InT = Sequence[Doc]
OutT = list[Floats3d]


def build_bilm(
    get_spans: SpanGetter,
    initial_state: str = "warm",
    max_batch_words: int = 4096,
    word_cache: int = 100_000,
    prepack: str | bool = "auto",
    device: str | None = None,
) -> Model[InT, OutT]:
    """Build the Thinc layer of a biLM; its weights are loaded by the pipe.

    get_spans: cuts Docs into the spans that the biLM reads, one sentence each. Where spans overlap, a token gets the
        mean of its vectors; tokens in no span get zeros.
    initial_state: what every sentence starts from: "warm" (the state an empty sentence leaves) or "zeros".
    max_batch_words: words computed at once, which bounds memory.
    word_cache: words whose context-free vector is kept from call to call.
    prepack: whether to keep a second copy of the recurrent weights, in the layout that is fastest for much text: "auto"
        for large ones once much text is computed together, True at once, False never.
    device: torch device; None follows Thinc.
    RETURNS: List[Doc] to a list of (layers, tokens, width) float32 arrays. Whitespace is not fed; its rows are zero.
        The attribute "layers" is a list of layers to compute, or None for all of them, L + 1.
    Raises ValueError for a setting out of range.
    """
    _check_size("max_batch_words", max_batch_words, smallest=1)
    _check_size("word_cache", word_cache, smallest=0)
    sizes = {"max_batch_words": max_batch_words, "word_cache": word_cache}
    shim = BiLMShim(device=device, initial_state=initial_state, prepack=prepack, **sizes)
    attrs = {"get_spans": get_spans, "layers": None}
    replace = {"replace_listener": replace_listener, "replace_listener_cfg": replace_listener_cfg}
    return Model("bilm", forward, shims=[shim], attrs={**attrs, **replace}, dims={"nO": None})


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable[[OutT], list]]:
    """Compute with gradients only in training, and only where the shim is set to train."""
    shim = cast(BiLMShim, model.shims[0])
    if is_train and shim.is_trainable:
        return _forward_with_gradients(model, shim, docs)
    config, layers = shim.model.config, model.attrs["layers"]
    places = _Places(docs)
    outputs = places.zeros(config.n_outputs if layers is None else len(layers), config.width)
    for sentences, tokens in _batches(model.attrs["get_spans"](docs), places.offsets, shim.cfg["max_batch_words"]):
        places.add(shim.encode(sentences, layers), tokens, outputs)
    places.divide(outputs)
    return outputs, lambda d_outputs: []


def _forward_with_gradients(
    model: Model[InT, OutT], shim: BiLMShim, docs: InT
) -> tuple[OutT, Callable[[OutT], list]]:
    config = shim.model.config
    places = _Places(docs)
    outputs = places.zeros(config.n_outputs, config.width)
    parts = []
    for sentences, tokens in _batches(model.attrs["get_spans"](docs), places.offsets, shim.cfg["max_batch_words"]):
        state = shim.model.initial_state(shim.cfg["initial_state"], len(sentences))
        vectors = torch.cat(shim.model(sentences, state)[0], dim=1)
        places.add(vectors.detach().cpu().numpy(), tokens, outputs)
        parts.append((vectors, tokens))
    places.divide(outputs)

    def backprop(d_outputs: OutT) -> list:
        d_tokens = np.concatenate(d_outputs, axis=1) / np.maximum(places.counts, 1)[:, None]
        for vectors, tokens in parts:
            gradient = torch.from_numpy(d_tokens[:, tokens].astype("float32"))
            vectors.backward(gradient.to(vectors.device))
        return []

    return outputs, backprop


class _Places:
    """Where the words of a batch of Docs are among all its tokens, and how often each was computed."""

    def __init__(self, docs: InT):
        self.offsets: Ints1d = np.cumsum([0, *(len(doc) for doc in docs)])
        self.counts: Ints1d = np.zeros(self.offsets[-1], dtype="int32")

    def zeros(self, n_layers: int, width: int) -> OutT:
        """RETURNS: (layers, tokens, width) for each Doc."""
        return [np.zeros((n_layers, length, width), dtype="float32") for length in np.diff(self.offsets)]

    def add(self, vectors: Floats3d, tokens: Ints1d, outputs: OutT) -> None:
        """Add rows to the Docs that their tokens are in; spans of one Doc follow each other."""
        np.add.at(self.counts, tokens, 1)
        docs = np.searchsorted(self.offsets, tokens, side="right") - 1
        cuts = np.flatnonzero(np.diff(docs)) + 1
        for start, end in zip([0, *cuts], [*cuts, len(tokens)]):
            rows = tokens[start:end] - self.offsets[docs[start]]
            output = outputs[docs[start]]
            if (rows[1:] > rows[:-1]).all():  # each token once
                output[:, slice(None) if len(rows) == output.shape[1] else rows] += vectors[:, start:end]
            else:
                for layer, layer_vectors in zip(output, vectors[:, start:end]):
                    np.add.at(layer, rows, layer_vectors)

    def divide(self, outputs: OutT) -> None:
        """Make sums over spans that overlap their means."""
        for counts, output in zip(np.split(self.counts, self.offsets[1:-1]), outputs):
            if (counts > 1).any():
                output /= np.maximum(counts, 1)[:, None]


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


def _check_size(key: str, value: object, *, smallest: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < smallest:
        raise ValueError(f"{key} = {value!r}: must be a whole number of at least {smallest}")
