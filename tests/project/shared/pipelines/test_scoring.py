"""Scores where the tokens of a prediction are others than the gold ones."""

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from project.shared.corpora import MULTIWORD
from project.shared.pipelines.scoring import predict, score_multiword, score_raw, score_words

NLP = spacy.blank("fr")
GOLD = {"words": ["Fin", "du", "match", "!"], "pos": ["NOUN", "ADP", "NOUN", "PUNCT"], "heads": [0, 2, 0, 0],
        "deps": ["root", "case", "nmod", "punct"], "spaces": [True, True, False, False]}  # fmt: skip


@pytest.fixture
def gold():
    doc = Doc(NLP.vocab, **GOLD)
    doc.spans[MULTIWORD] = [doc[1:2]]
    return doc


def predicted(**values):
    return Doc(NLP.vocab, **(GOLD | values))


def all_words(doc):
    return [True] * len(doc)


def test_multiword_tokens_alone(gold):
    example = Example(predicted(pos=["X", "ADP", "X", "X"], heads=[0, 0, 0, 0]), gold)
    assert score_multiword([example]) == {"words": 1, "pos_acc": 1.0, "dep_uas": 0.0, "dep_las": 0.0}


def test_tokens_that_are_split_or_joined_are_wrong(gold):
    split = predicted(words=["Fin", "d", "u", "match!"], spaces=[True, False, True, False])
    scores = score_words([Example(split, gold)], all_words)
    assert (scores["words"], scores["pos_acc"]) == (4, 1 / 4)
    assert scores["dep_uas"] == 1 / 4  # the first, which is the root


def test_no_multiword_tokens():
    assert score_multiword([Example(predicted(), Doc(NLP.vocab, **GOLD))]) == {"words": 0}


def test_predictions_are_on_gold_tokens_or_from_text(gold):
    gold = Doc(NLP.vocab, words=["aujourd'", "hui", "!"], spaces=[False, True, False])
    tokens = {mode: [token.text for token in predict(NLP, [gold], gold=mode)[0].predicted] for mode in (True, False)}
    assert tokens == {True: ["aujourd'", "hui", "!"], False: ["aujourd'hui", "!"]}


def test_gold_annotation_does_not_reach_the_prediction(gold):
    assert not predict(NLP, [gold], gold=True)[0].predicted.has_annotation("POS")


def test_raw_scores_have_those_of_tokens():
    gold = Doc(NLP.vocab, words=["aujourd'", "hui", "!"], spaces=[False, True, False])
    assert score_raw(NLP, predict(NLP, [gold], gold=False)) == {"token_f": pytest.approx(2 / 5)}
