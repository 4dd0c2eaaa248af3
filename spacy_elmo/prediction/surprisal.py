"""Surprisals of the words of a Doc by both directions of a language model, and the extensions that show them.

They are kept as a plain dict of arrays in the Doc's user data, so that a Doc can be read where this package is not:

    bits       (tokens, 2) float32, of each token; NaN for whitespace
    offsets    (tokens, 2) int32, the first and last character (exclusive) of each
    markers    (sentences, 2, 2) float32, of the opening and closing marker of each sentence that was read; NaN for what
               a direction reads first, which is not predicted
    sentences  (sentences, 2) int32, the first and last character (exclusive) of each

The last axis of bits is forward, backward.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span, Token

from ..text.sentences import configure_sentences
from ..tokens.data import token_offsets
from ..util.types import Floats1d, Floats2d
from .language_model import LanguageModel

NAME = "elmo_surprisal"
_get_sentences = configure_sentences()  # 100 words at most, as `perplexity` cuts text


def measure(model: LanguageModel, docs: Sequence[Doc]) -> Iterator[dict[str, np.ndarray]]:
    """Yield the surprisals of each Doc, which is read alone and as one document, see above for the arrays.

    Args:
        model: The model.
        docs: Their annotated sentences are read, or those that the `elmo` pipe would cut where there are none.

    Raises:
        ValueError: As `LanguageModel.log_likelihoods` does.
    """
    spans = [[[token for token in span if not token.is_space] for span in spans] for spans in _get_sentences(docs)]
    read = [[span for span in sentences if span] for sentences in spans]
    texts = ([[token.text for token in sentence] for sentence in sentences] for sentences in read)
    for doc, sentences, found in zip(docs, read, model.documents_log_likelihoods(texts)):
        yield _lay_out(doc, sentences, found.T / -np.log(2))


def _lay_out(doc: Doc, sentences: list[list[Token]], found: Floats2d) -> dict[str, np.ndarray]:
    lengths = np.array([len(sentence) + 2 for sentence in sentences], dtype=np.int64)
    opening, closing = np.cumsum(lengths) - lengths, np.cumsum(lengths) - 1
    is_word = np.ones(len(found), dtype=bool)
    is_word[[*opening, *closing]] = False
    bits = np.full((len(doc), 2), np.nan, dtype="float32")
    bits[[token.i for sentence in sentences for token in sentence]] = found[is_word]
    limits = [(sentence[0].idx, sentence[-1].idx + len(sentence[-1])) for sentence in sentences]
    return {
        "bits": bits,
        "offsets": token_offsets(doc),
        "markers": np.stack([found[opening], found[closing]], axis=1).astype("float32"),
        "sentences": np.array(limits, dtype="int32").reshape(-1, 2),
    }


def set_surprisals(doc: Doc, data: dict[str, np.ndarray], name: str = NAME) -> None:
    """Store what `measure` returned on a Doc, for the pipe of that name."""
    user_data: dict[Any, Any] = doc.user_data
    user_data[_key(name)] = data


def log_probability(tokens: Doc | Span, name: str = NAME) -> Floats1d:
    """Return (2,) float64, the natural logarithm of the probability of tokens, forward and backward.

    It is that of all words, and of the markers of the sentences that are wholly among them, given what was read before.
    So the sentences of a Doc add up to the Doc.

    Args:
        tokens: A Doc, a sentence of it, or any other span.
        name: Name of the pipe.

    Raises:
        ValueError: The pipe has not seen the Doc.
    """
    bits = _predictions(tokens, name)
    if bits is None:
        raise ValueError(f"the Doc has no surprisals of a pipe '{name}': run one of that name on it")
    return -np.nansum(bits, axis=0, dtype="float64") * np.log(2)


def set_extensions(name: str = NAME) -> None:
    """Register `_.NAME` on Doc, Span and Token.

    Of a token, it is (2,) float32: its surprisal in bits, forward and backward. A merged token has the sum of its
    parts; whitespace, which is not read, has NaN. Of a Doc or a span, it is (2,) float64: the mean bits a prediction,
    over its words and over the markers of the sentences that are wholly in it. Of a Doc, that is the binary logarithm
    of its perplexity. None on a Doc that the pipe has not seen.

    Args:
        name: Name of the pipe.
    """
    if not Doc.has_extension(f"{name}_data"):
        Doc.set_extension(f"{name}_data", default=None)
    for cls, getter in ((Doc, _mean), (Span, _mean), (Token, _sum)):
        if not cls.has_extension(name):
            cls.set_extension(name, getter=partial(getter, name=name))


def _sum(token: Token, *, name: str) -> Floats1d | None:
    bits = _predictions(token, name)
    if bits is None:
        return None
    return np.where(np.isnan(bits).all(axis=0), np.nan, np.nansum(bits, axis=0)).astype("float32")


def _mean(tokens: Doc | Span, *, name: str) -> Floats1d | None:
    bits = _predictions(tokens, name)
    if bits is None:
        return None
    counts = (~np.isnan(bits)).sum(axis=0)
    return np.where(counts, np.nansum(bits, axis=0, dtype="float64") / np.maximum(counts, 1), np.nan)


def _predictions(tokens: Doc | Span | Token, name: str) -> Floats2d | None:
    """Return (predictions, 2), the bits of words, and of the markers of whole sentences behind them."""
    data = _get(tokens.doc, name)
    if data is None:
        return None
    if isinstance(tokens, Token):
        start, end = tokens.idx, tokens.idx + len(tokens)
    else:
        start, end = (0, len(tokens.text)) if isinstance(tokens, Doc) else (tokens.start_char, tokens.end_char)
    starts, ends = data["offsets"].T
    bits = data["bits"][np.searchsorted(ends, start, side="right") : np.searchsorted(starts, end, side="left")]
    if isinstance(tokens, Token):
        return bits
    first, last = data["sentences"].T
    return np.concatenate([bits, data["markers"][(first >= start) & (last <= end)].reshape(-1, 2)])


def _get(doc: Doc, name: str) -> dict[str, np.ndarray] | None:
    """Return the arrays; None where there are none, or those of another text, as in `span.as_doc()`."""
    user_data: dict[Any, Any] = doc.user_data
    data = user_data.get(_key(name))
    if data is None:
        return None
    shapes = {key: getattr(value, "shape", ()) for key, value in data.items()} if isinstance(data, dict) else {}
    n, m = (next(iter(shapes.get(key, ())), 0) for key in ("offsets", "sentences"))
    if shapes != {"bits": (n, 2), "offsets": (n, 2), "markers": (m, 2, 2), "sentences": (m, 2)}:
        problem = f"the data of the pipe '{name}' on a Doc are of another version or program"
        raise ValueError(f"{problem}: run the pipe on the Doc again, or remove `doc._.{name}_data`")
    end = doc[-1].idx + len(doc[-1]) if len(doc) else 0
    return data if end == (data["offsets"][-1, 1] if n else 0) else None


def _key(name: str) -> tuple[str, str, None, None]:
    """Return the key of `doc._.NAME_data`. Unlike `doc._`, it works before the extension is registered."""
    return ("._.", f"{name}_data", None, None)


set_extensions()
