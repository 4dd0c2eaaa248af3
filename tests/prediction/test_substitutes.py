import numpy as np
import pytest

from spacy_elmo.bilm.inference import Encoder
from spacy_elmo.prediction import expect, find_substitutes
from tests.support.predictors import TEXT, make_predictor
from tests.support.random_models import random_table_model


def test_they_are_ranked_by_the_cosine_of_vectors_in_the_sentence():
    predictor = make_predictor()
    expected = expect(predictor, TEXT)
    found = find_substitutes(predictor, expected)
    assert sorted(item.word for item in found) == [".", "of", "river", "shore", "the"]
    assert [item.cosine for item in found] == sorted((item.cosine for item in found), reverse=True)
    words = TEXT.replace("[", "").replace("]", "").split()
    encoder = Encoder(predictor.model)
    original = encoder.encode([words])[1:, 4].mean(axis=0)
    for item in found:
        words[4] = item.word
        vector = encoder.encode([words])[1:, 4].mean(axis=0)
        cosine = vector @ original / np.linalg.norm(vector) / np.linalg.norm(original)
        assert item.cosine == pytest.approx(cosine, abs=1e-5)  # float32
        assert item.probability == expected.rank(item.word)["both"].probability


def test_candidates_can_be_given():
    predictor = make_predictor()
    found = find_substitutes(predictor, expect(predictor, TEXT), words=["river", "bank", "zyzzyva", "shore"])
    assert {item.word for item in found} == {"river", "shore"}


def test_no_more_are_returned_than_asked_for():
    predictor = make_predictor()
    expected = expect(predictor, TEXT)
    assert find_substitutes(predictor, expected, top=2) == find_substitutes(predictor, expected)[:2]


def test_a_gap_has_none():
    predictor = make_predictor()
    with pytest.raises(ValueError, match="a substitute is for a word; write one into the brackets"):
        find_substitutes(predictor, expect(predictor, "the [] of"))


def test_a_table_that_refuses_candidates_is_said():
    predictor = make_predictor(random_table_model("error"))
    with pytest.raises(ValueError, match="tiny: words outside the vocabulary of this model: 'shore'"):
        find_substitutes(predictor, expect(predictor, "the [bank]"), words=["shore"])
