"""Components that meet other weights than they were trained with."""

import warnings
from contextlib import contextmanager

import pytest
import spacy

from spacy_elmo.formats import model_directory
from tests.support.pipelines import make_examples, make_pipeline, train
from tests.support.random_models import TINY, random_model, write_random_model

TEXT = "A bank."
WARNING = "a component was trained with other weights than the pipe 'elmo' has now"


@contextmanager
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def folder(tiny_model, tmp_path):
    """A pipeline that was trained, on disk."""
    nlp = make_pipeline(tiny_model, "tagger")
    examples = make_examples(nlp, 2)
    nlp.initialize(lambda: examples)
    train(nlp, examples, steps=1)
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def test_other_weights_of_the_same_shape_are_noticed(folder):
    write_random_model(folder / "elmo", TINY, seed=1)
    nlp = spacy.load(folder)
    with pytest.warns(UserWarning, match=WARNING):
        nlp(TEXT)
    with no_warning():
        nlp(TEXT)  # once


def test_the_same_weights_are_not(folder):
    with no_warning():
        spacy.load(folder)(TEXT)


def test_the_same_weights_in_half_precision_are_not(folder):
    model_directory.write(folder / "elmo", model_directory.read(folder / "elmo").model, {}, dtype="float16")
    with no_warning():
        spacy.load(folder)(TEXT)


def test_a_component_that_is_trained_again_belongs_to_the_new_weights(folder):
    write_random_model(folder / "elmo", TINY, seed=1)
    nlp = spacy.load(folder)
    examples = make_examples(nlp, 2)
    nlp.initialize(lambda: examples)
    with no_warning():
        train(nlp, examples, steps=1)
        nlp(TEXT)


def test_weights_that_are_trained_have_no_digest(tiny_model):
    nlp = make_pipeline(tiny_model, "tagger", frozen=False)
    examples = make_examples(nlp, 2)
    nlp.initialize(lambda: examples)
    assert nlp.get_pipe("elmo").weights_digest is None
    with no_warning():
        train(nlp, examples, steps=2)
        nlp(TEXT)


def test_what_was_saved_before_there_were_digests_is_not_checked(folder):
    nlp = spacy.load(folder)
    (listener,) = nlp.get_pipe("elmo").listeners
    listener.attrs["elmo_weights"] = None
    with no_warning():
        nlp(TEXT)


def test_a_digest_tells_weights_apart():
    one, same, other = random_model(TINY), random_model(TINY), random_model(TINY, seed=1)
    assert one.digest() == same.digest() != other.digest()
