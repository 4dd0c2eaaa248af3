import numpy as np
import pytest

from spacy_elmo.prediction import expect
from spacy_elmo.prediction.expected import SIDES
from tests.support.predictors import TEXT, VOCABULARY, make_predictor

WORDS = VOCABULARY[3:]


def test_probabilities_sum_to_1():
    found = expect(make_predictor(), TEXT)
    assert [found.probabilities[side].sum() for side in SIDES] == pytest.approx([1, 1, 1], abs=1e-12)


def test_left_and_right_are_the_two_directions():
    predictor = make_predictor()
    found = expect(predictor, TEXT)
    both = predictor.log_probabilities([TEXT.replace("[", "").replace("]", "").split()], 0, 4)
    assert np.allclose(np.log([found.probabilities[side] for side in SIDES[:2]]), both)


def test_both_is_their_product():
    found = expect(make_predictor(), TEXT)
    product = found.probabilities["left"] * found.probabilities["right"]
    assert found.probabilities["both"] == pytest.approx(product / product.sum())


@pytest.mark.parametrize("side", SIDES)
def test_the_likeliest_words_come_first_and_markers_are_no_words(side: str):
    found = expect(make_predictor(), TEXT)
    listed = found.likeliest(side, top=100)
    assert sorted(word for word, _ in listed) == sorted(WORDS)
    assert [value for _, value in listed] == sorted((value for _, value in listed), reverse=True)
    assert found.likeliest(side, top=2) == listed[:2]


def test_a_rank_is_the_place_in_the_list():
    found = expect(make_predictor(), TEXT)
    for side in SIDES:
        for i, (word, value) in enumerate(found.likeliest(side, top=100)):
            assert found.rank(word)[side] == (i + 1, value)


@pytest.mark.parametrize("word", ["zyzzyva", "<UNK>", "</S>"])
def test_words_outside_the_vocabulary_have_no_rank(word: str):
    assert expect(make_predictor(), TEXT).rank(word) is None


def test_a_gap_and_any_word_in_it_are_expected_alike():
    predictor = make_predictor()
    word, gap = (expect(predictor, text) for text in (TEXT, TEXT.replace("bank", "")))
    assert gap.place.text is None
    assert np.array_equal(word.probabilities["both"], gap.probabilities["both"])
