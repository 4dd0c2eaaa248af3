"""The weights that components give to layers."""

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from spacy_elmo.pipeline.mixes import find_mixes
from tests.support.mixes import LISTENER, check_mixes, train_mixes


@pytest.fixture
def trained(nlp: Language) -> Language:
    return train_mixes(nlp)


def test_each_mix_is_found_in_its_place_with_its_weights_and_gamma(trained: Language):
    check_mixes(find_mixes(trained))


def test_listeners_that_were_replaced_are_found_in_their_places(trained: Language, tmp_path: Path):
    trained.replace_listeners("elmo", "tagger", ["model.tok2vec"])
    trained.replace_listeners("elmo", "senter", ["model.tok2vec.input", "model.tok2vec.output"])
    trained.remove_pipe("elmo")
    trained.to_disk(tmp_path / "pipeline")
    check_mixes(find_mixes(spacy.load(tmp_path / "pipeline")))


def test_values_are_plain_numbers(trained: Language):
    for mix in find_mixes(trained):
        assert all(type(value) is float for value in [*mix["weights"], mix["gamma"]])


def test_pipes_that_do_not_mix_have_none(nlp: Language):
    nlp.add_pipe("tagger")
    nlp.add_pipe("sentencizer")
    assert find_mixes(nlp) == []


def test_a_component_that_is_not_initialized_is_named(nlp: Language):
    nlp.add_pipe("tagger", name="mine", config={"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}})
    with pytest.raises(ValueError, match="the component 'mine' is not initialized; train the pipeline first"):
        find_mixes(nlp)
