"""Small files of annotated text, read as the project reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import Doc

from project.shared.corpora import CorpusError, How, read_docs

VOCAB = spacy.blank("en").vocab


def read(folder: Path, text: str | bytes, *components: str, name: str = "corpus.txt", **how: Any) -> list[Doc]:
    """Return the Docs of a file of this text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf8"))
    return list(read_docs(path, VOCAB, components, How(**how)))


def fails(folder: Path, text: str | bytes, line: int | None, message: str, *components: str, **options: Any) -> None:
    """Check that reading ends with an error that names the file, the line where there is one, and what is wrong."""
    with pytest.raises(CorpusError) as caught:
        read(folder, text, *components, **options)
    place = f"{folder / options.get('name', 'corpus.txt')}:" + (f"{line}:" if line else "")
    assert str(caught.value).startswith(place)
    assert message in str(caught.value)


def entities(doc: Doc) -> list[tuple[str, str]]:
    """Return text and type of each entity."""
    return [(ent.text, ent.label_) for ent in doc.ents]


def row(number: object, form: str, *, upos: str = "NOUN", head: object = "_", misc: str = "_") -> str:
    """Return the line of a word in CoNLL-U."""
    return "\t".join([str(number), form, "_", upos, "_", "_", str(head), "_", "_", misc])
