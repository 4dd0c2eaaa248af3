"""How users get at the vectors of a Doc: extensions, and spaCy's own `.vector` and `.similarity`."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Iterator

import numpy as np
from spacy.errors import Warnings
from spacy.tokens import Doc, Span, Token

from ..util.types import Floats1d, Floats2d, Floats3d
from .data import Spanlike, find_rows, get_data, get_stored, mean_of_words, select_rows


def _doc_of(tokens: Spanlike | Token) -> Doc:
    return tokens if isinstance(tokens, Doc) else tokens.doc


def _tokens_layers(tokens: Spanlike, *, name: str) -> Floats3d | None:
    data = get_data(_doc_of(tokens), name)
    layers = None if data is None else data.layers
    if data is None or layers is None:
        return None
    return select_rows(lambda rows: layers[:, rows], find_rows(data, tokens))


def _tokens_mixed(tokens: Spanlike, *, name: str) -> Floats2d | None:
    data = get_stored(_doc_of(tokens), name)
    return None if data is None else select_rows(data.get_mixed, find_rows(data, tokens))


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
    data = get_stored(doc, name)
    if data is not None and doc.vocab.vectors.size == 0 and doc.tensor.size == 0:
        doc.tensor = data.get_mixed().astype("float32")


def _vector(tokens: Spanlike | Token, *, name: str) -> Floats1d:
    doc = _doc_of(tokens)
    data = get_stored(doc, name)
    if data is None:
        with _without_hooks(doc):
            return tokens.vector
    part = doc[tokens.i : tokens.i + 1] if isinstance(tokens, Token) else tokens
    return np.asarray(mean_of_words(select_rows(data.get_mixed, find_rows(data, part))), dtype="float32")


def _has_vector(tokens: Spanlike | Token, *, name: str) -> bool:
    doc = _doc_of(tokens)
    if get_stored(doc, name) is None:
        with _without_hooks(doc):
            return tokens.has_vector
    return bool(_vector(tokens, name=name).any())


def _vector_norm(tokens: Spanlike | Token, *, name: str) -> float:
    return float(np.linalg.norm(_vector(tokens, name=name)))


def _similarity(tokens: Spanlike | Token, other: Any, *, name: str) -> float:
    """Cosine of the vectors, 0.0 with spaCy's warning where one is empty."""
    doc = _doc_of(tokens)
    if get_stored(doc, name) is None:
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
