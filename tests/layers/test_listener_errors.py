"""Listeners without vectors, without a pipe, or with weights that do not fit."""

import warnings
from dataclasses import replace

import pytest
import spacy

from tests.support.pipelines import (
    add_listening,
    features,
    initialized,
    listener,
    make_examples,
    make_pipeline,
    train,
)
from tests.support.random_models import TINY, write_random_model

TEXT = "Anna saw cats. Bob met dogs."


@pytest.fixture
def tagging(tiny_model):
    return initialized(make_pipeline(tiny_model, "tagger", tok2vec=listener()))


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory):
    return write_random_model(tmp_path_factory.mktemp("wide"))


@pytest.fixture(scope="module")
def deep_model(tmp_path_factory):
    return write_random_model(tmp_path_factory.mktemp("deep"), replace(TINY, n_layers=3))


# Without vectors


def save_and_exclude(nlp, path):
    nlp.to_disk(path)
    return spacy.load(path, exclude=["elmo"])


WITHOUT = {
    "disabled": (lambda nlp, path: nlp.disable_pipe("elmo"), "'elmo' is disabled"),
    "selected": (lambda nlp, path: nlp.select_pipes(enable=["tagger"]) and None, "'elmo' is disabled"),
    "removed": (lambda nlp, path: nlp.remove_pipe("elmo") and None, "'elmo' was removed"),
    "excluded": (save_and_exclude, "no elmo pipe of that name is before the component; is 'elmo' excluded"),
}


@pytest.mark.parametrize("how", WITHOUT)
def test_prediction_without_elmo_is_zeros_and_one_warning_of_the_cause(tagging, tmp_path, how):
    leave_out, cause = WITHOUT[how]
    nlp = leave_out(tagging, tmp_path) or tagging
    with pytest.warns(UserWarning, match=f"predicts without them: {cause}") as caught:
        docs = list(nlp.pipe([TEXT, TEXT, "more"]))
    assert len(caught) == 1
    assert not features(nlp, docs[0]).any()


def test_a_component_that_is_called_alone_warns_of_that(tagging):
    with pytest.warns(UserWarning, match="'elmo' has not seen the Doc; was the component called alone"):
        tagging.get_pipe("tagger")(tagging.make_doc(TEXT))


def test_prediction_behind_a_doc_cleaner_warns_of_that(tagging):
    tagging.add_pipe("doc_cleaner", before="tagger", config={"attrs": {"_.elmo_data": None}})
    with pytest.warns(UserWarning, match="predicts without them: a `doc_cleaner` before the component drops them"):
        tagging(TEXT)


def test_no_warning_for_docs_without_words(tagging):
    with tagging.select_pipes(disable=["elmo"]), warnings.catch_warnings():
        warnings.simplefilter("error")
        list(tagging.pipe(["", "  \n"]))


def excluded(nlp, examples):
    return nlp.update(examples, exclude=["elmo"])


def disabled(nlp, examples):
    with nlp.select_pipes(disable=["elmo"]):
        return nlp.update(examples)


@pytest.mark.parametrize("update", [excluded, disabled])
def test_training_has_elmo_compute_what_its_update_did_not(tagging, tiny_model, update):
    other = initialized(make_pipeline(tiny_model, "tagger", tok2vec=listener()))
    losses = update(tagging, make_examples(tagging, 2))
    assert losses["tagger"] == other.update(make_examples(other, 2))["tagger"]


def test_training_without_an_elmo_is_an_error(tagging, tmp_path):
    nlp = save_and_exclude(tagging, tmp_path)
    with pytest.raises(ValueError, match="no elmo pipe of that name is before the component"):
        nlp.update(make_examples(nlp, 2))


def test_elmo_that_annotates_may_be_frozen_by_the_loop(tagging):
    examples = make_examples(tagging, 4)
    first, last = train(tagging, examples, steps=10, exclude=["elmo"], annotates=["elmo"])
    assert last["tagger"] < first["tagger"]


def test_no_warning_while_a_pipeline_is_initialized(tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", "parser", "ner", "spancat", "textcat", "textcat_multilabel")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        initialized(nlp)


def test_no_warning_where_a_new_pipe_is_initialized_beside_a_frozen_elmo(tagging):
    """As `spacy train` does with a sourced elmo in `frozen_components`: it is disabled meanwhile."""
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", source=tagging)
    add_listening(nlp, "ner")
    with nlp.select_pipes(disable=["elmo"]), warnings.catch_warnings():
        warnings.simplefilter("error")
        initialized(nlp)


# Mistakes in configs


@pytest.mark.parametrize("trains_alone", [False, True])
def test_a_component_behind_a_doc_cleaner_is_told_to_move(tiny_model, trains_alone):
    nlp = make_pipeline(tiny_model, "tagger")
    nlp.add_pipe("doc_cleaner", config={"attrs": {"_.elmo_data": None}})
    add_listening(nlp, "ner")
    error = pytest.raises(ValueError, match="'elmo' would predict without its vectors: a `doc_cleaner`.*before=")
    with nlp.select_pipes(disable=["doc_cleaner"] if trains_alone else []), error:
        initialized(nlp)


def test_a_doc_cleaner_of_other_data_is_no_mistake(tiny_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("doc_cleaner", config={"attrs": {"_.trf_data": None}})
    add_listening(nlp, "tagger")
    assert features(initialized(nlp), nlp(TEXT)).any()


def test_a_component_in_front_of_the_doc_cleaner_is_no_mistake(tiny_model):
    nlp = make_pipeline(tiny_model)
    nlp.add_pipe("doc_cleaner", config={"attrs": {"_.elmo_data": None}})
    add_listening(nlp, "tagger")
    nlp.remove_pipe("doc_cleaner")
    nlp.add_pipe("doc_cleaner", config={"attrs": {"_.elmo_data": None}})
    initialized(nlp)


def test_a_misspelt_upstream_is_named(tiny_model):
    with pytest.raises(ValueError, match="no elmo pipe of the name 'elmoo' is before.*correct `upstream`"):
        initialized(make_pipeline(tiny_model, "tagger", tok2vec=listener(upstream="elmoo")))


def test_an_elmo_pipe_after_its_listener_is_told_to_move(tiny_model):
    nlp = spacy.blank("en")
    add_listening(nlp, "tagger")
    nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    with pytest.raises(ValueError, match="no elmo pipe of the name 'elmo' is before.*move the elmo pipe to the front"):
        initialized(nlp)


def test_no_weights_names_the_setting():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": None})
    add_listening(nlp, "tagger")
    with pytest.raises(ValueError, match="the pipe 'elmo' has no weights: set `pretrained`"):
        initialized(nlp)


def test_a_pipe_initialized_before_its_elmo_has_weights_names_the_setting():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": None})
    tagger = add_listening(nlp, "tagger")
    with pytest.raises(ValueError, match="the pipe 'elmo' has no weights: set `pretrained`"):
        tagger.initialize(lambda: make_examples(nlp, 2), nlp=nlp)


def test_fixed_weights_must_be_as_many_as_layers(tiny_model):
    with pytest.raises(ValueError, match=r"mix = \[0.5, 0.5\]: needs 3 weights, one for each layer"):
        initialized(make_pipeline(tiny_model, "tagger", tok2vec=listener(mix=[0.5, 0.5])))


@pytest.mark.parametrize(("setting", "value"), [("dropout", 1.5), ("L2", -1.0), ("mix", "best")])
def test_settings_of_the_mix_out_of_range_are_named(tiny_model, setting, value):
    with pytest.raises(ValueError, match=f"{setting} = "):
        make_pipeline(tiny_model, "tagger", tok2vec=listener(**{setting: value}))


OTHER_WEIGHTS = "a mix for .* cannot mix .*: train the component again with these weights"


@pytest.mark.parametrize("other", ["wide_model", "deep_model"])
def test_other_weights_for_a_trained_pipe(tagging, other, request):
    with pytest.raises(ValueError, match=OTHER_WEIGHTS):
        tagging.get_pipe("elmo").initialize(lambda: [], pretrained=str(request.getfixturevalue(other)))


@pytest.mark.parametrize("other", ["wide_model", "deep_model"])
def test_a_saved_pipeline_whose_elmo_was_exchanged(tagging, tmp_path, other, request):
    initialized(make_pipeline(request.getfixturevalue(other))).to_disk(tmp_path / "other")
    tagging.to_disk(tmp_path / "nlp")
    (tmp_path / "nlp" / "elmo").rename(tmp_path / "away")
    (tmp_path / "other" / "elmo").rename(tmp_path / "nlp" / "elmo")
    with pytest.raises(ValueError, match=OTHER_WEIGHTS):
        spacy.load(tmp_path / "nlp")


@pytest.mark.parametrize("other", ["wide_model", "deep_model"])
def test_a_pipe_sourced_behind_another_elmo(tagging, other, request):
    nlp = make_pipeline(request.getfixturevalue(other))
    nlp("load")
    with pytest.raises(ValueError, match=OTHER_WEIGHTS):
        nlp.add_pipe("tagger", source=tagging)


@pytest.mark.parametrize("other", ["wide_model", "deep_model"])
def test_docs_of_another_elmo(tagging, other, request):
    doc = make_pipeline(request.getfixturevalue(other))(TEXT)
    with pytest.raises(ValueError, match="use the weights that it was trained with"):
        tagging.get_pipe("tagger").predict([doc])
