"""What a Doc carries of ELMo: one object a Doc and pipe with all rows, and no reference to the Doc.

Rows are found by character offsets, so they stay right when tokens are merged or split. The object is serialized as a
plain dict of arrays, and such a dict is understood where it is found on a Doc: so a `DocBin` can be read where this
package is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import srsly
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc, Span, Token

from ..util.types import Floats1d, Floats2d, Floats3d, Ints2d
from .mix import mix_layers

Spanlike: TypeAlias = Doc | Span
_FIELDS = ("layers", "mixed", "weights", "offsets")


class ElmoData:
    """The ELMo vectors of a Doc. They are read-only and shared by the copies of the Doc.

    Args:
        layers: (L + 1, rows, width), or None where only the mixed vectors are kept.
        mixed: (rows, width), or None where it is computed from the layers.
        weights: (L + 1,), the weight of each layer in the mixed vector, gamma included.
        offsets: (rows, 2), the first and last character (exclusive) of the tokens that the rows were made for.
        features: (L + 1, rows, width), the layers for components that listen; the stored layers if None. They are not
            serialized.
    """

    __slots__ = (*_FIELDS, "features")

    def __init__(
        self,
        *,
        layers: Floats3d | None,
        mixed: Floats2d | None,
        weights: Floats1d,
        offsets: Ints2d,
        features: Floats3d | None = None,
    ):
        self.layers = layers
        self.mixed = mixed
        self.weights = weights
        self.offsets = offsets
        self.features = layers if features is None else features

    def __copy__(self) -> ElmoData:
        return self

    def __deepcopy__(self, memo: dict) -> ElmoData:
        return self

    def __reduce__(self) -> tuple:
        return _from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """Return the arrays by name."""
        return {field: getattr(self, field) for field in _FIELDS}

    def get_mixed(self, rows: slice = slice(None)) -> Floats2d:
        """Return (rows, width), gamma * sum_j s_j h_j (paper, equation 1). Vectors must be stored."""
        if self.mixed is not None:
            return self.mixed[rows]
        assert self.layers is not None
        return mix_layers(self.layers[:, rows], self.weights)


def token_offsets(tokens: Spanlike | Token) -> Ints2d:
    """Return (tokens, 2) int32, the first and last character (exclusive) of each token in its Doc."""
    if isinstance(tokens, Token):
        return np.array([[tokens.idx, tokens.idx + len(tokens)]], dtype="int32")
    index, length = tokens.to_array([IDX, LENGTH]).astype("int32").T  # type: ignore[union-attr]  # Span has it too
    return np.stack([index, index + length], axis=1)


def get_data(doc: Doc, name: str = "elmo") -> ElmoData | None:
    """Return what an `elmo` pipe stored on a Doc.

    Args:
        doc: The Doc.
        name: Name of the pipe.

    Returns:
        The data; None if the pipe stored nothing, or if the data are those of another text, as in a Doc made with
        `span.as_doc(copy_user_data=True)`.
    """
    key = _key(name)
    user_data: dict[Any, Any] = doc.user_data  # spaCy's own keys are tuples, whatever its annotation says
    data = user_data.get(key)
    if isinstance(data, dict):
        data = user_data[key] = _from_dict(data, name)
    elif not isinstance(data, (ElmoData, type(None))):
        raise _foreign(name, type(data).__name__)
    if data is None or _end(doc) != (data.offsets[-1, 1] if len(data.offsets) else 0):
        return None
    return data


def get_stored(doc: Doc, name: str = "elmo") -> ElmoData | None:
    """Return the same as `get_data`, but None where it has no vectors for users, only for components that listen."""
    data = get_data(doc, name)
    return None if data is None or (data.layers is None and data.mixed is None) else data


def set_data(doc: Doc, data: ElmoData | None, name: str = "elmo") -> None:
    """Store the data of the pipe of that name on a Doc."""
    user_data: dict[Any, Any] = doc.user_data
    user_data[_key(name)] = data


def _key(name: str) -> tuple[str, str, None, None]:
    """Return the key of `doc._.NAME_data`. Unlike `doc._`, it works before the extension is registered."""
    return ("._.", f"{name}_data", None, None)


def _from_dict(values: dict[str, Any], name: str = "elmo") -> ElmoData:
    """Return the data that `to_dict` gave, which may come from another version or from anywhere."""
    if set(values) != set(_FIELDS):
        raise _foreign(name, f"with {', '.join(map(str, values)) or 'nothing'}")
    layers, mixed, weights, offsets = (values[field] for field in _FIELDS)
    rows = len(offsets) if _is_array(offsets, "i", (None, 2)) else -1
    n_layers = len(weights) if _is_array(weights, "f", (None,)) else -1
    if rows < 0 or n_layers < 0:
        raise _foreign(name, "without weights or offsets")
    if not all(
        array is None or _is_array(array, "f", shape)
        for array, shape in ((layers, (n_layers, rows, None)), (mixed, (rows, None)))
    ):
        raise _foreign(name, f"whose arrays do not fit {n_layers} layers and {rows} tokens")
    return ElmoData(**values)


def _is_array(value: Any, kind: str, shape: tuple[int | None, ...]) -> bool:
    """Return whether it is an array of this kind of numbers and this shape, where None is any length."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != kind or value.ndim != len(shape):
        return False
    return all(wanted in (None, found) for wanted, found in zip(shape, value.shape))


def _foreign(name: str, what: str) -> ValueError:
    return ValueError(
        f"the data of the pipe '{name}' on a Doc are of another version or program ({what}): run the pipe on the Doc "
        f"again, or remove `doc._.{name}_data`"
    )


@srsly.msgpack_encoders("spacy-elmo.ElmoData")
def _encode(obj: Any, chain: Callable | None = None) -> Any:
    if isinstance(obj, ElmoData):
        return obj.to_dict()
    return obj if chain is None else chain(obj)


def _end(doc: Doc) -> int:
    return doc[-1].idx + len(doc[-1]) if len(doc) else 0


# Rows of tokens, whatever became of the tokenization


def find_rows(data: ElmoData, tokens: Spanlike | Token) -> slice | list[slice]:
    """Return the rows of tokens: one slice where each token has one row, else a slice for each token."""
    wanted, rows = token_offsets(tokens), _range(tokens)
    if np.array_equal(wanted, data.offsets[rows]):
        return rows
    starts, ends = data.offsets.T
    first = np.searchsorted(ends, wanted[:, 0], side="right").tolist()
    last = np.searchsorted(starts, wanted[:, 1], side="left").tolist()
    return [slice(*pair) for pair in zip(first, last)]


def _range(tokens: Spanlike | Token) -> slice:
    if isinstance(tokens, Token):
        return slice(tokens.i, tokens.i + 1)
    return slice(0, len(tokens)) if isinstance(tokens, Doc) else slice(tokens.start, tokens.end)


def select_rows(get: Callable[[slice], Any], rows: slice | list[slice]) -> Any:
    """Return rows of the last axis but one; a token with several has the mean of those that are not whitespace."""
    if isinstance(rows, slice):
        return get(rows)
    if not rows:
        return get(slice(0, 0))
    return np.stack([mean_of_words(get(row)) for row in rows], axis=-2)


def mean_of_words(vectors: np.ndarray) -> np.ndarray:
    """Return (..., width), the mean of (..., rows, width) over the rows of words; zeros if no row is a word."""
    is_word = vectors.any(axis=tuple(i for i in range(vectors.ndim) if i != vectors.ndim - 2))
    if is_word.all() and vectors.shape[-2] == 1:
        return vectors[..., 0, :]
    total = vectors[..., is_word, :].sum(axis=-2, dtype="float32")
    return (total / max(1, int(is_word.sum()))).astype(vectors.dtype, copy=False)


def get_features(doc: Doc, name: str = "elmo") -> Floats3d | None:
    """Return (L + 1, tokens, width), the layers for components that listen to the pipe; None without data."""
    data = get_data(doc, name)
    features = None if data is None else data.features
    if data is None or features is None:
        return None
    return select_rows(lambda rows: features[:, rows], find_rows(data, doc))


def spread_rows(d_tokens: Floats3d, doc: Doc, data: ElmoData) -> Floats3d:
    """Turn a gradient of `get_features` into that of the features: the transpose of the mean over merged rows.

    Args:
        d_tokens: (L + 1, tokens, width), the gradient of what `get_features` returned.
        doc: The Doc.
        data: Its data.

    Returns:
        (L + 1, rows, width), the gradient of `data.features`.
    """
    assert data.features is not None
    rows = find_rows(data, doc)
    if isinstance(rows, slice):
        return d_tokens
    d_rows = np.zeros_like(data.features, dtype="float32")
    is_word = np.any(data.features, axis=(0, 2))
    for i, row in enumerate(rows):
        words = row.start + np.flatnonzero(is_word[row])
        d_rows[:, words] += d_tokens[:, i : i + 1] / max(1, len(words))
    return d_rows
