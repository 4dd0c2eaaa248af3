"""Docs with the data of an `elmo` pipe, in `.spacy` files: `doc._.elmo` works on them, and spaCy alone reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spacy.tokens import Doc, DocBin

from ..settings import Settings


def check() -> None:
    """Need nothing."""


def write(stage: Path, name: str, docs: Iterable[Doc], settings: Settings) -> None:
    """Write Docs, and what is on them."""
    DocBin(docs=docs, store_user_data=True).to_disk(stage / f"{name}.spacy")
