import numpy as np
import pytest

from spacy_elmo.search.page.places import find_places


def unit_vectors(*shape: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_equal_vectors_are_in_the_middle_and_others_apart():
    vectors = unit_vectors(2, 5, 8)
    vectors[0] = vectors[0, 0]
    places = find_places(vectors)
    assert places.shape == (2, 5, 2)
    np.testing.assert_allclose(places[0], 0, atol=1e-9)  # float64, centred
    assert np.abs(places[1]).max() == 1


def test_the_scale_of_all_layers_is_the_same():
    middle, turn = unit_vectors(8), 0.02 * unit_vectors(6, 8, seed=1)
    vectors = np.stack([middle + turn, middle + 10 * turn])  # not of length 1, to know what to expect
    places = find_places(vectors)
    np.testing.assert_allclose(10 * places[0], places[1], atol=1e-9)


def test_a_layer_that_is_the_one_above_turned_and_mirrored_is_in_its_place():
    top = unit_vectors(7, 8)
    turned = top @ np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    places = find_places(np.stack([-turned, turned, top]))
    np.testing.assert_allclose(places[0], places[2], atol=1e-9)
    np.testing.assert_allclose(places[1], places[2], atol=1e-9)


def test_the_top_layer_has_its_two_widest_directions():
    points = np.array([[3, 1], [-3, 1], [3, -1], [-3, -1], [0, 0]])
    vectors = np.zeros((1, 5, 4))
    vectors[0, :, [3, 1]] = points.T
    np.testing.assert_allclose(find_places(vectors)[0], points / 3, atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 1, 8), (3, 2, 8), (1, 4, 1)])
def test_few_uses_and_narrow_vectors_have_places(shape: tuple[int, int, int]):
    places = find_places(unit_vectors(*shape))
    assert places.shape == (*shape[:2], 2)
    assert np.abs(places).max() <= 1
