"""What components see of an annotated Doc."""

from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from project.paper.readers.corpus import create_reader


def write_docs(path: Path) -> Path:
    docs = []
    for label in ("yes", "no"):
        doc = Doc(spacy.blank("en").vocab, words=["A", "b.", "C"], spaces=[True, False, False], sent_starts=[1, 0, 1])
        doc.cats = {label: 1.0}
        doc.spans["hypothesis"] = [Span(doc, 2, 3, label="second", span_id="7")]
        doc.spans["answers"] = [doc[:1]]
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def test_words_sentences_and_named_spans_are_given_and_nothing_else(tmp_path: Path):
    example, _ = create_reader(write_docs(tmp_path / "a.spacy"), ["hypothesis"])(spacy.blank("en"))
    given = example.predicted
    assert (given.text, [len(sentence) for sentence in given.sents]) == ("A b.C", [2, 1])
    (span,) = given.spans["hypothesis"]
    assert (span.text, span.label_, span.id_) == ("C", "second", "7")
    assert not given.cats
    assert "answers" not in given.spans
    assert example.reference.cats == {"yes": 1}
    assert len(example.reference.spans["answers"]) == 1


def test_a_limit_takes_the_first(tmp_path: Path):
    examples = list(create_reader(write_docs(tmp_path / "a.spacy"), [], limit=1)(spacy.blank("en")))
    assert [example.reference.cats for example in examples] == [{"yes": 1}]


def test_a_path_is_needed():
    with pytest.raises(ValueError, match="path is missing"):
        create_reader(None, [])
