"""What Docs keep of the layers."""

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_elmo.pipeline.storage import Storage
from spacy_elmo.tokens.data import get_data, token_offsets
from spacy_elmo.tokens.mix import mix_layers

L, WIDTH = 3, 4
VOCAB = spacy.blank("en").vocab


def make_layers(doc, layers=range(L)):
    return np.random.default_rng(0).normal(size=(L, len(doc), WIDTH)).astype("float32")[list(layers)]


@pytest.fixture
def doc():
    return Doc(VOCAB, words=["one", "two", "three"])


@pytest.mark.parametrize(
    ("store", "mix", "expected"),
    [
        ("layers", "top", [0, 1, 2]),
        ("mix", "average", [0, 1, 2]),
        ("mix", "top", [2]),
        ("mix", 0, [0]),
        ("mix", [0.5, 0.0, 0.5], [0, 2]),
        (None, "average", []),
    ],
)
def test_only_layers_that_docs_need_are_computed(store, mix, expected):
    assert Storage(store=store, mix=mix).needed_layers(L, for_listeners=False) == expected


@pytest.mark.parametrize("store", ["layers", "mix", None])
def test_listeners_need_all_layers(store):
    assert Storage(store=store, mix="top").needed_layers(L, for_listeners=True) == [0, 1, 2]


def test_no_layer_is_needed_for_a_gamma_of_zero():
    assert Storage(store="mix", gamma=0.0).needed_layers(L, for_listeners=False) == []


def test_weights_have_gamma_in_them():
    assert Storage(mix=[0.25, 0.25, 0.5], gamma=2.0).weights(L).tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize("mix", [3, [0.5, 0.5]])
def test_a_mix_for_other_layers_is_refused_once_their_number_is_known(mix):
    with pytest.raises(ValueError, match=r"mix = .*weights"):
        Storage(mix=mix).weights(L)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_stored_layers_are_of_the_type_that_is_set(doc, dtype):
    layers = make_layers(doc)
    data = Storage(dtype=dtype).make_data(doc, layers, L, for_listeners=False)
    assert data.layers.dtype == dtype
    assert np.array_equal(data.layers, layers.astype(dtype))
    assert data.mixed is None
    assert np.array_equal(data.offsets, token_offsets(doc))


def test_layers_of_the_right_type_are_not_copied(doc):
    layers = make_layers(doc)
    assert Storage().make_data(doc, layers, L, for_listeners=True).layers is layers


weights = st.lists(st.integers(0, 4), min_size=L, max_size=L).filter(any).map(lambda w: [x / sum(w) for x in w])


@given(mix=weights, gamma=st.sampled_from([-1.5, 0.5, 1.0]), dtype=st.sampled_from(["float32", "float16"]))
def test_the_mix_of_the_needed_layers_is_that_of_all(mix, gamma, dtype):
    doc = Doc(VOCAB, words=["one", "two"])
    storage = Storage(mix=mix, gamma=gamma, store="mix", dtype=dtype)
    needed = storage.needed_layers(L, for_listeners=False)
    data = storage.make_data(doc, make_layers(doc, needed), L, for_listeners=False)
    assert data.layers is data.features is None
    assert data.mixed.dtype == dtype
    # Layers without weight add nothing, and the order of the sum is fixed: the same bits
    assert np.array_equal(data.mixed, mix_layers(make_layers(doc), storage.weights(L)).astype(dtype))


def test_nothing_is_stored_where_nothing_is_asked_for(doc):
    data = Storage(store=None).make_data(doc, make_layers(doc, []), L, for_listeners=False)
    assert data.layers is data.mixed is data.features is None


@pytest.mark.parametrize("store", ["layers", "mix", None])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_listeners_get_all_layers_whatever_is_stored(doc, store, dtype):
    layers = make_layers(doc)
    data = Storage(store=store, dtype=dtype).make_data(doc, layers, L, for_listeners=True)
    assert np.array_equal(data.features, layers.astype(dtype))
    assert (data.layers is not None) == (store == "layers")
    assert (data.mixed is not None) == (store == "mix")


def test_a_doc_without_tokens_has_data_without_rows():
    doc = Doc(VOCAB)
    assert Storage(store="mix").make_data(doc, make_layers(doc), L, for_listeners=False).mixed.shape == (0, WIDTH)


@pytest.mark.parametrize(
    ("settings", "is_elmo"),
    [({}, True), ({"store": "mix"}, True), ({"vectors": None}, False), ({"store": None}, False)],
)
def test_vectors_of_spacy_are_elmos_where_they_are_stored_and_wanted(doc, settings, is_elmo):
    storage = Storage(**settings)
    data = storage.make_data(doc, make_layers(doc), L, for_listeners=True)
    storage.annotate(doc, data, "elmo")
    assert get_data(doc, "elmo") is data
    assert (doc[1].vector.shape == (WIDTH,)) == is_elmo


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("store", "all"),
        ("dtype", "float64"),
        ("vectors", "none"),
        ("mix", "best"),
        ("mix", [0.5, 0.4]),
        ("mix", -1),
        ("gamma", float("nan")),
        ("gamma", float("-inf")),
        ("gamma", "1"),
    ],
)
def test_a_setting_out_of_range_is_named(setting, value):
    with pytest.raises(ValueError, match=f"{setting} = .*must be"):
        Storage(**{setting: value})
