"""Features of an elmo pipe in other pipes."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pytest
import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans
from thinc.api import concatenate

from spacy_elmo.layers.listener import build_listener
from spacy_elmo.layers.scalar_mix import build_scalar_mix
from spacy_elmo.tokens.data import get_data
from tests.support.pipelines import (
    add_listening,
    features,
    find_listeners,
    initialized,
    listener,
    make_examples,
    make_pipeline,
    train,
    unannotated,
)
from tests.support.random_models import write_random_model

TEXT = "Anna saw cats. Bob met dogs."


def plain(**settings):
    return listener(**{"layer_norm": False, **settings})


@pytest.fixture
def tagging(tiny_model):
    return initialized(make_pipeline(tiny_model, "tagger", tok2vec=plain()))


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory):
    return write_random_model(tmp_path_factory.mktemp("wide"))


# Features


@pytest.mark.parametrize(("mix", "expected"), [("learned", "average"), ("top", 2), (1, 1)])
def test_features_are_the_mixed_layers_of_the_doc(tiny_model, mix, expected):
    nlp = initialized(make_pipeline(tiny_model, "tagger", tok2vec=plain(mix=mix)))
    doc = nlp(TEXT)
    layers = doc._.elmo_layers
    wanted = layers.mean(axis=0) if expected == "average" else layers[expected]
    assert np.allclose(features(nlp, doc), wanted, atol=1e-6)  # order of a float32 sum


@pytest.mark.parametrize("store", ["mix", None])
def test_what_is_stored_does_not_matter_to_listeners(tagging, tiny_model, store):
    nlp = initialized(make_pipeline(tiny_model, "tagger", tok2vec=plain(), store=store))
    assert np.array_equal(features(nlp, nlp(TEXT)), features(tagging, tagging(TEXT)))
    assert nlp(TEXT)._.elmo_layers is None


def test_store_null_with_listeners_shows_users_nothing(tiny_model):
    doc = initialized(make_pipeline(tiny_model, "tagger", store=None))(TEXT)
    assert doc._.elmo is None
    assert not doc.user_hooks
    assert doc.tensor.size == 0


def test_training_and_prediction_see_the_same_features(tagging):
    seen = []
    tagger_listener = find_listeners(tagging, "tagger")[0]
    mix = tagger_listener.layers[0]
    forward = mix._func

    def spy(model, X, is_train):
        seen.append((is_train, X))
        return forward(model, X, is_train)

    mix._func = spy
    examples = make_examples(tagging, 3)
    tagging.update(examples)
    list(tagging.pipe(unannotated(examples)))
    assert [is_train for is_train, _ in seen] == [True, False]
    for in_training, in_prediction in zip(seen[0][1], seen[1][1]):
        assert np.array_equal(in_training, in_prediction)


def test_docs_without_words_are_fine(tagging):
    docs = list(tagging.pipe(["", " ", "\n \n", "one"]))
    assert [len(features(tagging, doc)) for doc in docs] == [len(doc) for doc in docs]
    assert not features(tagging, docs[1]).any()


def test_any_upstream_is_the_last_elmo_before_the_listener(tiny_model, wide_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("elmo", name="elmo_wide", config={"pretrained": str(wide_model)})
    add_listening(nlp, "tagger", plain(upstream="*"))
    doc = initialized(nlp)(TEXT)
    assert np.allclose(features(nlp, doc), doc._.elmo_wide_layers.mean(axis=0), atol=1e-6)  # order of a sum


def test_two_elmo_pipes_serve_their_own_listeners(tiny_model, wide_model):
    nlp = make_pipeline(tiny_model, "tagger", tok2vec=plain())
    nlp.add_pipe("elmo", name="elmo_wide", config={"pretrained": str(wide_model)})
    add_listening(nlp, "senter", plain(upstream="elmo_wide"))
    doc = initialized(nlp)(TEXT)
    for pipe, layers in (("tagger", doc._.elmo_layers), ("senter", doc._.elmo_wide_layers)):
        assert np.allclose(features(nlp, doc, pipe), layers.mean(axis=0), atol=1e-6)  # order of a float32 sum


def test_two_elmo_pipes_train(tiny_model, wide_model):
    nlp = make_pipeline(tiny_model, "tagger", frozen=False)
    nlp.add_pipe("elmo", name="elmo_wide", config={"pretrained": str(wide_model), "frozen": False})
    add_listening(nlp, "senter", listener(upstream="elmo_wide"))
    initialized(nlp)
    before = {name: parameters(nlp, name) for name in ("elmo", "elmo_wide")}
    train(nlp, make_examples(nlp, 4), steps=4)
    for name, old in before.items():
        assert not all(torch.equal(a, b) for a, b in zip(old, parameters(nlp, name)))


def parameters(nlp, name):
    return [p.detach().clone() for p in nlp.get_pipe(name).shim.model.parameters()]


def test_a_renamed_elmo_pipe_serves_any_upstream(tiny_model):
    nlp = initialized(make_pipeline(tiny_model, "tagger", tok2vec=plain(upstream="*")))
    expected = features(nlp, nlp(TEXT))
    nlp.rename_pipe("elmo", "vectors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(features(nlp, nlp(TEXT)), expected)


# Tokens that change between elmo and the listener


@Language.component("test_merge_pairs")
def merge_pairs(doc):
    with doc.retokenize() as retokenizer:
        for span in filter_spans([doc[i : i + 2] for i in range(1, len(doc) - 1, 3)]):
            retokenizer.merge(span)
    return doc


@pytest.fixture
def merging(tiny_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("test_merge_pairs")
    nlp.add_pipe("elmo_probe", config={"model": {"tok2vec": plain()}})
    return initialized(nlp)


def test_merged_tokens_get_the_mean_of_their_rows(merging, nlp):
    whole, merged = nlp(TEXT)._.elmo_layers.mean(axis=0), merging(TEXT)
    rows = [whole[i : i + 2].mean(axis=0) if i in (1, 4) else whole[i] for i in (0, 1, 3, 4, 6, 7)]
    assert [token.text for token in merged] == ["Anna", "saw cats", ".", "Bob met", "dogs", "."]
    assert np.allclose(features(merging, merged, "elmo_probe"), rows, atol=1e-6)  # order of a float32 sum


def test_training_on_merged_tokens(merging):
    examples = make_examples(merging, 4)
    first, last = train(merging, examples, steps=8, annotates=["test_merge_pairs"])
    assert last["elmo_probe"] < first["elmo_probe"]


# Copies


@pytest.mark.parametrize("copy", [lambda model: model.copy(), deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_give_the_same_features_and_are_not_linked(tagging, copy):
    doc = tagging(TEXT)
    model = find_listeners(tagging, "tagger")[0]
    copied = copy(model)
    assert np.array_equal(copied.predict([doc])[0], model.predict([doc])[0])
    assert copied.attrs["elmo_link"].pipe is None
    assert model.attrs["elmo_link"].pipe is tagging.get_pipe("elmo")


def test_a_pickled_pipeline_is_linked(tagging):
    again = pickle.loads(pickle.dumps(tagging))
    assert np.allclose(features(again, again(TEXT)), features(tagging, tagging(TEXT)), atol=1e-6)  # mapped weights


def test_a_pipeline_from_bytes_is_linked(tagging):
    again = type(tagging).from_config(tagging.config).from_bytes(tagging.to_bytes())
    assert np.allclose(features(again, again(TEXT)), features(tagging, tagging(TEXT)), atol=1e-6)  # mapped weights


def test_listeners_in_one_model_share_the_pipe_and_not_the_mix(tiny_model):
    nlp = make_pipeline(tiny_model)
    one, two = (build_listener("elmo", build_scalar_mix(mix, dropout=0.0)) for mix in ("top", 0))
    pipe = nlp.get_pipe("elmo")
    pipe.load()
    for model in (one, two):
        pipe.add_listener(model, "tagger")
        pipe.add_listener(model, "tagger")  # linking again changes nothing
    both = concatenate(one, two)
    both.initialize()
    doc = nlp(TEXT)
    assert pipe.listeners == [one, two]
    assert np.array_equal(both.predict([doc])[0], np.hstack([doc._.elmo_layers[2], doc._.elmo_layers[0]]))


def test_a_removed_listener_is_no_longer_served(tagging):
    pipe, model = tagging.get_pipe("elmo"), find_listeners(tagging, "tagger")[0]
    assert pipe.remove_listener(model, "tagger")
    assert not pipe.remove_listener(model, "tagger")
    assert pipe.listeners == []
    assert model.attrs["elmo_link"].pipe is None


def test_features_are_not_kept_where_nobody_listens(nlp):
    data = get_data(nlp(TEXT))
    assert data.features is data.layers


def test_docs_made_elsewhere_are_read(tagging, nlp):
    """Vectors that another pipeline left on a Doc are as good."""
    doc = nlp(TEXT)
    assert isinstance(doc, Doc)
    assert np.allclose(features(tagging, doc), doc._.elmo_layers.mean(axis=0), atol=1e-6)  # order of a float32 sum
