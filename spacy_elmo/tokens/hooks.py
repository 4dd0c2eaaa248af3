"""spaCy's own vectors: `.vector`, `.has_vector`, `.vector_norm` and `.similarity` from what a Doc carries of ELMo."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import numpy as np
from spacy.errors import Warnings
from spacy.tokens import Doc, Token

from ..util.types import Floats1d
from .data import Spanlike, find_rows, get_stored, mean_of_words, select_rows


def set_hooks(doc: Doc, name: str = "elmo") -> None:
    """Make `.vector` and `.similarity` of a Doc, its spans and its tokens those of an `elmo` pipe.

    `.has_vector` and `.vector_norm` follow. The pipe calls this function itself. Hooks do not survive bytes, `DocBin`
    and `nlp.pipe(n_process=2)`; call it to put them back. Where the Doc has no ELMo data, the hooks give spaCy's own
    answer.

    Args:
        doc: The Doc, which is changed.
        name: Name of the pipe.
    """
    vector: dict[str, Any] = {"vector": partial(_vector, name=name), "has_vector": partial(_has_vector, name=name)}
    similarity: dict[str, Any] = {"similarity": partial(_similarity, name=name)}
    doc.user_hooks.update({**vector, **similarity, "vector_norm": partial(_vector_norm, name=name)})
    # Without a norm: spaCy answers `Span.vector_norm` with the "vector" hook where there is one.
    doc.user_span_hooks.update({**vector, **similarity})
    doc.user_token_hooks.update({**vector, **similarity})


def set_tensor(doc: Doc, name: str = "elmo") -> None:
    """Fill `doc.tensor` with the mixed vectors of an `elmo` pipe where spaCy takes `.vector` from it.

    That is where the vocabulary has no vectors and the tensor is empty. Elsewhere nothing is changed.

    Args:
        doc: The Doc.
        name: Name of the pipe.
    """
    data = get_stored(doc, name)
    if data is not None and doc.vocab.vectors.size == 0 and doc.tensor.size == 0:
        doc.tensor = data.get_mixed().astype("float32")


def _vector(tokens: Spanlike | Token, *, name: str) -> Floats1d:
    """Return (width,), the mean over the words of the tokens."""
    doc = tokens.doc
    data = get_stored(doc, name)
    if data is None:
        with _without_hooks(doc):
            return cast(Floats1d, tokens.vector)
    part = doc[tokens.i : tokens.i + 1] if isinstance(tokens, Token) else tokens
    return np.asarray(mean_of_words(select_rows(data.get_mixed, find_rows(data, part))), dtype="float32")


def _has_vector(tokens: Spanlike | Token, *, name: str) -> bool:
    if get_stored(tokens.doc, name) is None:
        with _without_hooks(tokens.doc):
            return tokens.has_vector
    return bool(_vector(tokens, name=name).any())


def _vector_norm(tokens: Spanlike | Token, *, name: str) -> float:
    return float(np.linalg.norm(_vector(tokens, name=name)))


def _similarity(tokens: Spanlike | Token, other: Any, *, name: str) -> float:
    """Return the cosine of the vectors; 0.0 with spaCy's warning where one is empty."""
    if get_stored(tokens.doc, name) is None:
        with _without_hooks(tokens.doc):
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
