"""How models are kept: our own model directory, and the formats of other programs. Knows no spaCy.

A format is a module with `recognises(path)` and `read(path)`. A new one joins `FORMATS`, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..util.files import WeightsError
from . import allennlp, model_directory
from .foreign import explain
from .pretrained import Head, Pretrained

__all__ = ["Head", "Pretrained", "WeightsError", "allennlp", "explain", "load", "model_directory"]

FORMATS = (model_directory, allennlp)


def find_format(path: str | Path) -> ModuleType | None:
    """Return the format of a path, None where no format knows it."""
    return next((kind for kind in FORMATS if kind.recognises(path)), None)


def load(path: str | Path, *, with_head: bool = True, **settings: Any) -> Pretrained:
    """Load a model of any known format.

    Args:
        path: A model directory; a published weights file, its options file, or a directory that has one.
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
    if settings and found is model_directory:
        names = ", ".join(settings)
        raise WeightsError(f"{path}: {names} cannot be set for a model directory, only for published weights")
    read: Callable[..., Pretrained] = found.read
    return read(path, with_head=with_head, **settings)
