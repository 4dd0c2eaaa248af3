"""The files of PropBank."""

import json

import pytest
import spacy
from spacy.tokens import DocBin

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
        ({**SENTENCE, "tokens": []}, "tokens: .*at least 1 item"),
        ({**SENTENCE, "predicates": [{**FRAME, "i": 4}]}, "read.01 from token 4 to 5 in a sentence of 4 tokens"),
        ({"tokens": ["a"]}, "space_after: Field required"),
        ({**SENTENCE, "space_after": [True]}, "space_after: 1 of 4 tokens"),
        ([1], "object"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, vocab, sentence, problem):
    with pytest.raises(CorpusError, match=f"train.jsonl:2: .*{problem}"):
        read(tmp_path, vocab, SENTENCE, sentence)


def test_docs_come_back_from_a_docbin(tmp_path, vocab):
    docs = read(tmp_path, vocab, SENTENCE)
    (again,) = DocBin().from_bytes(DocBin(docs=docs).to_bytes()).get_docs(spacy.blank("en").vocab)
    assert [(span.text, span.label_, span.id_) for span in again.spans["srl"]] == [
        (span.text, span.label_, span.id_) for span in docs[0].spans["srl"]
    ]
