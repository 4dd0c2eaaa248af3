import numpy as np
import pytest

from spacy_elmo.senses.nearest import WordSenses, unit

SENSES = WordSenses(np.array([[2.0, 0], [1, 0], [0, 5]]), ["a", "a", "b"])


def test_the_sense_is_the_one_in_whose_direction_a_vector_points():
    assert SENSES.names == ["a", "b"]
    sense, score = SENSES.choose(np.array([3.0, 4.0]))
    assert sense == "b"
    assert score == pytest.approx(0.8 - 0.6)
    assert isinstance(score, float)


def test_examples_count_alike_however_long_their_vectors_are():
    senses = WordSenses(np.array([[100.0, 0], [0, 1], [-1, 0]]), ["a", "a", "b"])
    np.testing.assert_allclose(senses.cosines(np.array([[0, 1.0]])), [[np.sqrt(0.5), 0]], atol=1e-9)  # float64


def test_vectors_without_direction_are_near_to_nothing():
    np.testing.assert_array_equal(SENSES.cosines(np.zeros(2)), [0, 0])
    np.testing.assert_array_equal(unit(np.zeros((2, 3))), np.zeros((2, 3)))
