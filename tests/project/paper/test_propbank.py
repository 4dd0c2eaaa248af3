"""The files of PropBank, and what is given beside the words."""

import json

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Corpus

from project.paper.readers.given import configure_given_spans
from project.paper.readers.propbank import read_propbank
from project.shared.assets import CorpusError

ROLES = [("ARG0", 0, 1), ("V", 1, 2), ("ARG1", 2, 4)]
FRAME = {"i": 1, "roleset": "read.01", "args": [{"role": role, "start": a, "end": b} for role, a, b in ROLES]}
SENTENCE = {"tokens": ["Anna", "read", "the", "book."], "space_after": [True] * 3 + [False], "predicates": [FRAME]}


@pytest.fixture
def vocab():
    return spacy.blank("en").vocab


def read(tmp_path, vocab, *sentences):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(f"{json.dumps(sentence)}\n" for sentence in sentences), encoding="utf8")
    return list(read_propbank(path, vocab))


def test_a_sentence_becomes_a_doc(tmp_path, vocab):
    (doc,) = read(tmp_path, vocab, SENTENCE)
    assert doc.text == "Anna read the book."
    assert [(span.text, span.label_, span.id_) for span in doc.spans["srl"]] == [
        ("Anna", "ARG0", "1"),
        ("read", "V", "1"),
        ("the book.", "ARG1", "1"),
    ]
    assert [(span.text, span.label_) for span in doc.spans["predicates"]] == [("read", "read.01")]
    assert len(list(doc.sents)) == 1


def test_a_predicate_annotated_twice_counts_once(tmp_path, vocab):
    (doc,) = read(tmp_path, vocab, {**SENTENCE, "predicates": [FRAME, {**FRAME, "args": []}]})
    assert len(doc.spans["srl"]) == 3


def test_sentences_may_have_no_predicates(tmp_path, vocab):
    (doc,) = read(tmp_path, vocab, {**SENTENCE, "predicates": []})
    assert len(doc.spans["srl"]) == len(doc.spans["predicates"]) == 0


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ({**SENTENCE, "tokens": []}, "an empty sentence"),
        ({**SENTENCE, "predicates": [{**FRAME, "i": 4}]}, "read.01 from token 4 to 5 in a sentence of 4 tokens"),
        ({"tokens": ["a"]}, "no 'space_after'"),
        ({**SENTENCE, "space_after": [True]}, "E027"),
        ([1], "indices must be"),
    ],
)
def test_other_files_are_an_error_with_the_line(tmp_path, vocab, sentence, problem):
    with pytest.raises(CorpusError, match="train.jsonl:2: not a sentence with roles") as error:
        read(tmp_path, vocab, SENTENCE, sentence)
    assert problem in str(error.value)


def test_files_that_are_no_text_are_an_error(tmp_path, vocab):
    (tmp_path / "file").write_bytes(b"\xff\xfe")
    for name in ("file", "nothing"):
        with pytest.raises(CorpusError, match=f"{name}: cannot be read"):
            list(read_propbank(tmp_path / name, vocab))


def test_spans_are_given_in_a_corpus(tmp_path, vocab):
    docs = read(tmp_path, vocab, SENTENCE, {**SENTENCE, "predicates": []})
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    corpus = Corpus(tmp_path / "train.spacy", augmenter=configure_given_spans(["predicates", "question"]))
    for eg, doc in zip(corpus(spacy.blank("en")), docs):
        assert [span.text for span in eg.predicted.spans["predicates"]] == [s.text for s in doc.spans["predicates"]]
        assert [*eg.predicted.spans] == ["predicates"]
        assert eg.predicted.text == eg.reference.text
        assert [(span.label_, span.id_) for span in eg.reference.spans["srl"]] == [
            (span.label_, span.id_) for span in doc.spans["srl"]
        ]
