"""Encoders over the parts of Docs: what they read together, what apart, and what belongs to which part."""

from itertools import chain

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.ml.models.tok2vec import MultiHashEmbed
from spacy.tokens import Doc
from thinc.api import Model, fix_random_seed

from project.paper.layers.lstm import build_bilstm
from project.paper.layers.parts import (
    build_parts_tok2vec,
    find_hypothesis,
    find_question,
    find_sentences,
    number_sentences,
    split,
)

WIDTH = 12
FIRST, SECOND = ["a", "man", "sleeps"], ["he", "rests"]


@pytest.fixture
def nlp() -> Language:
    return spacy.blank("en")


def make_doc(nlp: Language, *texts: list[str]) -> Doc:
    """Texts that are sentences; the first one is the question, the last one the hypothesis."""
    starts = [i == 0 for text in texts for i in range(len(text))]
    doc = Doc(nlp.vocab, words=[*chain.from_iterable(texts)], sent_starts=starts)
    doc.spans["question"], doc.spans["hypothesis"] = [doc[: len(texts[0])]], [doc[len(doc) - len(texts[-1]) :]]
    return doc


def make_tok2vec(nlp: Language, parts: str, output: Model | None = None) -> Model:
    fix_random_seed(0)
    embed, encode = MultiHashEmbed(WIDTH, ["NORM"], [50], False), build_bilstm(WIDTH, depth=1, dropout=0.0)
    tok2vec = build_parts_tok2vec(embed, encode, parts, MultiHashEmbed(4, ["NORM"], [50], False), output)
    tok2vec.initialize(X=[make_doc(nlp, FIRST, SECOND)])
    return tok2vec


@pytest.mark.parametrize("parts", ["sentences", "hypothesis", "question"])
def test_each_part_is_encoded_by_itself(nlp: Language, parts: str):
    docs = [make_doc(nlp, FIRST, SECOND), make_doc(nlp, FIRST, ["two", "dogs", "run", "fast"])]
    one, two = make_tok2vec(nlp, parts).predict(docs)
    assert (one.shape, two.shape) == ((5, WIDTH), (7, WIDTH))
    assert np.allclose(one[:3], two[:3], atol=1e-6)


def test_any_number_of_sentences_is_read(nlp: Language):
    tok2vec = make_tok2vec(nlp, "sentences")
    docs = [make_doc(nlp, FIRST, SECOND, FIRST), make_doc(nlp, SECOND), Doc(nlp.vocab)]
    one, two, three = tok2vec.predict(docs)
    assert np.allclose(one[:3], one[5:], atol=1e-6)
    assert np.allclose(one[3:5], two, atol=1e-6)
    assert three.shape == (0, WIDTH)


def test_gradients_reach_the_words_of_their_part(nlp: Language):
    docs, received = [make_doc(nlp, FIRST, SECOND), make_doc(nlp, SECOND)], []
    rows = [np.random.default_rng(0).normal(size=(len(doc), 4)).astype("float32") for doc in docs]
    words: Model = Model("words", lambda model, docs, is_train: (rows, received.append))
    encode: Model = Model("double", lambda model, X, is_train: ([2 * x for x in X], lambda dY: [2 * dy for dy in dY]))
    tok2vec = build_parts_tok2vec(words, encode, "sentences")
    outputs, backprop = tok2vec.begin_update(docs)
    backprop(rows)
    assert all(np.array_equal(output, 2 * row) for output, row in zip(outputs, rows))
    assert all(np.array_equal(gradient, 2 * row) for gradient, row in zip(received[0], rows))


def test_more_features_come_behind_the_encoder(nlp: Language):
    tok2vec = make_tok2vec(nlp, "sentences", MultiHashEmbed(6, ["NORM"], [50], False))
    assert tok2vec.predict([make_doc(nlp, FIRST, SECOND)])[0].shape == (5, WIDTH + 6)


def test_parts_can_be_sequences_of_their_own(nlp: Language):
    words = split(make_tok2vec(nlp, "hypothesis"), "hypothesis")
    docs = [make_doc(nlp, FIRST, SECOND), make_doc(nlp, SECOND)]
    assert [len(part) for part in words.predict(docs)] == [3, 2, 0, 2]


def test_unknown_parts_are_refused(nlp: Language):
    with pytest.raises(ValueError, match="parts = 'words': must be one of 'sentences', 'hypothesis', 'question'"):
        make_tok2vec(nlp, "words")


def test_where_parts_begin(nlp: Language):
    doc = make_doc(nlp, FIRST, SECOND, FIRST)
    assert find_sentences(doc) == [3, 5]
    assert find_question(doc) == (0, 3)
    assert find_hypothesis(doc) == 5


def test_docs_without_sentences_are_one_part(nlp: Language):
    assert find_sentences(Doc(nlp.vocab, words=FIRST)) == []
    assert number_sentences(Doc(nlp.vocab, words=FIRST)).tolist() == [1, 1, 1]


def test_tokens_have_the_number_of_their_sentence(nlp: Language):
    assert number_sentences(make_doc(nlp, FIRST, SECOND)).tolist() == [1, 1, 1, 2, 2]


def test_a_doc_of_nothing_has_one_part_or_two_empty_ones(nlp: Language):
    doc = Doc(nlp.vocab)
    assert (find_sentences(doc), find_hypothesis(doc), find_question(doc)) == ([], 0, (0, 0))


@pytest.mark.parametrize("spans", [[], [(0, 1), (1, 3)], [(0, 0)]])
def test_docs_whose_second_part_is_not_said_are_refused(nlp: Language, spans: list[tuple[int, int]]):
    doc = Doc(nlp.vocab, words=FIRST)
    doc.spans["hypothesis"] = [doc[start:end] for start, end in spans]
    with pytest.raises(ValueError, match=rf"doc.spans\['hypothesis'\] has {len(spans)} spans in 'a man sleeps '"):
        find_hypothesis(doc)
