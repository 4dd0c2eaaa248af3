"""Where sentences come from."""

import pickle

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_elmo.text.sentences import configure_docs, configure_sentences, configure_windows

nlp = spacy.blank("en")


def texts(getter, doc):
    return [span.text for span in getter([doc])[0]]


def make_doc(words, **settings):
    return Doc(nlp.vocab, words=words, **settings)


def test_annotated_sentences_are_taken():
    doc = make_doc(["a", "b", ".", "c"], sent_starts=[True, True, False, False])
    assert texts(configure_sentences(), doc) == ["a", "b . c"]


def test_sentence_annotation_without_any_start_is_one_sentence():
    doc = make_doc(["a", ".", "b"], sent_starts=[True, False, False])
    assert texts(configure_sentences(), doc) == ["a . b"]


def test_without_annotation_sentences_end_at_final_punctuation():
    assert texts(configure_sentences(), nlp("One here. Two there! Three?")) == ["One here.", "Two there!", "Three?"]


def test_closing_quotes_stay_with_their_sentence():
    doc = make_doc(["“", "Stop", "!", "”", "He", "ran", "."])
    assert texts(configure_sentences(), doc) == ["“ Stop ! ”", "He ran ."]


def test_runs_of_final_punctuation_end_one_sentence():
    assert texts(configure_sentences(), make_doc(["What", "?", "!", "No", "."])) == ["What ? !", "No ."]


@pytest.mark.parametrize("mark", ["。", "؟", "।", "．"])
def test_final_punctuation_of_other_scripts_counts(mark):
    assert texts(configure_sentences(), make_doc(["a", mark, "b"])) == [f"a {mark}", "b"]


def test_newlines_end_sentences():
    doc = make_doc(["Title", "\n", "Text", "goes", "\n\n", "on"])
    assert [[t.text for t in span] for span in configure_sentences()([doc])[0]] == [
        ["Title", "\n"],
        ["Text", "goes", "\n\n"],
        ["on"],
    ]


def test_guessing_writes_nothing_to_the_doc():
    doc = nlp("One. Two.")
    configure_sentences()([doc])
    assert not doc.has_annotation("SENT_START")


def test_long_sentences_are_cut():
    doc = make_doc([str(i) for i in range(250)])
    assert [len(span) for span in configure_sentences(max_words=100)([doc])[0]] == [100, 100, 50]


def test_whitespace_does_not_count_towards_the_length():
    doc = make_doc(["a", " ", "b", " ", "c", " "])
    assert [[t.text for t in span if not t.is_space] for span in configure_sentences(max_words=2)([doc])[0]] == [
        ["a", "b"],
        ["c"],
    ]


def test_sentences_of_an_annotated_part_of_a_doc_start_at_its_first_token():
    doc = make_doc(["a", "b", "c", "d"], sent_starts=[True, False, True, False])
    assert texts(configure_sentences(), doc[1:].as_doc()) == ["b", "c d"]


@given(st.lists(st.sampled_from(["a", ".", "!", " ", "\n", "。", '"']), max_size=30), st.integers(1, 5))
def test_sentences_hold_every_word_once_and_in_order(words, max_words):
    doc = make_doc(words)
    tokens = [token.i for span in configure_sentences(max_words)([doc])[0] for token in span if not token.is_space]
    assert tokens == [token.i for token in doc if not token.is_space]


@given(st.integers(0, 30), st.integers(1, 7), st.integers(1, 7))
def test_windows_cover_every_word_and_are_no_longer_than_their_size(n, size, stride):
    doc = make_doc(["w"] * n)
    spans = configure_windows(size, min(size, stride))([doc])[0]
    assert {token.i for span in spans for token in span} == set(range(n))
    assert all(1 <= len(span) <= size for span in spans)


def test_windows_overlap_by_their_stride():
    doc = make_doc(list("abcdef"))
    assert texts(configure_windows(4, 2), doc) == ["a b c d", "c d e f"]


def test_windows_do_not_count_whitespace():
    doc = make_doc(["a", " ", " ", "b", "c"])
    assert [(span.start, span.end) for span in configure_windows(2)([doc])[0]] == [(0, 4), (4, 5)]


def test_docs_are_one_span_each():
    assert texts(configure_docs(), nlp("One. Two.")) == ["One. Two."]


@pytest.mark.parametrize("getter", [configure_sentences(), configure_windows(), configure_docs()])
def test_empty_docs_have_no_spans(getter):
    assert getter([make_doc([])]) == [[]]


@pytest.mark.parametrize("getter", [configure_sentences(7), configure_windows(4, 2), configure_docs()])
def test_getters_can_be_sent_to_other_processes(getter):
    doc = nlp("One. Two. Three or more words here.")
    assert texts(pickle.loads(pickle.dumps(getter)), doc) == texts(getter, doc)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "10", None])
def test_sizes_must_be_whole_numbers_above_zero(value):
    with pytest.raises(ValueError, match="max_words = .*whole number"):
        configure_sentences(value)
    with pytest.raises(ValueError, match="size = .*whole number"):
        configure_windows(value)


def test_a_stride_that_leaves_words_out_is_an_error():
    with pytest.raises(ValueError, match="stride = 5: must be at most size = 4"):
        configure_windows(4, 5)
