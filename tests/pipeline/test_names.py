"""Pipes that get another name, or several."""

import copy
import gc
import pickle
import warnings

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span, Token

from tests.support.pipelines import (
    add_listening,
    features,
    find_listeners,
    initialized,
    listener,
    make_examples,
    make_pipeline,
    train,
)

TEXT = "Anna saw cats."


def sourced(source, name="elmo_there", **settings):
    """Return a pipeline with an elmo pipe of another under another name."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", name=name, source=source, **settings)
    return nlp


def test_a_sourced_pipe_has_extensions_of_its_new_name_at_once(nlp):
    doc = sourced(nlp, "elmo_sourced")(TEXT)
    assert np.array_equal(doc._.elmo_sourced, nlp(TEXT)._.elmo)
    assert np.array_equal(doc[0]._.elmo_sourced_layers, nlp(TEXT)[0]._.elmo_layers)
    assert doc._.elmo is None


def test_the_source_keeps_its_name_and_vectors(nlp):
    before = nlp(TEXT)
    other = sourced(nlp)
    for doc in (nlp(TEXT), *nlp.pipe([TEXT])):
        assert np.array_equal(doc._.elmo, before._.elmo)
        assert np.array_equal(doc[0].vector, before[0].vector)
        assert doc._.elmo_there is None
    nlp.add_pipe("sentencizer")  # links the source again
    assert other(TEXT)._.elmo_there is not None
    assert nlp(TEXT)._.elmo is not None


def test_two_models_in_one_pipeline(nlp, tiny_model):
    both = spacy.blank("en")
    both.add_pipe("elmo", config={"pretrained": str(tiny_model), "mix": "top"})
    both.add_pipe("elmo", source=nlp, name="elmo_there")
    doc = both(TEXT)
    assert np.array_equal(doc._.elmo, doc._.elmo_layers[-1])
    assert np.array_equal(doc._.elmo_there, nlp(TEXT)._.elmo)


def test_a_sourced_pipe_outlives_its_source(tiny_model):
    source = make_pipeline(tiny_model)
    nlp = sourced(source)
    del source
    gc.collect()
    nlp.rename_pipe("elmo_there", "elmo")
    assert nlp(TEXT)._.elmo is not None


def test_extensions_follow_a_new_name(nlp):
    before = nlp(TEXT)._.elmo
    nlp.rename_pipe("elmo", "elmo_renamed")
    doc = nlp(TEXT)
    assert np.array_equal(doc._.elmo_renamed, before)
    assert np.array_equal(doc[0].vector, before[0])
    assert doc._.elmo is None


def test_a_new_name_in_a_sourcing_pipeline_is_its_own(nlp):
    other = sourced(nlp)
    other.rename_pipe("elmo_there", "elmo_moved")
    assert other(TEXT)._.elmo_moved is not None
    assert nlp(TEXT)._.elmo is not None


def test_a_new_name_survives_saving(nlp, tmp_path):
    nlp.rename_pipe("elmo", "elmo_saved")
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path)(TEXT)._.elmo_saved is not None


@pytest.mark.parametrize("way", [copy.deepcopy, lambda nlp: pickle.loads(pickle.dumps(nlp))])
def test_copies_of_pipelines_keep_their_names(nlp, way):
    """As for `n_process` with the start method spawn."""
    other = sourced(nlp)
    assert way(other)(TEXT)._.elmo_there is not None
    assert way(nlp)(TEXT)._.elmo is not None


def test_a_copy_of_a_pipeline_is_renamed_like_any_other(nlp):
    other = copy.deepcopy(nlp)
    other.rename_pipe("elmo", "elmo_copied")
    assert other(TEXT)._.elmo_copied is not None
    assert nlp(TEXT)._.elmo is not None


def test_a_process_that_unpickles_a_pipeline_has_its_extensions(nlp):
    nlp.rename_pipe("elmo", "elmo_sent")
    pickled = pickle.dumps(nlp)
    for cls in (Doc, Span, Token):
        cls.remove_extension("elmo_sent")
    assert pickle.loads(pickled)(TEXT)._.elmo_sent is not None


# Listeners


def test_the_cause_is_that_of_the_pipeline_that_the_doc_is_of(tiny_model):
    nlp = initialized(make_pipeline(tiny_model, "tagger"))
    _other = sourced(nlp)
    nlp.disable_pipe("elmo")
    with pytest.warns(UserWarning, match="'elmo' is disabled"):
        nlp(TEXT)


@pytest.fixture
def renamed(tiny_model):
    nlp = initialized(make_pipeline(tiny_model, "tagger"))
    with pytest.warns(UserWarning, match="'tagger' listens to 'elmo', which is called 'elmo_renamed' now"):
        nlp.rename_pipe("elmo", "elmo_renamed")
    return nlp


def test_listeners_follow_a_new_name_and_are_told_to_be_corrected(renamed):
    assert renamed.get_pipe("elmo_renamed").listening_components == ["tagger"]
    assert features(renamed, renamed(TEXT)).any()


def test_listeners_follow_a_new_name_into_a_pickle(renamed):
    again = pickle.loads(pickle.dumps(renamed))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert features(again, again(TEXT)).any()


@pytest.mark.filterwarnings("ignore:the pipe 'tagger' listens")
@pytest.mark.parametrize("frozen", [True, False])
def test_a_new_name_changes_no_training(tiny_model, frozen):
    losses = []
    for name in ("elmo", "elmo_renamed"):
        nlp = initialized(make_pipeline(tiny_model, "tagger", frozen=frozen))
        if name != "elmo":
            nlp.rename_pipe("elmo", name)
        _, last = train(nlp, make_examples(nlp, 4), steps=3)
        losses.append(last["tagger"])
    assert losses[0] == losses[1]


def test_a_listener_to_any_pipe_knows_it_in_a_pickle(tiny_model):
    nlp = initialized(make_pipeline(tiny_model, "tagger", tok2vec=listener(upstream="*")))
    nlp.rename_pipe("elmo", "elmo_renamed")
    again = pickle.loads(pickle.dumps(nlp))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert features(again, again(TEXT)).any()


def test_listeners_of_the_source_go_on(tiny_model):
    nlp = initialized(make_pipeline(tiny_model, "tagger"))
    before = features(nlp, nlp(TEXT))
    other = sourced(nlp)
    add_listening(other, "tagger", listener(upstream="elmo_there"))
    assert np.array_equal(features(nlp, nlp(TEXT)), before)
    initialized(other)
    assert find_listeners(other, "tagger")[0].predict([other(TEXT)])[0].any()
    assert np.array_equal(features(nlp, nlp(TEXT)), before)
