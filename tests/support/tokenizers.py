"""Pipelines whose tokenizers were taught."""

from __future__ import annotations

from pathlib import Path

import spacy
from spacy.symbols import ORTH


def write_tokenizer(folder: Path, *, exception: str = "", lang: str = "en") -> str:
    """Write a pipeline whose tokenizer cuts a word into its letters, and return its path."""
    nlp = spacy.blank(lang)
    nlp.add_pipe("sentencizer")
    if exception:
        nlp.tokenizer.add_special_case(exception, [{ORTH: letter} for letter in exception])
    folder.mkdir(parents=True)
    nlp.to_disk(folder)
    return str(folder)
