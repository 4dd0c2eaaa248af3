"""`spacy-elmo-paper.Corpus.v1`: examples whose Docs have, before anything predicts, what the task gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import registry


@registry.readers("spacy-elmo-paper.Corpus.v1")
def create_corpus(path: Path | None, given: list[str] | None = None) -> Callable[[Language], Iterable[Example]]:
    """Return a reader of a `.spacy` file. spaCy's own one gives a component nothing but the words of a Doc.

    Args:
        path: The file.
        given: Names of the groups of spans that a component may see, as `question`.

    Returns:
        A function from a pipeline to examples. Their predicted Docs have the words, the sentences and these spans.
    """

    def read(nlp: Language) -> Iterator[Example]:
        if path is None or not Path(path).is_file():
            raise ValueError(f"{path}: no such file; `paths.train` and `paths.dev` name files of Docs, as *.spacy")
        for reference in DocBin().from_disk(path).get_docs(nlp.vocab):
            yield Example(copy_given(reference, given or []), reference)

    return read


def copy_given(doc: Doc, given: Iterable[str]) -> Doc:
    """Return a Doc with the words, the sentences and some spans of another one."""
    starts: list[bool | int | None] = [token.is_sent_start for token in doc]
    words, spaces = [token.text for token in doc], [bool(token.whitespace_) for token in doc]
    copy = Doc(doc.vocab, words=words, spaces=spaces, sent_starts=starts if doc.has_annotation("SENT_START") else None)
    for key in given:
        if key in doc.spans:
            copy.spans[key] = [Span(copy, s.start, s.end, label=s.label, span_id=s.id) for s in doc.spans[key]]
    return copy
