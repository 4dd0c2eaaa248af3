"""`doc.tensor`: where spaCy finds `.vector` on a Doc that was read from bytes, since those hold no hooks.

While a Doc has hooks its tensor stays empty: a listener to a tok2vec that is disabled takes no numbers of ELMo for
those of the tok2vec, and spaCy's retokenizer, which keeps the last row of a merge and none of a split, has nothing to
change. The empty array only carries the name of the pipe. Reading the Doc from bytes fills it, with a row for each
token, and so does `span.as_doc()` for its part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
import srsly
from spacy.tokens import Doc
from spacy.vocab import Vocab

from .data import Spanlike, find_rows, get_stored, select_rows

_PIPE = b"elmo"  # in the dict that srsly writes for an array; a process without this package passes over it


class ElmoTensor(np.ndarray):
    """The tensor of a Doc whose `.vector` is ELMo's: (0,) while it has hooks, (tokens, width) without.

    Attributes:
        pipe: Name of the pipe; "" where other numbers took the place of its vectors.
        doc: The Doc of an empty tensor, whose rows a slice of it has; None where it is not known.
    """

    pipe: str
    doc: ReferenceType[Doc] | None

    def __array_finalize__(self, other: Any) -> None:
        self.pipe = getattr(other, "pipe", "")
        self.doc = None

    def __getitem__(self, key: Any) -> Any:
        doc = None if self.doc is None else self.doc()
        rows = None if doc is None or not isinstance(key, slice) else _get_rows(doc[key], self.pipe)
        if rows is not None:
            return rows
        item = super().__getitem__(key)
        return item if isinstance(key, slice) or not isinstance(item, np.ndarray) else item.view(np.ndarray)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
        """Return what is computed from the tensor, such as `doc.vector`, as a plain array."""
        return array[()] if return_scalar else array

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Join no rows where some are missing: `Doc.from_docs` stacks the tensors of its Docs."""
        if func is np.vstack and not all(part.size for part in args[0]):
            return np.zeros((0,), dtype="float32")
        return super().__array_function__(func, types, args, kwargs)

    def resize(self, *args: Any, **kwargs: Any) -> None:
        """Take other numbers, as `doc.extend_tensor` does."""
        super().resize(*args, **kwargs)
        self.pipe = ""


def mark_tensor(doc: Doc, name: str = "elmo") -> None:
    """Let `.vector` of a Doc be that of an `elmo` pipe once it is read from bytes.

    Nothing is changed where the tensor is another component's, where spaCy takes `.vector` from the vectors of the
    vocabulary, and where the Doc has no vectors of the pipe.

    Args:
        doc: The Doc.
        name: Name of the pipe.
    """
    is_free = doc.tensor is None or doc.tensor.size == 0 or isinstance(doc.tensor, ElmoTensor)
    if is_free and doc.vocab.vectors.size == 0 and get_stored(doc, name) is not None:
        tensor = ElmoTensor((0,), dtype="float32")
        tensor.pipe = name
        doc.tensor = tensor


def bind_tensor(doc: Doc) -> None:
    """Let the empty tensor of a Doc know the Doc. `span.as_doc()` asks for `span.vector`, then for a slice of it."""
    if isinstance(doc.tensor, ElmoTensor) and doc.tensor.size == 0:
        doc.tensor.doc = ref(doc)


def has_rows(doc: Doc, name: str) -> bool:
    """Return whether the tensor of a Doc has the vectors of an `elmo` pipe."""
    return isinstance(doc.tensor, ElmoTensor) and doc.tensor.pipe == name and doc.tensor.size > 0


def _get_rows(tokens: Spanlike, pipe: str) -> ElmoTensor | None:
    data = get_stored(tokens.doc, pipe)
    if data is None:
        return None
    return _make_tensor(select_rows(data.get_mixed, find_rows(data, tokens)).astype("float32"), pipe)


def _make_tensor(array: np.ndarray, pipe: str) -> ElmoTensor:
    tensor = array.view(ElmoTensor)
    tensor.pipe = pipe
    return tensor


@srsly.msgpack_encoders("spacy-elmo.ElmoTensor")
def _encode(obj: Any, chain: Callable | None = None) -> Any:
    encoded = obj if chain is None else chain(obj)
    return {**encoded, _PIPE: obj.pipe} if isinstance(obj, ElmoTensor) and obj.pipe else encoded


@srsly.msgpack_decoders("spacy-elmo.ElmoTensor")
def _decode(obj: dict[Any, Any], chain: Callable | None = None) -> Any:
    decoded = obj if chain is None else chain(obj)
    if _PIPE in obj and isinstance(decoded, np.ndarray):
        return _make_tensor(decoded, str(obj[_PIPE]))
    if isinstance(obj.get("tensor"), ElmoTensor) and "user_data_keys" in obj:
        obj["tensor"] = _fill(obj)
    return decoded


def _fill(message: dict[str, Any]) -> ElmoTensor:
    """Return the tensor for what `Doc.to_bytes` wrote. A first reading tells the tokens."""
    tensor: ElmoTensor = message["tensor"]
    doc = Doc(Vocab()).from_dict({key: value for key, value in message.items() if key != "spans"})
    try:
        rows = _get_rows(doc, tensor.pipe)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return tensor  # what is no data of a pipe is refused where somebody asks for it, and the Doc is read
    return tensor if rows is None else rows
