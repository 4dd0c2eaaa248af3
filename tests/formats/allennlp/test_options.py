import json
from typing import Any

import pytest
from hypothesis import given, settings

from spacy_elmo.bilm import BiLMConfig, CharacterInput, WordInput
from spacy_elmo.formats import WeightsError
from spacy_elmo.formats.allennlp.options import OptionReader, config_from_options, options_from_config
from tests.support.configs import configs
from tests.support.random_models import CONFIG
from tests.support.reference import make_options


def make_config(options: dict[str, Any], *, words: WordInput | None = None, projections: bool = True) -> BiLMConfig:
    reader = OptionReader(options, "options.json")
    return config_from_options(reader, words=words, character_projection=projections, lstm_projection=projections)


@settings(deadline=None)
@given(configs())
def test_a_model_comes_back_from_its_options(config):
    options = json.loads(json.dumps(options_from_config(config)))
    found = config_from_options(
        OptionReader(options, "options.json"),
        words=config.input if isinstance(config.input, WordInput) else None,
        character_projection=getattr(config.input, "projection", False),
        lstm_projection=config.lstm_projection,
    )
    assert found == config


def test_options_are_those_that_are_published():
    assert options_from_config(CONFIG) == make_options()


def test_a_table_of_words_needs_no_options_of_characters():
    options = options_from_config(BiLMConfig(WordInput(4), hidden_size=3, projection_size=2))
    assert list(options) == ["lstm"]
    assert make_config(options, words=WordInput(4)).input == WordInput(4)


@pytest.mark.parametrize(("projection", "is_needed"), [(12, False), (6, True)])
def test_projections_that_weights_leave_out_are_left_out_where_dimensions_agree(projection, is_needed):
    config = make_config(make_options(hidden=12, projection=projection), projections=False)
    assert isinstance(config.input, CharacterInput)
    assert (config.lstm_projection, config.input.projection) == (is_needed, is_needed)


def test_an_option_that_is_null_is_missing_and_one_that_is_false_is_not():
    reader = OptionReader({"lstm": {"cell_clip": None, "skip": False, "n": 0}}, "options.json")
    assert reader.get("lstm", "cell_clip", default=3) == 3
    assert reader.get("lstm", "skip", default=True) is False
    assert reader.need("lstm", "n") == 0


@pytest.mark.parametrize("options", [{}, {"lstm": None}, {"lstm": [1]}, {"lstm": {"dim": 3}}, {"lstm": {"dim": {}}}])
def test_an_option_below_what_is_no_group_is_missing(options):
    reader = OptionReader(options, "options.json")
    assert reader.get("lstm", "dim", "of", default="nothing") == "nothing"
    with pytest.raises(WeightsError, match=r"^options.json: lstm.dim.of is missing; use the options file of these"):
        reader.need("lstm", "dim", "of")


@pytest.mark.parametrize("value", [0, -1, True, "12", 12.0, [12]])
def test_a_size_is_a_whole_number_above_0(value):
    with pytest.raises(WeightsError, match=r"^options.json: lstm.dim = .*: must be a whole number of at least 1$"):
        OptionReader({"lstm": {"dim": value}}, "options.json").size("lstm", "dim")


@pytest.mark.parametrize(
    ("group", "key", "value", "message"),
    [
        ("char_cnn", "activation", "gelu", "char_cnn.activation = 'gelu': must be one of relu, tanh"),
        ("char_cnn", "activation", ["relu"], r"char_cnn.activation = \['relu'\]: must be one of relu, tanh"),
        ("char_cnn", "activation", None, "char_cnn.activation is missing"),
        ("char_cnn", "embedding", 4, "char_cnn.embedding.dim is missing"),
        ("char_cnn", "filters", None, "char_cnn.filters is missing"),
        ("char_cnn", "filters", "many", "filters = 'many': must be pairs"),
        ("char_cnn", "filters", [[51, 2]], "filters = .*: a filter wider than max_characters = 50 sees no position"),
        ("char_cnn", "n_highway", -1, "n_highway = -1: must be a whole number of at least 0"),
        ("char_cnn", "max_characters_per_token", 2, "max_characters = 2: must be a whole number of at least 3"),
        ("lstm", "projection_dim", None, "lstm.projection_dim is missing"),
        ("lstm", "dim", "12", "lstm.dim = '12': must be a whole number"),
        ("lstm", "n_layers", 0, "lstm.n_layers = 0: must be a whole number"),
        ("lstm", "cell_clip", -3, "cell_clip = -3: must be a number above 0"),
        ("lstm", "proj_clip", "3", "projection_clip = '3': must be a number above 0"),
        ("lstm", "use_skip_connections", "yes", "skip_connections = 'yes': must be true or false"),
    ],
)
def test_options_that_make_no_sense_are_named(group, key, value, message):
    options = make_options()
    options[group][key] = value
    with pytest.raises(WeightsError, match=f"^options.json: {message}"):
        make_config(options)
