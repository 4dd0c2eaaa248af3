"""Layers into one vector."""

import numpy as np
import pytest

from spacy_elmo.tokens.mix import check_mix, mix_layers, resolve_mix, to_dtype


@pytest.mark.parametrize("n_layers", [2, 3, 5])
def test_the_average_is_over_all_layers(n_layers):
    assert np.allclose(resolve_mix("average", n_layers), 1 / n_layers)


@pytest.mark.parametrize(("mix", "expected"), [("top", [0, 0, 1]), (0, [1, 0, 0]), (1, [0, 1, 0])])
def test_one_layer(mix, expected):
    assert resolve_mix(mix, 3).tolist() == expected


def test_weights_are_taken_as_they_are():
    assert np.allclose(resolve_mix([0.25, 0.5, 0.25], 3), [0.25, 0.5, 0.25])


@pytest.mark.parametrize("mix", [3, [0.5, 0.5]])
def test_a_mix_that_does_not_fit_the_layers_is_named(mix):
    with pytest.raises(ValueError, match="mix = "):
        resolve_mix(mix, 3)


@pytest.mark.parametrize("mix", ["mean", -1, True, 1.5, None, [], [1.5, -0.5], [0.3, 0.3], ["a"]])
def test_what_is_no_mix_is_named(mix):
    with pytest.raises(ValueError, match="mix = .*apply softmax to them first"):
        check_mix(mix)


@pytest.mark.parametrize("mix", ["average", "top", 0, 7, [1.0], [0.2, 0.8], (0.5, 0.5)])
def test_what_is_a_mix_passes(mix):
    check_mix(mix)


def test_hand_made_numbers():
    layers = np.array([[[1.0, 0.0]], [[0.0, 2.0]], [[4.0, 4.0]]], dtype="float32")
    assert mix_layers(layers, np.array([0.5, 0.25, 0.25], dtype="float32")).tolist() == [[1.5, 1.5]]


def test_the_type_of_the_layers_is_kept():
    layers = np.ones((2, 3, 4), dtype="float16")
    assert mix_layers(layers, np.array([0.5, 0.5], dtype="float32")).dtype == np.float16


def test_a_row_alone_has_the_bits_it_has_among_others():
    layers = np.random.default_rng(0).normal(size=(3, 50, 37)).astype("float32")
    weights = np.array([0.2, 0.3, 0.5], dtype="float32")
    together = mix_layers(layers, weights)
    for row in range(50):
        assert np.array_equal(mix_layers(layers[:, row : row + 1], weights)[0], together[row])


def test_numbers_beyond_the_type_are_refused():
    with pytest.raises(ValueError, match="too large for float16: set `dtype`"):
        to_dtype(np.float32([[7e4]]), "float16")


def test_an_array_that_has_the_type_is_returned_itself():
    vectors = np.float32([[7e4]])
    assert to_dtype(vectors, "float32") is vectors
