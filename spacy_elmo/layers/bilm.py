"""`spacy-elmo.BiLM.v1`: Docs to the layers of a biLM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model

from ..text.sentences import SpanGetter, checked_spans
from ..util.batches import batch_by_size
from ..util.checks import check_size
from ..util.types import Floats3d, Ints1d
from .inline import ListenerReplacement
from .shim import BiLMShim

InT: TypeAlias = Sequence[Doc]
OutT: TypeAlias = list[Floats3d]


def build_bilm(
    get_spans: SpanGetter,
    initial_state: Literal["warm", "zeros"] = "warm",
    max_batch_words: int = 4096,
    word_cache: int = 100_000,
    prepack: Literal["auto"] | bool = "auto",
    device: str | None = None,
    precision: Literal["float32", "bfloat16"] = "float32",
) -> Model[InT, OutT]:
    """Build the Thinc layer of a biLM; its weights are loaded by the pipe.

    Args:
        get_spans: Cuts Docs into the spans that the biLM reads, one sentence each. Where spans overlap, a token gets
            the mean of its vectors; tokens in no span get zeros.
        initial_state: What every sentence starts from: "warm" (the state an empty sentence leaves) or "zeros".
        max_batch_words: Words computed at once, which bounds memory.
        word_cache: Words whose context-free vector is kept from call to call.
        prepack: Whether to keep a second copy of large weights, in the layout that is fastest, as of `Encoder`.
        device: Torch device; None follows Thinc.
        precision: Of the LSTM's products, as of `Encoder`. Where the biLM itself is trained, its gradients are those of
            single precision.

    Returns:
        List[Doc] to a list of (layers, tokens, width) float32 arrays, all L + 1 layers. Whitespace is not fed; its rows
        are zero.

    Raises:
        ValueError: For a setting out of range.
    """
    check_size("max_batch_words", max_batch_words)
    check_size("word_cache", word_cache, smallest=0)
    shim = BiLMShim(
        device=device,
        initial_state=initial_state,
        prepack=prepack,
        precision=precision,
        max_batch_words=max_batch_words,
        word_cache=word_cache,
    )
    replacement = ListenerReplacement()
    attrs: dict[str, Any] = {
        "get_spans": get_spans,
        "replace_listener": replacement.replace_listener,
        "replace_listener_cfg": replacement.replace_listener_cfg,
    }
    return Model("bilm", forward, shims=[shim], attrs=attrs, dims={"nO": None})


def forward(model: Model[InT, OutT], docs: InT, is_train: bool) -> tuple[OutT, Callable[[OutT], list]]:
    """Compute with gradients only in training, and only where the shim is set to train."""
    shim = cast(BiLMShim, model.shims[0])
    if is_train and shim.is_trainable:
        return _forward_with_gradients(model, shim, docs)
    return encode_docs(model, docs), lambda d_outputs: []


def encode_docs(model: Model[InT, OutT], docs: InT, layers: Sequence[int] | None = None) -> OutT:
    """Compute layers without gradients.

    Args:
        model: What `build_bilm` returned.
        docs: What to read.
        layers: Which layers, 0 (the word without context) to L; all of them if None. No more than these need is
            computed.

    Returns:
        (layers, tokens, width) float32 for each Doc; rows of whitespace are zero.
    """
    shim = cast(BiLMShim, model.shims[0])
    rows = ScatterMean(docs)
    outputs = rows.zeros(shim.config.n_outputs if layers is None else len(layers), shim.config.width)
    for sentences, tokens in _batches(model, docs, rows.offsets):
        rows.add(shim.encode(sentences, layers), tokens, outputs)
    rows.divide(outputs)
    return outputs


def _forward_with_gradients(model: Model[InT, OutT], shim: BiLMShim, docs: InT) -> tuple[OutT, Callable[[OutT], list]]:
    bilm = shim.model
    rows = ScatterMean(docs)
    outputs = rows.zeros(bilm.config.n_outputs, bilm.config.width)
    parts = []
    for sentences, tokens in _batches(model, docs, rows.offsets):
        state = bilm.initial_state(shim.cfg["initial_state"], len(sentences))
        vectors = torch.cat(bilm(sentences, state)[0], dim=1)
        rows.add(vectors.detach().cpu().numpy(), tokens, outputs)
        parts.append((vectors, tokens))
    rows.divide(outputs)

    def backprop(d_outputs: OutT) -> list:
        d_tokens = np.concatenate(d_outputs, axis=1) / np.maximum(rows.counts, 1)[:, None]
        for vectors, tokens in parts:
            gradient = torch.from_numpy(d_tokens[:, tokens].astype("float32"))
            vectors.backward(gradient.to(vectors.device))
        return []

    return outputs, backprop


class ScatterMean:
    """Puts rows of words at their tokens in Docs; a token with several rows gets their mean.

    Args:
        docs: The batch.

    Attributes:
        offsets: (docs + 1,), the first token of each Doc among all tokens of the batch.
        counts: (tokens,), how many rows each token has got.
    """

    def __init__(self, docs: InT):
        self.offsets: Ints1d = np.cumsum([0, *(len(doc) for doc in docs)])
        self.counts: Ints1d = np.zeros(self.offsets[-1], dtype="int32")

    def zeros(self, n_layers: int, width: int) -> OutT:
        """Return (layers, tokens, width) for each Doc."""
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


def _batches(model: Model[InT, OutT], docs: InT, offsets: Ints1d) -> Iterator[tuple[list[list[str]], Ints1d]]:
    """Yield sentences, and the place of each of their words among all tokens of the batch."""
    sentences = (
        [(token.text, offset + token.i) for token in span if not token.is_space]
        for offset, spans in zip(offsets.tolist(), checked_spans(model.attrs["get_spans"](docs), docs))
        for span in spans
    )
    for batch in batch_by_size(sentences, model.shims[0].cfg["max_batch_words"]):
        tokens = [place for sentence in batch for _, place in sentence]
        if tokens:
            yield [[word for word, _ in sentence] for sentence in batch], np.asarray(tokens)
