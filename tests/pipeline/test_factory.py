"""The settings of `nlp.add_pipe("elmo")`."""

import inspect
from dataclasses import asdict

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from spacy_elmo.layers.bilm import build_bilm
from spacy_elmo.pipeline.elmo import Elmo
from spacy_elmo.pipeline.factory import DEFAULT_CONFIG, make_elmo
from spacy_elmo.pipeline.storage import Storage
from spacy_elmo.text.sentences import configure_sentences

KINDS = {"doc": Doc, "span": Span, "token": Token}
STORAGE = {"mix": "top", "gamma": 0.5, "store": "mix", "dtype": "float16", "vectors": None}


def defaults(function):
    """Return the arguments of a function that have a default, with it."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}


def settings(config):
    """Return the plain settings of a section: neither sections within it nor the name of its function."""
    return {key: value for key, value in config.items() if not isinstance(value, dict) and not key.startswith("@")}


def test_defaults_are_those_of_the_classes():
    own = {key: value for key, value in defaults(Elmo).items() if key not in ("name", "storage", "nlp")}
    assert settings(DEFAULT_CONFIG) == {**own, **asdict(Storage())}


def test_defaults_of_the_model_are_those_of_its_function():
    assert settings(DEFAULT_CONFIG["model"]) == defaults(build_bilm)


def test_defaults_of_the_sentences_are_those_of_their_function():
    assert settings(DEFAULT_CONFIG["model"]["get_spans"]) == defaults(configure_sentences)


def test_every_setting_has_a_default():
    assert set(inspect.signature(make_elmo).parameters) - {"nlp", "name"} == set(DEFAULT_CONFIG)


def test_settings_that_are_not_given_are_the_defaults():
    pipe = spacy.blank("en").add_pipe("elmo")
    assert pipe.storage == Storage()
    assert (pipe.pretrained, pipe.frozen, pipe.train_cache_mb) == ("en_elmo_sm", True, 1024)


@pytest.mark.parametrize(("setting", "value"), STORAGE.items())
def test_each_setting_of_the_storage_reaches_it(setting, value):
    pipe = spacy.blank("en").add_pipe("elmo", config={setting: value})
    assert pipe.storage == Storage(**{setting: value}) != Storage()


def test_settings_of_the_component_reach_it():
    given = {"pretrained": "./mine", "frozen": False, "learn_rate_factor": 0.1, "train_cache_mb": 7}
    pipe = spacy.blank("en").add_pipe("elmo", name="mine", config=given)
    assert (pipe.name, pipe.pretrained, pipe.frozen, pipe.train_cache_mb) == ("mine", "./mine", False, 7)
    assert pipe.shim.learn_rate_factor == 0.1


def test_what_the_factory_assigns_are_extensions():
    assigns = Language.get_factory_meta("elmo").assigns
    assert {"doc._.elmo", "span._.elmo_layers", "token._.elmo", "doc._.elmo_data"} <= set(assigns)
    for assigned in assigns:
        kind, name = assigned.split("._.")
        assert KINDS[kind].has_extension(name), assigned
