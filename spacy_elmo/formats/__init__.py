"""How models are kept: our own model directory, and the formats of other programs. Knows no spaCy.

A format is a module with `recognises(path)` and `read(path)`. A new one joins `FORMATS`, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..util.files import WeightsError
from . import allennlp, elmoformanylangs, model_directory
from .foreign import explain
from .pretrained import Head, Pretrained

__all__ = [
    "Head",
    "Pretrained",
    "WeightsError",
    "allennlp",
    "elmoformanylangs",
    "explain",
    "load",
    "model_directory",
]

FORMATS = (elmoformanylangs, model_directory, allennlp)


def find_format(path: str | Path) -> ModuleType | None:
    """Return the format of a path, None where no format knows it."""
    return next((kind for kind in FORMATS if kind.recognises(path)), None)


def is_model_directory(path: str | Path) -> bool:
    """Return whether a path is a model directory, and not of a format that has a `config.json` of another kind."""
    return find_format(path) is model_directory


def load(path: str | Path, *, with_head: bool = True, **settings: Any) -> Pretrained:
    """Load a model of any known format.

    Args:
        path: A model directory; a published weights file, its options file, or a directory that has one; a folder or a
            zip file of ELMoForManyLangs.
        with_head: Whether to read the language model head, if there is one.
        **settings: Settings of `allennlp.read`, for published weights only.

    Returns:
        The model, facts about it, and its head.

    Raises:
        WeightsError: For weights that are missing, broken or do not fit together, and for settings that the format
            does not have.
    """
    found = find_format(path)
    if found is None:
        raise WeightsError(f"{path}: {explain(path)}")
    if settings and found is not allennlp:
        names, what = ", ".join(settings), "a model directory" if found is model_directory else "this format"
        raise WeightsError(f"{path}: {names} cannot be set for {what}, only for published weights")
    read: Callable[..., Pretrained] = found.read
    return read(path, with_head=with_head, **settings)
