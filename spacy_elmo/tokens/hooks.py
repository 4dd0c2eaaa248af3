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
from .data import Spanlike, find_rows, get_stored, select_rows
from .tensor import bind_tensor, has_rows, mark_tensor


def set_hooks(doc: Doc, name: str = "elmo") -> Doc:
    """Make `.vector` and `.similarity` of a Doc, its spans and its tokens those of an `elmo` pipe.

    `.has_vector` and `.vector_norm` follow. The pipe calls this function itself. Hooks do not survive bytes, `DocBin`
    and `nlp.pipe(n_process=2)`; call it to put them back. Where the Doc has no ELMo data, the hooks give spaCy's own
    answer.

    Args:
        doc: The Doc, which is changed.
        name: Name of the pipe.

    Returns:
        The Doc, so that `map(set_hooks, docs)` puts hooks back on a stream.
    """
    vector: dict[str, Any] = {"vector": partial(_vector, name=name), "has_vector": partial(_has_vector, name=name)}
    similarity: dict[str, Any] = {"similarity": partial(_similarity, name=name)}
    doc.user_hooks.update({**vector, **similarity, "vector_norm": partial(_vector_norm, name=name)})
    # Without a norm: spaCy answers `Span.vector_norm` with the "vector" hook where there is one.
    doc.user_span_hooks.update({**vector, **similarity})
    doc.user_token_hooks.update({**vector, **similarity})
    mark_tensor(doc, name)
    return doc


def _is_elmo(doc: Doc, name: str) -> bool:
    """Return whether `_vector` has ELMo's answer: from the data, or through spaCy from the tensor."""
    return has_rows(doc, name) or get_stored(doc, name) is not None


def _vector(tokens: Spanlike | Token, *, name: str) -> Floats1d:
    """Return (width,), the mean over the tokens, as everywhere in spaCy; whitespace counts as zeros."""
    doc = tokens.doc
    data = get_stored(doc, name)
    if data is None:
        with _without_hooks(doc):
            return cast(Floats1d, tokens.vector)
    bind_tensor(doc)
    rows = select_rows(data.get_mixed, find_rows(data, tokens))
    return cast(Floats1d, rows.sum(axis=0, dtype="float32") / np.float32(max(1, len(rows))))


def _has_vector(tokens: Spanlike | Token, *, name: str) -> bool:
    if not _is_elmo(tokens.doc, name):
        with _without_hooks(tokens.doc):
            return tokens.has_vector
    return bool(_vector(tokens, name=name).any())


def _vector_norm(tokens: Spanlike | Token, *, name: str) -> float:
    return float(np.linalg.norm(_vector(tokens, name=name)))


def _similarity(tokens: Spanlike | Token, other: Any, *, name: str) -> float:
    """Return the cosine of the vectors; 0.0 with spaCy's warning where one is empty."""
    if not _is_elmo(tokens.doc, name):
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
