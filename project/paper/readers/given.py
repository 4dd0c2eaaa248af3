"""What is given beside the words of an example: gold predicates of semantic roles, the question to be answered, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spacy import registry
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example


@registry.augmenters("spacy-elmo-paper.GivenSpans.v1")
def configure_given_spans(keys: list[str]) -> Callable[[Language, Example], Iterator[Example]]:
    """Return an augmenter of `spacy.Corpus.v1` that puts annotated spans onto the Docs to predict on.

    These have the tokens and the sentences of the annotated Docs, and nothing more but the spans.

    Args:
        keys: Which of `doc.spans`; where a Doc has none of the name, neither has the other.
    """

    def give(nlp: Language, example: Example) -> Iterator[Example]:
        gold = example.reference
        words, spaces = [token.text for token in gold], [bool(token.whitespace_) for token in gold]
        starts: list[bool | int | None] = [token.is_sent_start for token in gold]
        given = Doc(nlp.vocab, words=words, spaces=spaces, sent_starts=starts)
        for key in keys:
            if key in gold.spans:
                given.spans[key] = [
                    Span(given, span.start, span.end, label=span.label, span_id=span.id) for span in gold.spans[key]
                ]
        yield Example(given, gold)

    return give
