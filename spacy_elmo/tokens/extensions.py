"""The vectors of a Doc as extensions: `doc._.elmo`, `span._.elmo_layers` and the like."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from spacy.tokens import Doc, Span, Token

from ..util.types import Floats1d, Floats2d, Floats3d
from .data import Spanlike, find_rows, get_data, get_stored, select_rows


def set_extensions(name: str = "elmo") -> None:
    """Register the extensions of an `elmo` pipe.

    These are `_.NAME` and `_.NAME_layers` on Doc, Span and Token, and `_.NAME_data` on Doc. An extension that somebody
    else registered under one of these names is kept, with a warning.

    Args:
        name: Name of the pipe.
    """
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


def _tokens_layers(tokens: Spanlike | Token, *, name: str) -> Floats3d | None:
    data = get_data(tokens.doc, name)
    layers = None if data is None else data.layers
    if data is None or layers is None:
        return None
    return select_rows(lambda rows: layers[:, rows], find_rows(data, tokens))


def _tokens_mixed(tokens: Spanlike | Token, *, name: str) -> Floats2d | None:
    data = get_stored(tokens.doc, name)
    return None if data is None else select_rows(data.get_mixed, find_rows(data, tokens))


def _token_layers(token: Token, *, name: str) -> Floats2d | None:
    layers = _tokens_layers(token, name=name)
    return None if layers is None else layers[:, 0]


def _token_mixed(token: Token, *, name: str) -> Floats1d | None:
    mixed = _tokens_mixed(token, name=name)
    return None if mixed is None else mixed[0]


set_extensions()
for extension in ("elmo_sense", "elmo_sense_score"):  # of a pipe `elmo_senses`, which sets them
    if not Token.has_extension(extension):
        Token.set_extension(extension, default=None)
