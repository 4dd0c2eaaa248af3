"""The pipe in spaCy's own machinery: sourcing, freezing, disabling, initializing anew."""

import warnings

import numpy as np
import pytest
import spacy
from spacy.training import Example
from spacy.ty import ListenedToComponent, TrainableComponent
from spacy.util import load_model_from_config
from thinc.api import Adam, Config

from spacy_elmo.tokens.data import get_features
from tests.support.pipelines import (
    PIPES,
    add_listening,
    annotations,
    find_listeners,
    listener,
    make_examples,
    make_pipeline,
    train,
    unannotated,
)


@pytest.fixture(params=[True, False], ids=["frozen", "trained"])
def trained(request, tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", "senter", frozen=request.param)
    examples = make_examples(nlp, 6)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=5)
    return nlp, examples


def predictions(nlp, examples):
    return [annotations(doc) for doc in nlp.pipe(unannotated(examples))]


def bits(pipe):
    """Of all parameters of a pipe."""
    arrays = [node.get_param(name) for node in pipe.model.walk() for name in node.param_names if node.has_param(name)]
    shims = [shim for node in pipe.model.walk() for shim in node.shims]
    tensors = [parameter.numpy(force=True) for shim in shims for parameter in shim.model.parameters()]
    return [array.tobytes() for array in [*arrays, *tensors]]


def test_it_meets_the_protocols_of_spacy(nlp):
    assert isinstance(nlp.get_pipe("elmo"), ListenedToComponent)
    assert isinstance(nlp.get_pipe("elmo"), TrainableComponent)


def test_listeners_are_known_by_component(trained):
    nlp, _ = trained
    pipe = nlp.get_pipe("elmo")
    assert pipe.listening_components == ["tagger", "senter"]
    assert pipe.listeners == find_listeners(nlp, "tagger") + find_listeners(nlp, "senter")


def test_listeners_of_a_removed_pipe_are_forgotten(trained):
    nlp, _ = trained
    nlp.remove_pipe("tagger")
    assert nlp.get_pipe("elmo").listening_components == ["senter"]


def test_loading_links_again(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe("elmo").listening_components == ["tagger", "senter"]
    first, last = train(again, examples, steps=10)
    assert last["tagger"] < first["tagger"]


def test_initializing_again_starts_from_the_same_vectors(trained):
    nlp, examples = trained
    before = bits(nlp.get_pipe("elmo"))
    nlp.initialize(lambda: examples)
    assert bits(nlp.get_pipe("elmo")) == before
    assert predictions(nlp, examples)


# Sourcing


def sourcing_config(path, **training):
    """Pipes of a saved pipeline and a new one."""
    source = {"source": str(path)}
    model = Config().from_str(
        """
        [model]
        @architectures = "spacy.Tagger.v2"
        """
    )["model"]
    morphologizer = {"factory": "morphologizer", "model": {**model, "tok2vec": listener()}}
    components = {"elmo": source, "tagger": source, "morphologizer": morphologizer}
    return {"nlp": {"lang": "en", "pipeline": list(components)}, "components": components, "training": training}


def initialize_as_spacy_train(config, examples, frozen):
    """`spacy.training.initialize.init_nlp`, whose corpora are read from files."""
    nlp = load_model_from_config(Config(config), auto_fill=True)
    sourced = [name for name in ("elmo", "tagger") if name not in frozen]
    with nlp.select_pipes(disable=[*frozen, *sourced]):
        nlp.initialize(lambda: examples)
    with nlp.select_pipes(enable=sourced):
        nlp.resume_training(sgd=Adam(0.02, L2=0.0))
    return nlp


def test_sourced_and_frozen_pipes_stay_as_they_are(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    frozen = ["elmo", "tagger"]
    again = initialize_as_spacy_train(sourcing_config(tmp_path), examples, frozen)
    before = {name: bits(again.get_pipe(name)) for name in frozen}
    first, last = train(again, examples, steps=10, exclude=frozen, annotates=["elmo"])
    assert last["morphologizer"] < first["morphologizer"]
    assert {name: bits(again.get_pipe(name)) for name in frozen} == before
    tags = [[token.tag_ for token in doc] for doc in nlp.pipe(unannotated(examples))]
    assert [[token.tag_ for token in doc] for doc in again.pipe(unannotated(examples))] == tags


def test_sourced_pipes_train_on(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    again = initialize_as_spacy_train(sourcing_config(tmp_path), examples, [])
    before = {name: bits(again.get_pipe(name)) for name in ("elmo", "tagger")}
    first, last = train(again, examples, steps=10)
    assert last["tagger"] < first["tagger"]
    assert last["morphologizer"] < first["morphologizer"]
    assert bits(again.get_pipe("tagger")) != before["tagger"]
    assert (bits(again.get_pipe("elmo")) == before["elmo"]) == nlp.get_pipe("elmo").frozen


def test_sourcing_with_replaced_listeners(trained, tmp_path):
    nlp, examples = trained
    nlp.to_disk(tmp_path)
    config = sourcing_config(tmp_path)
    config["components"]["tagger"] = {**config["components"]["tagger"], "replace_listeners": ["model.tok2vec"]}
    again = load_model_from_config(Config(config), auto_fill=True)
    assert again.get_pipe("elmo").listening_components == ["morphologizer"]
    tags = [[token.tag_ for token in doc] for doc in nlp.pipe(unannotated(examples))]
    with again.select_pipes(enable=["tagger"]):
        assert [[token.tag_ for token in doc] for doc in again.pipe(unannotated(examples))] == tags


def test_adding_from_a_source_in_a_script(trained):
    nlp, examples = trained
    other = spacy.blank("en")
    other.add_pipe("elmo", source=nlp)
    other.add_pipe("tagger", source=nlp)
    add_listening(other, "morphologizer")
    with other.select_pipes(disable=["tagger"]):
        other.initialize(lambda: examples)
    tags = [[token.tag_ for token in doc] for doc in nlp.pipe(unannotated(examples))]
    assert [[token.tag_ for token in doc] for doc in other.pipe(unannotated(examples))] == tags


# Some pipes alone


def test_other_pipes_do_as_before_where_one_is_disabled(trained):
    nlp, examples = trained
    starts = [[token.is_sent_start for token in doc] for doc in nlp.pipe(unannotated(examples))]
    with nlp.select_pipes(disable=["tagger"]):
        docs = list(nlp.pipe(unannotated(examples)))
    assert [[token.is_sent_start for token in doc] for doc in docs] == starts
    assert not any(token.tag_ for token in docs[0])


def test_other_pipes_do_as_before_where_one_is_excluded(trained, tmp_path):
    nlp, examples = trained
    starts = [[token.is_sent_start for token in doc] for doc in nlp.pipe(unannotated(examples))]
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path, exclude=["tagger"])
    assert [[token.is_sent_start for token in doc] for doc in again.pipe(unannotated(examples))] == starts


def test_elmo_that_is_enabled_again_serves_again(trained):
    nlp, examples = trained
    before = predictions(nlp, examples)
    with nlp.select_pipes(disable=["elmo"]), pytest.warns(UserWarning, match="'elmo' is disabled"):
        predictions(nlp, examples)
    assert predictions(nlp, examples) == before


def test_a_pipe_in_training_alone(trained):
    nlp, examples = trained
    before = bits(nlp.get_pipe("senter"))
    with nlp.select_pipes(disable=["senter"]):
        train(nlp, examples, steps=2)
    assert bits(nlp.get_pipe("senter")) == before


# Rehearsal


def test_rehearsal_on_docs_that_elmo_has_read(trained):
    nlp, examples = trained
    optimizer = nlp.resume_training(sgd=Adam(0.02, L2=0.0))
    elmo, tagger = bits(nlp.get_pipe("elmo")), bits(nlp.get_pipe("tagger"))
    train(nlp, examples, steps=2, sgd=optimizer, exclude=["elmo"], annotates=["elmo"])
    raw = [Example(doc, eg.reference) for doc, eg in zip(nlp.pipe(unannotated(examples)), examples)]
    moved = bits(nlp.get_pipe("tagger"))
    losses = nlp.rehearse(raw, sgd=optimizer)
    assert np.isfinite(losses["tagger"])
    assert tagger != moved != bits(nlp.get_pipe("tagger"))
    assert bits(nlp.get_pipe("elmo")) == elmo


def test_rehearsal_on_bare_docs_has_elmo_read_them(trained):
    nlp, examples = trained
    optimizer = nlp.resume_training(sgd=Adam(0.02, L2=0.0))
    train(nlp, examples, steps=2, sgd=optimizer)
    elmo, tagger = bits(nlp.get_pipe("elmo")), bits(nlp.get_pipe("tagger"))
    bare = [Example(doc, eg.reference) for doc, eg in zip(unannotated(examples), examples)]
    assert nlp.rehearse(bare, sgd=optimizer)["tagger"] > 0
    assert bits(nlp.get_pipe("tagger")) != tagger
    assert bits(nlp.get_pipe("elmo")) == elmo


def test_every_pipe_rehearses_on_bare_docs(tiny_model):
    nlp = make_pipeline(tiny_model, *PIPES)
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    optimizer = nlp.resume_training(sgd=Adam(0.02, L2=0.0))
    train(nlp, examples, steps=2, sgd=optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = nlp.rehearse([Example(doc, eg.reference) for doc, eg in zip(unannotated(examples), examples)])
    assert set(losses) >= {"tagger", "parser", "ner", "textcat", "textcat_multilabel"}


def test_a_pipeline_keeps_its_features_when_another_takes_its_elmo(tiny_model):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model), "store": None})
    listener = {"@architectures": "spacy-elmo.ElmoListener.v1"}
    nlp.add_pipe("tagger", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": listener}})
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("one two"), {"tags": ["A", "B"]})])
    spacy.blank("en").add_pipe("elmo", source=nlp)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get_features(nlp("one two")) is not None
