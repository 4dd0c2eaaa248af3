"""What a Doc carries of ELMo, and how users get at it: extensions, spaCy's vectors, serialization.

One object a Doc and pipe holds all rows, without a reference to the Doc. Rows are found by character offsets, so they
stay right when tokens are merged or split. The object serializes as a plain dict of arrays, and a dict found in its
place is understood, so a `DocBin` can be read where this package is not installed.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Iterator, TypeAlias

import numpy as np
import srsly
from spacy.attrs import IDX, LENGTH
from spacy.errors import Warnings
from spacy.tokens import Doc, Span, Token

from .mixing import mix_layers
from .types import Floats1d, Floats2d, Floats3d, Ints2d

Spanlike: TypeAlias = Doc | Span
_FIELDS = ("layers", "mixed", "weights", "offsets")


class ElmoData:
    """The ELMo vectors of a Doc; read-only and shared by the copies of the Doc.

    layers: (L + 1, rows, width), or None where only the mixed vectors are kept.
    mixed: (rows, width), or None where it is computed from the layers.
    weights: (L + 1,), the weight of each layer in the mixed vector, gamma included.
    offsets: (rows, 2), first and last character (exclusive) of the tokens that the rows were made for.
    """

    __slots__ = _FIELDS

    def __init__(self, *, layers: Floats3d | None, mixed: Floats2d | None, weights: Floats1d, offsets: Ints2d):
        self.layers = layers
        self.mixed = mixed
        self.weights = weights
        self.offsets = offsets

    def __copy__(self) -> ElmoData:
        return self

    def __deepcopy__(self, memo: dict) -> ElmoData:
        return self

    def __reduce__(self) -> tuple:
        return _from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {field: getattr(self, field) for field in _FIELDS}

    def get_layers(self, rows: slice) -> Floats3d:
        """RETURNS: (L + 1, rows, width); only where layers are stored."""
        assert self.layers is not None
        return self.layers[:, rows]

    def get_mixed(self, rows: slice = slice(None)) -> Floats2d:
        """RETURNS: (rows, width): gamma * sum_j s_j h_j (paper, equation 1)."""
        if self.mixed is not None:
            return self.mixed[rows]
        assert self.layers is not None
        return mix_layers(self.layers[:, rows], self.weights)


def token_offsets(tokens: Spanlike) -> Ints2d:
    """RETURNS: (tokens, 2) int32, first and last character (exclusive) of each token in its Doc."""
    index, length = tokens.to_array([IDX, LENGTH]).astype("int32").T
    return np.stack([index, index + length], axis=1)


def get_data(doc: Doc, name: str = "elmo") -> ElmoData | None:
    """Return what the pipe of that name stored on the Doc; None if it did not, or not for this text (a part of a Doc
    made with `span.as_doc(copy_user_data=True)`)."""
    key = ("._.", f"{name}_data", None, None)
    data = doc.user_data.get(key)
    if isinstance(data, dict):
        data = doc.user_data[key] = _from_dict(data)
    if data is None or _end(doc) != (data.offsets[-1, 1] if len(data.offsets) else 0):
        return None
    return data


def set_data(doc: Doc, data: ElmoData | None, name: str = "elmo") -> None:
    """Store the data of a pipe on the Doc."""
    doc.user_data["._.", f"{name}_data", None, None] = data


def _from_dict(values: dict[str, Any]) -> ElmoData:
    return ElmoData(**{field: values[field] for field in _FIELDS})


@srsly.msgpack_encoders("spacy-elmo.ElmoData")
def _encode(obj: Any, chain: Callable | None = None) -> Any:
    if isinstance(obj, ElmoData):
        return obj.to_dict()
    return obj if chain is None else chain(obj)


def _end(doc: Doc) -> int:
    return doc[-1].idx + len(doc[-1]) if len(doc) else 0


# Rows of tokens, whatever became of the tokenization


def _rows(data: ElmoData, tokens: Spanlike) -> slice | list[slice]:
    """Return the rows of tokens: one slice where there is a row a token, else one slice a token."""
    start, end = (0, len(tokens)) if isinstance(tokens, Doc) else (tokens.start, tokens.end)
    wanted = token_offsets(tokens)
    if np.array_equal(wanted, data.offsets[start:end]):
        return slice(start, end)
    starts, ends = data.offsets.T
    first = np.searchsorted(ends, wanted[:, 0], side="right").tolist()
    last = np.searchsorted(starts, wanted[:, 1], side="left").tolist()
    return [slice(*pair) for pair in zip(first, last)]


def _select(get: Callable[[slice], Any], rows: slice | list[slice]) -> Any:
    """Get rows on the last axis but one; several rows of a token become the mean of those that are not whitespace."""
    if isinstance(rows, slice):
        return get(rows)
    if not rows:
        return get(slice(0, 0))
    return np.stack([_mean_of_words(get(row)) for row in rows], axis=-2)


def _mean_of_words(vectors: np.ndarray) -> np.ndarray:
    """vectors: (..., rows, width). RETURNS: (..., width), zeros if no row is a word."""
    is_word = vectors.any(axis=tuple(i for i in range(vectors.ndim) if i != vectors.ndim - 2))
    if is_word.all() and vectors.shape[-2] == 1:
        return vectors[..., 0, :]
    total = vectors[..., is_word, :].sum(axis=-2, dtype="float32")
    return (total / max(1, int(is_word.sum()))).astype(vectors.dtype, copy=False)


def _doc_of(tokens: Spanlike | Token) -> Doc:
    return tokens if isinstance(tokens, Doc) else tokens.doc


def _tokens_layers(tokens: Spanlike, *, name: str) -> Floats3d | None:
    data = get_data(_doc_of(tokens), name)
    if data is None or data.layers is None:
        return None
    return _select(data.get_layers, _rows(data, tokens))


def _tokens_mixed(tokens: Spanlike, *, name: str) -> Floats2d | None:
    data = get_data(_doc_of(tokens), name)
    return None if data is None else _select(data.get_mixed, _rows(data, tokens))


def _token_layers(token: Token, *, name: str) -> Floats2d | None:
    layers = _tokens_layers(token.doc[token.i : token.i + 1], name=name)
    return None if layers is None else layers[:, 0]


def _token_mixed(token: Token, *, name: str) -> Floats1d | None:
    mixed = _tokens_mixed(token.doc[token.i : token.i + 1], name=name)
    return None if mixed is None else mixed[0]


# Extensions


def set_extensions(name: str = "elmo") -> None:
    """Register `_.NAME` and `_.NAME_layers` on Doc, Span and Token, and `_.NAME_data` on Doc, for a pipe of that name.
    An extension that somebody else registered under one of these names is kept, with a warning."""
    if not Doc.has_extension(f"{name}_data"):
        Doc.set_extension(f"{name}_data", default=None)
    for cls, mixed, layers in (
        (Doc, _tokens_mixed, _tokens_layers),
        (Span, _tokens_mixed, _tokens_layers),
        (Token, _token_mixed, _token_layers),
    ):
        for extension, getter in ((name, mixed), (f"{name}_layers", layers)):
            if not cls.has_extension(extension):
                cls.set_extension(extension, getter=partial(getter, name=name))
            elif not _is_ours(cls.get_extension(extension)[2], getter):
                warnings.warn(
                    f"{cls.__name__} has an extension '{extension}' already, which is kept; ELMo vectors are not "
                    "available under that name: give the pipe another `name`",
                    stacklevel=2,
                )


def _is_ours(registered: Any, getter: Callable) -> bool:
    return isinstance(registered, partial) and registered.func is getter


# spaCy's own vectors


def set_hooks(doc: Doc, name: str = "elmo") -> None:
    """Make `.vector`, `.has_vector`, `.vector_norm` and `.similarity` of the Doc, its spans and tokens those of the
    pipe. The pipe does so itself; hooks do not survive bytes, `DocBin` and `nlp.pipe(n_process=2)`, and are put back
    by this function. Where the Doc has no ELMo data, they give spaCy's own answer."""
    vector = {"vector": partial(_vector, name=name), "has_vector": partial(_has_vector, name=name)}
    similarity = {"similarity": partial(_similarity, name=name)}
    doc.user_hooks.update({**vector, **similarity, "vector_norm": partial(_vector_norm, name=name)})
    # Without a norm: spaCy answers `Span.vector_norm` with the "vector" hook where there is one.
    doc.user_span_hooks.update({**vector, **similarity})
    doc.user_token_hooks.update({**vector, **similarity})


def set_tensor(doc: Doc, name: str = "elmo") -> None:
    """Fill `doc.tensor` with the mixed vectors where spaCy takes `.vector` from it: the vocabulary has no vectors, and
    the tensor is empty."""
    data = get_data(doc, name)
    if data is not None and doc.vocab.vectors.size == 0 and doc.tensor.size == 0:
        doc.tensor = data.get_mixed().astype("float32")


def _vector(tokens: Spanlike | Token, *, name: str) -> Floats1d:
    doc = _doc_of(tokens)
    data = get_data(doc, name)
    if data is None:
        with _without_hooks(doc):
            return tokens.vector
    part = doc[tokens.i : tokens.i + 1] if isinstance(tokens, Token) else tokens
    return np.asarray(_mean_of_words(_select(data.get_mixed, _rows(data, part))), dtype="float32")


def _has_vector(tokens: Spanlike | Token, *, name: str) -> bool:
    doc = _doc_of(tokens)
    if get_data(doc, name) is None:
        with _without_hooks(doc):
            return tokens.has_vector
    return bool(_vector(tokens, name=name).any())


def _vector_norm(tokens: Spanlike | Token, *, name: str) -> float:
    return float(np.linalg.norm(_vector(tokens, name=name)))


def _similarity(tokens: Spanlike | Token, other: Any, *, name: str) -> float:
    """Cosine of the vectors, 0.0 with spaCy's warning where one is empty."""
    doc = _doc_of(tokens)
    if get_data(doc, name) is None:
        with _without_hooks(doc):
            return tokens.similarity(other)
    mine, theirs = _vector(tokens, name=name), np.asarray(other.vector)
    if not (mine.any() and theirs.any()):
        warnings.warn(Warnings.W008.format(obj=type(tokens).__name__), stacklevel=3)
        return 0.0
    if mine.shape != theirs.shape:
        raise ValueError(
            f"cannot compare vectors of width {len(mine)} and {len(theirs)}: the other {type(other).__name__} has no "
            f"ELMo vectors of the pipe '{name}'"
        )
    return float(mine @ theirs / (np.linalg.norm(mine) * np.linalg.norm(theirs)))


@contextmanager
def _without_hooks(doc: Doc) -> Iterator[None]:
    hooks = doc.user_hooks, doc.user_span_hooks, doc.user_token_hooks
    doc.user_hooks, doc.user_span_hooks, doc.user_token_hooks = {}, {}, {}
    try:
        yield
    finally:
        doc.user_hooks, doc.user_span_hooks, doc.user_token_hooks = hooks


set_extensions()
