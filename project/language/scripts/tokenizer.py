"""The tokenizer of a language."""

from __future__ import annotations

import spacy
from spacy.language import Language

from project.shared.arguments import StepError


def make_blank(lang: str, segmenter: str = "") -> Language:
    """Return a blank pipeline that splits text into words. Raises StepError where that cannot be had."""
    config = {"nlp": {"tokenizer": {"segmenter": segmenter}}} if segmenter else {}
    try:
        nlp = spacy.blank(lang, config=config)
        nlp.make_doc("1")
    except Exception as error:  # of the modules that languages import, too
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StepError(f"lang = {lang!r}: spaCy cannot split its text here ({reason})") from error
    return nlp
