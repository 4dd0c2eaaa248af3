"""`spacy-elmo-paper.Corpus.v1`: spaCy's corpus for tasks whose input is more than words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Corpus, Example


@spacy.registry.readers("spacy-elmo-paper.Corpus.v1")
def create_reader(path: Path | None, given: Sequence[str], limit: int = 0) -> Callable[[Language], Iterable[Example]]:
    """Return a reader of Docs (`.spacy`) that gives components their words, sentences and some of their spans.

    Args:
        path: A file, or a folder of such.
        given: Names of groups of spans that are input, as "hypothesis". The others are what components predict.
        limit: How many Docs to take at most, from the first on; 0 for all.

    Raises:
        ValueError: There is no path.
    """
    if path is None:
        raise ValueError("path is missing: name a file of Docs by --paths.train and --paths.dev")
    return GivenCorpus(path, given, limit=limit)


class GivenCorpus(Corpus):
    """Docs of which components see words, sentences and some spans.

    Args:
        path: A file, or a folder of such.
        given: Names of groups of spans.
        **settings: Of spaCy's `Corpus`.
    """

    def __init__(self, path: str | Path, given: Sequence[str], **settings: Any):
        super().__init__(path, **settings)
        self.given = list(given)

    def _make_example(self, nlp: Language, reference: Doc, gold_preproc: bool) -> Example:
        return Example(copy_given(reference, self.given), reference)


def copy_given(doc: Doc, given: Iterable[str]) -> Doc:
    """Return a Doc with the words and sentences of another one, and with its groups of spans that are `given`."""
    starts: list[bool | int | None] | None
    starts = [token.is_sent_start for token in doc] if doc.has_annotation("SENT_START") else None
    words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
    copy = Doc(doc.vocab, words=words, spaces=spaces, sent_starts=starts)
    for name in given:
        if name in doc.spans:
            copy.spans[name] = [Span(copy, s.start, s.end, label=s.label_, span_id=s.id_) for s in doc.spans[name]]
    return copy
