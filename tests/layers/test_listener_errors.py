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


@pytest.mark.parametrize("how", ["disabled", "excluded", "removed", "selected"])
def test_prediction_without_elmo_is_one_warning_and_zeros(tagging, tmp_path, how):
    tagging.to_disk(tmp_path)
    if how == "disabled":
        tagging.disable_pipe("elmo")
    elif how == "excluded":
        tagging = spacy.load(tmp_path, exclude=["elmo"])
    elif how == "removed":
        tagging.remove_pipe("elmo")
    else:
        tagging.select_pipes(enable=["tagger"])
    with pytest.warns(UserWarning, match="is 'elmo' disabled, excluded or missing") as caught:
        docs = list(tagging.pipe([TEXT, TEXT, "more"]))
    assert len(caught) == 1
    assert not features(tagging, docs[0]).any()


def test_no_warning_for_docs_without_words(tagging):
    with tagging.select_pipes(disable=["elmo"]), warnings.catch_warnings():
        warnings.simplefilter("error")
        list(tagging.pipe(["", "  \n"]))


@pytest.mark.parametrize("warmed_up", [False, True])
def test_training_without_elmo_is_an_error_that_names_the_remedy(tagging, warmed_up):
    if warmed_up:
        tagging(TEXT)
    examples = make_examples(tagging, 2)
    with pytest.raises(ValueError, match="do not exclude or disable 'elmo'.*`annotating_components`"):
        tagging.update(examples, exclude=["elmo"])


def test_training_with_elmo_disabled_is_the_same_error(tagging):
    with tagging.select_pipes(disable=["elmo"]), pytest.raises(ValueError, match="do not exclude or disable 'elmo'"):
        tagging.update(make_examples(tagging, 2))


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
    with pytest.raises(ValueError, match=r"set `pretrained` in \[initialize.components.elmo\]"):
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
