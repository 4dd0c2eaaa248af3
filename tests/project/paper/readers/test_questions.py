"""QAMR and SQuAD into Docs of a question and its context, and what a component is given of them."""

import json

import pytest
import spacy
from spacy.tokens import DocBin

from project.paper.readers.corpus import copy_given, create_reader
from project.paper.readers.qamr import read_qamr
from project.paper.readers.squad import read_squad
from project.shared.assets import CorpusError

NLP = spacy.blank("en")
ROW = {"tokens": ["Anna", "saw", "Bob", "."], "question": "Who saw Bob?", "answers": [[0, 1], [0, 1], [0, 2]]}
CONTEXT = "Anna saw Bob. He didn't wave."


def qamr(path, **changes):
    path.write_text("\n" + json.dumps({**ROW, **changes}) + "\n", encoding="utf8")
    return list(read_qamr(path, NLP))


def squad(path, *questions, context=CONTEXT):
    asked = [{"id": f"q{i}", "question": text, "answers": answers} for i, (text, answers) in enumerate(questions)]
    data = {"version": "1.1", "data": [{"title": "x", "paragraphs": [{"context": context, "qas": asked}]}]}
    path.write_text(json.dumps(data), encoding="utf8")
    return list(read_squad(path, NLP))


def answer(text, start):
    return {"text": text, "answer_start": start}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "questions.json"


def test_a_row_of_qamr(path):
    (doc,) = qamr(path)
    assert [token.text for token in doc] == ["Who", "saw", "Bob", "?", "Anna", "saw", "Bob", "."]
    assert [sentence.text for sentence in doc.sents] == ["Who saw Bob?", "Anna saw Bob ."]
    assert [span.text for span in doc.spans["question"]] == ["Who saw Bob?"]
    assert [(span.start, span.text) for span in doc.spans["answers"]] == [(4, "Anna"), (4, "Anna saw")]


def test_a_question_and_a_context_of_one_word(path):
    (doc,) = qamr(path, question="Who", tokens=["Anna"], answers=[[0, 1]])
    assert [sentence.text for sentence in doc.sents] == ["Who", "Anna"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answers": [[0, 5]]}, r":2: answers: \[0, 5\) of 4 tokens"),
        ({"answers": [[1, 1]]}, r":2: answers: \[1, 1\) of 4 tokens"),
        ({"answers": []}, ":2: answers: .*at least 1 item"),
        ({"answers": [["a", 1]]}, r":2: answers\.0\.0: .*valid integer"),
        ({"question": " "}, ":2: a question without words"),
        ({"tokens": []}, ":2: tokens: .*at least 1 item"),
        ({"tokens": ["", "a"]}, ":2: tokens.0: String should match"),
        ({"tokens": None}, ":2: tokens: .*valid array"),
    ],
)
def test_errors_of_qamr_name_line_and_field(path, changes, message):
    with pytest.raises(CorpusError, match=message):
        qamr(path, **changes)


@pytest.mark.parametrize(("text", "message"), [("", "empty"), ("{", ":1: Invalid JSON"), ("[]", ":1: .*object")])
def test_files_that_are_no_qamr(path, text, message):
    path.write_text(text, encoding="utf8")
    with pytest.raises(CorpusError, match=message):
        list(read_qamr(path, NLP))


def test_questions_of_squad(path):
    docs = squad(path, ("Who saw Bob?", [answer("Anna", 0), answer("Anna", 0)]), (" Did he? ", [answer("He did", 14)]))
    assert [[span.text for span in doc.spans["answers"]] for doc in docs] == [["Anna"], ["He did"]]
    assert [sentence.text for sentence in docs[1].sents] == ["Did he?", "Anna saw Bob.", "He didn't wave."]


def test_answers_within_words_become_whole_words(path):
    (doc,) = squad(path, ("Who?", [answer("nna saw B", 1)]))
    assert doc.spans["answers"][0].text == "Anna saw Bob"


def test_questions_without_answers_are_left_out(path):
    assert len(squad(path, ("Why?", []), ("Who?", [answer("Anna", 0)]))) == 1
    with pytest.raises(CorpusError, match="no questions with answers"):
        squad(path, ("Why?", []))


@pytest.mark.parametrize(
    ("text", "answers", "message"),
    [
        ("Who?", [answer("Bob", 0)], "question 'q0': 'Bob' is not at character 0"),
        ("Who?", [answer("Anna", -1)], r"data\.0\.paragraphs\.0\.qas\.0\.answers\.0\.answer_start: .*greater than"),
        ("", [answer("Anna", 0)], "question 'q0': a question without words"),
    ],
)
def test_errors_of_squad_name_the_question(path, text, answers, message):
    with pytest.raises(CorpusError, match=message):
        squad(path, (text, answers))


def test_components_are_given_words_sentences_and_the_groups_they_may_see(path):
    (doc,) = qamr(path)
    copy = copy_given(doc, ["question", "missing"])
    assert copy.text == doc.text
    assert [sentence.start for sentence in copy.sents] == [0, 4]
    assert {key: [span.text for span in group] for key, group in copy.spans.items()} == {"question": ["Who saw Bob?"]}


def test_the_corpus_makes_examples_of_a_file(path, tmp_path):
    DocBin(docs=qamr(path)).to_disk(tmp_path / "train.spacy")
    (example,) = create_reader(tmp_path / "train.spacy", ["question"])(NLP)
    assert ("answers" in example.reference.spans, "answers" in example.predicted.spans) == (True, False)
