from pathlib import Path
from typing import Any

import pytest
from thinc.api import Config

from spacy_elmo.pretraining.config import SIZES, complete, differences, make_config, read_config, rename_old_keys
from spacy_elmo.pretraining.pretrain import make_settings
from tests.support.pretraining import tiny_config


def test_unknown_settings_are_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"\[training\] lane: unknown setting; known are .*batch_size"):
        complete(Config({"training": {"lane": 3}}))
    with pytest.raises(ValueError, match=r"\[trainin\]: unknown section"):
        complete(Config({"trainin": {}}))


def test_a_missing_config_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="c.cfg: no such config file"):
        read_config(tmp_path / "c.cfg", {})


def test_configs_may_differ_in_what_does_not_change_the_numbers(text: Path):
    left, right = tiny_config(text).interpolate(), tiny_config(text, corpus__train__n_process=2).interpolate()
    assert differences(left, right) == []
    right["training"]["max_seconds"] = 60
    assert differences(left, right) == []
    right["corpus"]["min_count"] = 5
    assert differences(left, right) == ["corpus.min_count is 1 there, 5 now"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [1000, 100_000_000])
def test_a_config_of_every_size_can_be_resolved(size: str, words: int, text: Path):
    config = make_config(size=size, words=words, lang="en")
    config["paths"]["train"] = str(text)
    settings, _ = make_settings(config.interpolate())
    assert settings.dimensions(()).projection_size == SIZES[size].projection_size
    assert settings.batch_size * settings.unroll_steps * 20 <= max(words, 400)


def test_a_size_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="tiny, small, medium, original"):
        make_config(size="huge", words=1000, lang="en")


OLD = [
    ({"training": {"lanes": 4}}, "[training] lanes is batch_size now"),
    ({"training": {"steps": 4}}, "[training] steps is unroll_steps now"),
    ({"paths": {"heldout": "text"}}, "[paths] heldout is dev now"),
    ({"corpus": {"heldout_share": 0.1}}, "[corpus] heldout_share is dev_size now"),
    ({"corpus": {"heldout": {"@misc": "mine"}}}, "[corpus] heldout is dev now"),
    ({"corpus": {"train": {"@readers": "spacy-elmo.Text.v1"}}}, "[corpus.train] @readers is @misc now"),
    ({"training": {"optimizer": {"@optimizers": "spacy-elmo.Adam.v1"}}}, "optimizer] @optimizers is @misc now"),
]


@pytest.mark.parametrize(("sections", "message"), OLD, ids=[message for _, message in OLD])
def test_keys_of_an_earlier_version_are_refused_by_their_new_names(sections: dict[str, Any], message: str):
    with pytest.raises(ValueError, match="earlier version") as caught:
        complete(Config(sections))
    assert message in str(caught.value)


def test_keys_of_an_earlier_version_are_renamed_and_the_rest_stays():
    old = Config({"training": {"lanes": 4, "dropout": 0.1}, "corpus": {"heldout": {"@readers": "spacy-elmo.Text.v1"}}})
    before = old.copy()
    found, _ = rename_old_keys(old)
    assert found == {"training": {"batch_size": 4, "dropout": 0.1}, "corpus": {"dev": {"@misc": "spacy-elmo.Text.v1"}}}
    assert old == before


def test_readers_of_others_keep_their_registry():
    config = Config({"corpus": {"train": {"@readers": "mine.v1"}}})
    assert rename_old_keys(config) == (config, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.batch_size", "many"),
        ("training.unroll_steps", 2.5),
        ("training.dropout", "0.1"),
        ("training.max_steps", True),
        ("training.max_seconds", "1h"),
        ("corpus.dev_size", None),
        ("corpus.keep_vocabulary", 1),
        ("system.seed", None),
        ("paths.init", 3),
        ("nlp.lang", None),
    ],
)
def test_values_of_another_type_are_refused_by_their_place(key: str, value: Any, text: Path):
    config = tiny_config(text, training__optimizer__learn_rate__total=9).interpolate()
    section, name = key.split(".")
    config[section][name] = value
    with pytest.raises(ValueError, match=f"{section} -> {name}"):
        make_settings(config)
