"""The model against the NumPy reference, through the published format."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import BiLM, State
from spacy_elmo.formats import allennlp
from tests.support import reference
from tests.support.random_models import SENTENCE, random_model, random_table_model
from tests.support.reference import Options, Weights, make_options, random_weights, write_files

SENTENCES = [
    SENTENCE,
    [],
    ["<S>", "a", "</S>", "<UNK>"],
    ["x" * 10_000, "é" * 30, "日本語", "👩‍👩‍👧", "שלום", "a\ud800b", "\0\x1b", " ", ""],
    ["one"],
]
TOLERANCE = 1e-5  # the model computes in single precision, the reference in double

VARIANTS: dict[str, dict[str, Any]] = {
    "as published": {},
    "one layer": {"layers": 1},
    "three layers": {"layers": 3},
    "no skip connections": {"skip": False},
    "no skip connections, three layers": {"skip": False, "layers": 3},
    "tanh": {"activation": "tanh"},
    "no highway": {"highways": 0},
    "three highways": {"highways": 3},
    "no clips": {"cell_clip": None, "projection_clip": None},
    "cell clip only": {"projection_clip": None, "cell_clip": 0.3},
    "projection clip only": {"cell_clip": None, "projection_clip": 0.1},
    "short words": {"max_characters": 8},
    "training characters": {"n_characters": 261},
    "one filter": {"filters": [(4, 7)]},
    "filters of one width": {"filters": [(2, 3), (2, 4)]},
    "no LSTM projection": {"hidden": 8, "projection": 8},
    "no LSTM projection, one layer": {"hidden": 8, "projection": 8, "layers": 1},
    "wider projection than cells": {"hidden": 4, "projection": 9},
    "larger": {"hidden": 64, "projection": 16, "characters": 8, "filters": [(1, 8), (3, 16), (7, 32)], "highways": 2},
}


def load(folder, weights: Weights, options: Options) -> BiLM:
    return allennlp.read(write_files(folder, weights, options)).model


def assert_agrees(model: BiLM, weights: Weights, options: Options, sentences=SENTENCES, **settings) -> None:
    expected, expected_states = reference.forward(weights, options, sentences, **settings)
    outputs, state = model(sentences)
    assert len(outputs) == len(expected)
    for output, layers in zip(outputs, expected):
        np.testing.assert_allclose(output, layers, rtol=0, atol=TOLERANCE)
    assert_same_state(state, expected_states)


def assert_same_state(state: State, expected: list[reference.SentenceState]) -> None:
    for name in ("h", "c"):
        rows = [[[getattr(cell, name) for cell in layers] for layers in directions] for directions in expected]
        np.testing.assert_allclose(getattr(state, name), np.array(rows).transpose(1, 2, 0, 3), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_agrees_with_the_reference(tmp_path, variant):
    options = make_options(**VARIANTS[variant])
    weights = random_weights(options, seed=len(variant))
    assert_agrees(load(tmp_path, weights, options), weights, options)


def test_it_agrees_where_the_characters_have_no_projection(tmp_path):
    options = make_options(projection=12)
    weights = random_weights(options, character_projection=False)
    assert "CNN_proj/W_proj" not in weights
    assert_agrees(load(tmp_path, weights, options), weights, options)


def test_it_agrees_where_a_projection_keeps_the_size(tmp_path):
    options = make_options(hidden=8, projection=8, projection_clip=0.1)
    weights = random_weights(options)
    rng = np.random.default_rng(1)
    for direction in range(2):
        for layer in range(2):
            projection = rng.normal(size=(8, 8)).astype("float32") / 3
            weights[f"{reference.cell_name(options, direction, layer)}/W_P_0"] = projection
    model = load(tmp_path, weights, options)
    assert model.config.lstm_projection
    assert_agrees(model, weights, options)


def test_it_agrees_where_both_clips_bind(tmp_path):
    options = make_options()
    weights = random_weights(options, scale=3.0, seed=2)
    sentences = [["bank", "river", "rates"] * 4, SENTENCE]
    _, states = reference.forward(weights, options, sentences)
    for name in ("h", "c"):
        values = np.abs([getattr(cell, name) for sentence in states for layers in sentence for cell in layers])
        assert (values == 3).any()
        assert (values < 3).any()
    assert_agrees(load(tmp_path, weights, options), weights, options, sentences)


def test_it_agrees_with_the_state_of_the_batch_before(tmp_path):
    options = make_options()
    weights = random_weights(options)
    model = load(tmp_path, weights, options)
    state, states = None, None
    for batch in ([SENTENCE, ["one"]], [[], ["two", "three"]], [["four"] * 9, []]):
        outputs, state = model(batch, state)
        expected, states = reference.forward(weights, options, batch, states)
        for output, layers in zip(outputs, expected):
            np.testing.assert_allclose(output, layers, rtol=0, atol=TOLERANCE)
        assert_same_state(state, states)


def test_it_agrees_with_a_table_of_words(tmp_path):
    options = make_options()
    vocabulary = ["<S>", "</S>", "<UNK>", "one", "bank", "The"]
    weights = random_weights(options)
    weights = {name: values for name, values in weights.items() if name.startswith("RNN")}
    weights["embedding"] = np.random.default_rng(0).normal(size=(6, 6)).astype("float32")
    (tmp_path / "vocab.txt").write_text("\n".join(vocabulary))
    assert_agrees(load(tmp_path, weights, options), weights, options, vocabulary=vocabulary)


def test_the_warm_state_is_what_an_empty_sentence_leaves(tmp_path):
    options = make_options()
    weights = random_weights(options)
    _, states = reference.forward(weights, options, [[]])
    model = load(tmp_path, weights, options)
    assert_same_state(model.initial_state("warm", 3), states * 3)


def test_without_state_it_starts_from_zeros():
    model = random_model()
    zero = model.initial_state("zeros", 1)
    assert not zero.h.any()
    assert not zero.c.any()
    assert torch.equal(model([SENTENCE])[0][0], model([SENTENCE], zero)[0][0])


def test_an_unknown_initial_state_is_refused():
    with pytest.raises(ValueError, match="initial_state = 'hot': must be one of warm, zeros"):
        random_model().initial_state("hot", 1)


def test_no_sentences_give_nothing():
    outputs, state = random_model()([])
    assert outputs == []
    assert state.h.shape[2] == 0


def test_a_state_of_another_number_of_rows_is_refused():
    model = random_model()
    with pytest.raises(ValueError, match="the state has 2 rows for 1 sentences"):
        model([SENTENCE], model.zero_state(2))


def test_a_sentence_does_not_depend_on_the_others_in_its_batch():
    model = random_model()
    alone = [model([sentence])[0][0] for sentence in SENTENCES]
    together = model(SENTENCES)[0]
    for left, right in zip(alone, together):
        torch.testing.assert_close(left, right, rtol=0, atol=1e-5)  # products of other sizes round otherwise


def test_it_learns_in_every_parameter():
    model = random_model().requires_grad_(True)
    sum(output.square().sum() for output in model(SENTENCES)[0]).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


MODELS = {"characters": random_model(), "table": random_table_model()}
any_word = st.text(st.characters(exclude_categories=[])) | st.sampled_from(["<S>", "</S>", "the"])
any_words = st.lists(any_word, max_size=8)


@settings(max_examples=50, deadline=None)
@given(sentences=st.lists(any_words, max_size=4), kind=st.sampled_from(list(MODELS)))
def test_any_strings_give_a_finite_row_each(sentences, kind):
    model = MODELS[kind]
    outputs, _ = model(sentences)
    shapes = [(model.config.n_outputs, len(sentence), model.config.width) for sentence in sentences]
    assert [tuple(output.shape) for output in outputs] == shapes
    assert all(output.isfinite().all() for output in outputs)


shapes = st.fixed_dictionaries(
    {
        "hidden": st.integers(1, 6),
        "projection": st.integers(1, 6),
        "layers": st.integers(1, 3),
        "characters": st.integers(1, 4),
        "filters": st.lists(st.tuples(st.integers(1, 7), st.integers(1, 4)), min_size=1, max_size=3),
        "highways": st.integers(0, 2),
        "activation": st.sampled_from(["relu", "tanh"]),
        "skip": st.booleans(),
        "cell_clip": st.none() | st.floats(0.1, 3),
        "projection_clip": st.none() | st.floats(0.1, 3),
        "max_characters": st.integers(7, 50),
    }
)


@settings(max_examples=25, deadline=None)
@given(changes=shapes, seed=st.integers(0, 10))
def test_it_agrees_with_the_reference_for_any_shape(tmp_path_factory, changes, seed):
    options = make_options(**changes)
    weights = random_weights(options, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = load(tmp_path_factory.mktemp("published"), weights, options)
    assert_agrees(model, weights, options, SENTENCES[:3])
