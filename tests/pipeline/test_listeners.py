"""Who listens to a pipe."""

import gc
import warnings

import pytest
import spacy
from thinc.api import Config

from spacy_elmo.layers.listener import build_listener
from spacy_elmo.pipeline.listeners import Listeners, find_listening_layers
from tests.support.pipelines import LISTENER, add_listening, initialized, listener, make_pipeline, recipe


@pytest.fixture
def pipe(nlp):
    """A pipe with weights."""
    nlp.get_pipe("elmo").load()
    return nlp.get_pipe("elmo")


@pytest.fixture
def listeners(pipe):
    return Listeners(pipe.shim)


def linked(layer):
    return layer.attrs["elmo_link"].pipe


def test_a_layer_that_joins_is_linked_and_known_by_its_component(listeners, pipe):
    layers = [build_listener() for _ in range(3)]
    for layer, name in zip(layers, ["tagger", "ner", "tagger"]):
        listeners.add(layer, name, pipe)
    assert listeners.by_component == {"tagger": [layers[0], layers[2]], "ner": [layers[1]]}
    assert listeners.all() == [layers[0], layers[2], layers[1]]
    assert all(linked(layer) is pipe for layer in layers)


def test_a_layer_joins_once(listeners, pipe):
    layer = build_listener()
    listeners.add(layer, "tagger", pipe)
    listeners.add(layer, "tagger", pipe)
    assert listeners.all() == [layer]


def test_a_layer_that_leaves_is_no_longer_linked_and_others_stay(listeners, pipe):
    stays, leaves = build_listener(), build_listener()
    listeners.add(stays, "tagger", pipe)
    listeners.add(leaves, "tagger", pipe)
    assert listeners.remove(leaves, "tagger") is True
    assert listeners.by_component == {"tagger": [stays]}
    assert linked(leaves) is None
    assert linked(stays) is pipe


def test_a_component_is_forgotten_with_its_last_layer(listeners, pipe):
    layer = build_listener()
    listeners.add(layer, "tagger", pipe)
    listeners.remove(layer, "tagger")
    assert listeners.by_component == {}
    assert not listeners


@pytest.mark.parametrize("component", ["tagger", "ner"])
def test_a_layer_that_was_not_there_changes_nothing(listeners, pipe, component):
    layer = build_listener()
    listeners.add(layer, "tagger", pipe)
    other = build_listener()
    assert listeners.remove(other, component) is False
    assert listeners.all() == [layer]
    assert linked(layer) is pipe


def test_nobody_listens_at_first(listeners):
    assert not listeners
    assert listeners.all() == []


def test_a_layer_listens_as_long_as_it_lives_though_its_component_is_forgotten(listeners, pipe):
    """As with a pipeline whose pipe another one took: spaCy empties `by_component`, and the layers go on to listen."""
    layer = build_listener()
    listeners.add(layer, "tagger", pipe)
    listeners.by_component = {}
    assert listeners
    del layer
    gc.collect()
    assert not listeners


def test_a_layer_fits_weights_that_are_there(listeners, pipe):
    layer = build_listener()
    listeners.add(layer, "tagger", pipe)
    assert layer.get_dim("nO") == 8
    assert layer.layers[0].get_dim("layers") == 3


def test_layers_fit_weights_that_come_later(nlp):
    pipe = nlp.get_pipe("elmo")
    listeners, layer = Listeners(pipe.shim), build_listener()
    listeners.add(layer, "tagger", pipe)
    listeners.fit()
    assert layer.has_dim("nO") is None
    pipe.load()
    listeners.fit()
    assert layer.get_dim("nO") == 8


# The layers of a component


@pytest.mark.parametrize(
    ("upstream", "found"), [("elmo", True), ("*", True), ("other", False)], ids=["name", "any", "other"]
)
def test_layers_listen_to_the_pipe_that_they_name_or_to_any(pipe, upstream, found):
    tagger = add_listening(spacy.blank("en"), "tagger", listener(upstream=upstream))
    layers = find_listening_layers(tagger, pipe)
    assert [layer.name for layer in layers] == ["elmo_listener"] * found


def test_all_layers_of_a_component_are_found(pipe):
    tok2vec = recipe(input=listener(), output=listener(mix="top"))
    layers = find_listening_layers(add_listening(spacy.blank("en"), "tagger", tok2vec), pipe)
    assert sorted(layer.layers[0].attrs["mix"] for layer in layers) == ["learned", "top"]


@pytest.mark.parametrize("name", ["sentencizer", "tagger"])
def test_a_component_that_does_not_listen_has_none(pipe, name):
    assert find_listening_layers(spacy.blank("en").add_pipe(name), pipe) == []


def test_an_entity_linker_cannot_listen_and_is_told_what_can(pipe):
    linker = add_listening(spacy.blank("en"), "entity_linker", LISTENER, name="linker")
    with pytest.raises(ValueError, match=r"the pipe 'linker' predicts on parts of Docs.*InlineElmo\.v1"):
        find_listening_layers(linker, pipe)


def test_an_entity_linker_that_does_not_listen_is_fine(pipe):
    assert find_listening_layers(spacy.blank("en").add_pipe("entity_linker"), pipe) == []


# A pipe that nobody uses


UNUSED = "no component listens to 'elmo': tagger will be trained without ELMo.*init-config"


def test_components_that_are_trained_without_elmo_are_named(tiny_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("tagger")
    with pytest.warns(UserWarning, match=UNUSED):
        initialized(nlp)


def test_components_that_listen_to_a_tok2vec_are_named(tiny_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("tok2vec")
    add_listening(nlp, "tagger", {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"})
    with pytest.warns(UserWarning, match=UNUSED):
        initialized(nlp)


def add_nothing(nlp):
    """Vectors alone."""


def add_rules(nlp):
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler")


def add_listeners_and_others(nlp):
    add_listening(nlp, "tagger")
    nlp.add_pipe("senter")


def add_reader_of_docs(nlp):
    nlp.add_pipe("tagger")
    nlp.config = Config(nlp.config).merge({"training": {"annotating_components": ["elmo"]}})


@pytest.mark.parametrize("add", [add_nothing, add_rules, add_listeners_and_others, add_reader_of_docs])
def test_a_pipe_that_is_used_is_no_reason_to_warn(tiny_model, add):
    nlp = make_pipeline(tiny_model)
    add(nlp)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        initialized(nlp)
