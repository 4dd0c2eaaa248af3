import pytest

from benchmarks.sizes import PUBLISHED_SMALL, find_config, random_model, size_names
from spacy_elmo.models.load import load_model
from spacy_elmo.pretraining.config import SIZES


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_those_of_pretraining(name: str):
    found = find_config(name)
    assert (found.hidden_size, found.projection_size) == (SIZES[name].hidden_size, SIZES[name].projection_size)


def test_the_bundled_model_is_small():
    assert load_model("en_elmo_sm").model.config == find_config("small")


def test_a_published_model_has_a_name_of_its_own():
    assert size_names() == [*SIZES, PUBLISHED_SMALL]
    assert find_config(PUBLISHED_SMALL).hidden_size == 1024


def test_random_weights_are_those_of_a_seed():
    one, same, other = (next(random_model("tiny", seed=seed).parameters()) for seed in (1, 1, 2))
    assert one.equal(same)
    assert not one.equal(other)
