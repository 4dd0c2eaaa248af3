"""Pairs of sentences, and what follows from the first: SICK, DNC and SNLI, a pair a line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from project.shared.assets import CorpusError

from ..layers.parts import HYPOTHESIS
from .records import Record, read_records

UNDECIDED = "-"  # in SNLI, of pairs whose annotators did not agree; all who report figures leave them out


class Pair(Record):
    """Two sentences, and what the first says of the second."""

    sentence1: str
    sentence2: str
    gold_label: str


def read_pairs(path: Path, nlp: Language) -> Iterator[Doc]:
    """Yield a Doc for each pair, with `spans["hypothesis"]` and `cats`.

    Args:
        path: Lines of JSON with "sentence1", "sentence2" and "gold_label". Pairs whose label is "-" are left out.
        nlp: Its tokenizer makes words.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is not such a pair; or there are none.
    """
    known = {pair.gold_label for _, pair in read_records(path, Pair)}
    labels = dict.fromkeys(sorted(known - {UNDECIDED}), 0.0)
    if not labels:
        raise CorpusError(f"{path}: no pair has a label; name a file with labels")
    for place, pair in read_records(path, Pair):
        if pair.gold_label != UNDECIDED:
            try:
                doc = make_pair(nlp, pair.sentence1, pair.sentence2)
            except ValueError as error:
                raise CorpusError(f"{place}: {error}") from error
            doc.cats = {**labels, pair.gold_label: 1.0}
            yield doc


def make_pair(nlp: Language, premise: str, hypothesis: str) -> Doc:
    """Return a Doc of two sentences, the second of which is `spans["hypothesis"]`.

    Raises:
        ValueError: One of them has no words.
    """
    docs = [nlp.make_doc(text.strip()) for text in (premise, hypothesis)]
    if not all(map(len, docs)):
        raise ValueError("a sentence without words; remove this pair")
    tokens = [token for doc in docs for token in doc]
    start = len(docs[0])
    spaces = [bool(token.whitespace_) or i == start - 1 for i, token in enumerate(tokens)]
    starts: list[bool | int | None] = [i in (0, start) for i in range(len(tokens))]
    pair = Doc(nlp.vocab, words=[token.text for token in tokens], spaces=spaces, sent_starts=starts)
    pair.spans[HYPOTHESIS] = [pair[start:]]
    return pair
