import numpy as np
import pytest
import spacy
from spacy.language import Language

from spacy_elmo.search.accuracy import measure_senses
from spacy_elmo.search.examples import EXAMPLES
from spacy_elmo.search.senses import example_uses, find_word, nearest_uses, separation, similarities

SENSES = ["a", "a", "b", "b"]


@pytest.fixture(scope="module")
def bundled() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo")
    return nlp


@pytest.mark.parametrize("word", EXAMPLES)
def test_layer_0_cannot_tell_uses_apart_and_the_top_layer_can(bundled: Language, word: str):
    tokens, senses = example_uses(bundled, word)
    assert len(tokens) == len(senses) == 10
    np.testing.assert_allclose(similarities(tokens, layer=0), 1, atol=1e-5)  # float32 dot products of 256
    assert similarities(tokens, layer=-1).min() < 0.9


def test_layers_with_context_separate_senses_and_layer_0_does_not(bundled: Language):
    report = measure_senses(bundled)
    assert report.words == list(EXAMPLES)
    means = [layer.mean for layer in report.layers]
    assert means[0] == pytest.approx(4 / 9)  # of nine others, all as near, four have the same sense
    assert means[1] > 0.65
    assert means[2] > 0.65


def test_nearest_is_never_the_use_itself():
    cosines = np.array([[1, 0.2, 0.3], [0.2, 1, 0.1], [0.3, 0.1, 1]])
    assert nearest_uses(cosines) == [2, 0, 0]


def test_separation_is_the_share_of_neighbours_of_the_same_sense():
    cosines = np.array([[1, 0.9, 0.1, 0], [0.9, 1, 0.2, 0], [0.1, 0.2, 1, 0], [0, 0, 0, 1.0]])
    # the first two are nearest to each other, the third to the second; the fourth is as near to all of three
    assert separation(cosines, SENSES) == pytest.approx((1 + 1 + 0 + 1 / 3) / 4)


def test_equal_vectors_give_what_chance_gives():
    assert separation(np.ones((4, 4)), SENSES) == pytest.approx(1 / 3)


def test_words_are_found_in_their_spelling(nlp: Language):
    assert [token.i for token in find_word(nlp.make_doc("Play, play and plays"), "play")] == [2]
