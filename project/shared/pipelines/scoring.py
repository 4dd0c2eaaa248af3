"""Scores of pipelines: from raw text, of words never seen in training, and of multiword tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.scorer import PRFScore, Scorer
from spacy.tokens import Doc, Span, Token
from spacy.training import Example

from project.shared.corpora import MULTIWORD

NAMES = ("tag_acc", "pos_acc", "morph_acc", "lemma_acc", "dep_uas", "dep_las", "sents_f", "ents_p", "ents_r", "ents_f")
Scores = dict[str, Any]


def predict(nlp: Language, docs: Iterable[Doc], *, gold: bool) -> list[Example]:
    """Return predictions beside the gold annotation.

    Args:
        nlp: The pipeline.
        docs: Docs with gold annotation.
        gold: Predict on their tokens, and not from their text.
    """
    examples = [Example(_without_annotation(doc) if gold else nlp.make_doc(doc.text), doc) for doc in docs]
    for example, doc in zip(examples, nlp.pipe([example.predicted for example in examples])):
        example.predicted = doc
    return examples


def _without_annotation(doc: Doc) -> Doc:
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])


def score(nlp: Language, examples: Sequence[Example], names: Iterable[str] = NAMES) -> Scores:
    """Return spaCy's scores of these names, but for those that there is no annotation for."""
    scores = Scorer(nlp).score(examples)
    return {name: float(scores[name]) for name in names if scores.get(name) is not None}


def score_raw(nlp: Language, examples: Sequence[Example]) -> Scores:
    """Return spaCy's scores of predictions from raw text, token_f among them; nothing where spaces are unknown."""
    if any(example.reference.has_unknown_spaces for example in examples):
        return {}
    return score(nlp, examples, ("token_f", *NAMES))


def score_unseen(examples: Iterable[Example], seen: set[str]) -> Scores:
    """Score the words that training did not have, and the entities with such a word.

    Args:
        examples: Predictions beside the gold annotation.
        seen: The words that training had, letter for letter.

    Returns:
        The number of unseen words, and what `score_words` returns of them.
    """
    return score_words(examples, lambda gold: [token.text not in seen for token in gold])


def score_multiword(examples: Iterable[Example]) -> Scores:
    """Score the tokens that are multiword tokens, or their words. Returns their number, and what `score_words` does."""

    def is_multiword(gold: Doc) -> list[bool]:
        found = {token.i for span in gold.spans.get(MULTIWORD, ()) for token in span}
        return [token.i in found for token in gold]

    return score_words(examples, is_multiword)


def score_words(examples: Iterable[Example], select: Callable[[Doc], list[bool]]) -> Scores:
    """Score some of the words, and the entities with such a word.

    Args:
        examples: Predictions beside the gold annotation. What stands beside several tokens, or a part of one, is wrong.
        select: Which tokens of a gold Doc count.

    Returns:
        The number of words, and those of spaCy's tag_acc, pos_acc, morph_acc, lemma_acc, dep_uas, dep_las and ents_f
        that some of the words have an annotation for. As with spaCy's scores, words without annotation do not count.
    """
    right: dict[str, int] = {}
    known: dict[str, int] = {}
    entities = PRFScore()
    n_words, has_entities = 0, False
    for example in examples:
        chosen = select(example.reference)
        n_words += sum(chosen)
        beside = align(example)
        for token in (token for token in example.reference if chosen[token.i]):
            for name, is_right in _compare(token, beside):
                known[name] = known.get(name, 0) + 1
                right[name] = right.get(name, 0) + is_right
        has_entities |= example.reference.has_annotation("ENT_IOB")
        gold, predicted = (_spans(doc.ents) for doc in (example.reference, example.predicted))
        bounds = [(token.idx, token.idx + len(token)) for token in example.reference if chosen[token.i]]
        entities.score_set(*({span for span in spans if _has_any(span, bounds)} for spans in (predicted, gold)))
    shares = {name: right[name] / known[name] for name in known}
    return {"words": n_words, **shares, **({"ents_f": entities.fscore} if has_entities and n_words else {})}


def align(example: Example) -> list[Token | None]:
    """Return the predicted token that is each gold token, None where there is none."""
    x2y, y2x = example.alignment.x2y, example.alignment.y2x
    found: list[Token | None] = []
    for i in range(len(example.reference)):
        tokens = y2x[i]
        is_one = len(tokens) == 1 and x2y.lengths[int(tokens[0])] == 1
        found.append(example.predicted[int(tokens[0])] if is_one else None)
    return found


def _compare(gold: Token, beside: list[Token | None]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each score that a token has a gold annotation for, and whether the prediction is the same."""
    found = beside[gold.i]
    if gold.tag:
        yield "tag_acc", found is not None and found.tag == gold.tag
    if gold.pos:
        yield "pos_acc", found is not None and found.pos == gold.pos
    if gold.has_morph():
        yield "morph_acc", found is not None and found.morph == gold.morph
    if gold.lemma:
        yield "lemma_acc", found is not None and found.lemma == gold.lemma
    if gold.has_head():
        is_head = found is not None and found.head == beside[gold.head.i]
        yield "dep_uas", is_head
        yield "dep_las", found is not None and is_head and found.dep_.lower() == gold.dep_.lower()


def _spans(spans: Iterable[Span]) -> set[tuple[str, int, int]]:
    return {(span.label_, span.start_char, span.end_char) for span in spans}


def _has_any(span: tuple[str, int, int], bounds: Iterable[tuple[int, int]]) -> bool:
    return any(start < span[2] and span[1] < end for start, end in bounds)
