from dataclasses import replace

import pytest

from spacy_elmo.bilm import BiLMConfig, CharacterInput, ConfigError, LexiconInput, WordInput
from tests.support.random_models import CHARACTERS, CONFIG, LEXICONS


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, input=WordInput(3, "zeros"), cell_clip=None),
        replace(CONFIG, input=LEXICONS, forget_bias=0.0),
        replace(CONFIG, input=LexiconInput(3, 4, 0, 0, (), 0)),
    ],
)
def test_a_config_comes_back_from_its_values(config):
    assert BiLMConfig.from_dict(config.to_dict()) == config


def test_filters_may_be_lists_as_json_has_them():
    assert replace(CHARACTERS, filters=[[1, 4], [2, 5], [3, 3]]) == CHARACTERS


def test_sizes_that_follow_from_others():
    assert (CHARACTERS.n_filters, CONFIG.width, CONFIG.n_outputs) == (12, 12, 3)


@pytest.mark.parametrize("key", ["hidden_size", "projection_size", "n_layers"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "8", True, None])
def test_sizes_are_whole_numbers_above_zero(key, value):
    with pytest.raises(ConfigError, match=rf"{key} = {value!r}: must be a whole number of at least 1"):
        replace(CONFIG, **{key: value})


@pytest.mark.parametrize("key", ["cell_clip", "projection_clip"])
@pytest.mark.parametrize("value", [0, -3, float("nan"), float("inf"), "3", True])
def test_clips_are_numbers_above_zero_or_none(key, value):
    with pytest.raises(ConfigError, match=rf"{key} = {value!r}: must be a number above 0"):
        replace(CONFIG, **{key: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation": "gelu"}, "activation = 'gelu': must be one of relu, tanh"),
        ({"filters": ()}, r"filters = \(\): must be pairs"),
        ({"filters": 3}, "filters = 3: must be pairs"),
        ({"filters": ((1, 2, 3),)}, "filters = .*must be pairs"),
        ({"filters": ((0, 4),)}, "filters: width = 0"),
        ({"filters": ((1, 0),)}, "filters: number = 0"),
        ({"filters": ((51, 4),)}, "wider than max_characters = 50"),
        ({"n_highway": -1}, "n_highway = -1: must be a whole number of at least 0"),
        ({"max_characters": 2}, "max_characters = 2"),
    ],
)
def test_bad_character_settings_are_named(changes, message):
    with pytest.raises(ConfigError, match=message):
        replace(CHARACTERS, **changes)


def test_an_unknown_choice_for_unknown_words_is_named():
    with pytest.raises(ConfigError, match="unknown = 'guess': must be one of row, zeros, error"):
        WordInput(3, "guess")


def test_skip_connections_are_true_or_false():
    with pytest.raises(ConfigError, match="skip_connections = 1: must be true or false"):
        replace(CONFIG, skip_connections=1)


def test_no_lstm_projection_needs_equal_sizes():
    with pytest.raises(ConfigError, match="hidden_size = 12: must equal projection_size = 6"):
        replace(CONFIG, lstm_projection=False)


def test_no_character_projection_needs_filters_that_sum_to_the_width():
    with pytest.raises(ConfigError, match="filters = .*must sum to projection_size = 6"):
        replace(CONFIG, input=replace(CHARACTERS, projection=False))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "input: missing"),
        ({"input": {"kind": "bytes"}}, "input.kind = 'bytes': must be one of characters, words"),
        ({"input": {"kind": "words"}}, "n_words"),
        ({"input": {"kind": "words", "n_words": 3}, "hidden_size": 4}, "projection_size"),
        ({**CONFIG.to_dict(), "depth": 3, "alpha": 1}, "unknown keys alpha, depth; known are input"),
    ],
)
def test_missing_and_unknown_keys_are_named(values, message):
    with pytest.raises(ConfigError, match=message):
        BiLMConfig.from_dict(values)


def test_a_character_input_has_the_published_defaults():
    config = CharacterInput(16, ((1, 32),), 1)
    assert (config.activation, config.max_characters, config.projection) == ("relu", 50, True)


def test_a_config_says_nothing_of_the_usual_forget_bias():
    assert "forget_bias" not in CONFIG.to_dict()
    assert replace(CONFIG, forget_bias=0.0).to_dict()["forget_bias"] == 0


@pytest.mark.parametrize("value", [2.0, -1, float("nan"), "1", None])
def test_a_forget_bias_is_none_or_the_usual_one(value):
    with pytest.raises(ConfigError, match="forget_bias = .*: must be 0 or 1"):
        replace(CONFIG, forget_bias=value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_words": 0}, "word_size = 5: must be at most 0"),
        ({"n_words": 0, "word_size": 0, "n_characters": 0}, "words or characters must be read"),
        ({"word_size": 0}, "word_size = 0: must be a whole number of at least 1"),
        ({"n_words": True}, "n_words = True"),
        ({"n_characters": 0}, "embedding_size = 4: must be 0 where no characters are read"),
        ({"n_characters": 0, "embedding_size": 0}, "filters = .*: must be 0 where"),
        ({"filters": ()}, "filters = .*must be pairs"),
        ({"max_characters": 6}, "max_characters = 6: must be a whole number of at least 7"),
    ],
)
def test_lexicons_that_no_model_has_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        replace(LEXICONS, **changes)
