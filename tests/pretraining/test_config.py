import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spacy
from thinc.api import Config

from spacy_elmo.pipeline.recipes import make_config as make_pipeline_config
from spacy_elmo.pretraining.config import SIZES, complete, differences, make_config, read_config, rename_old_keys
from spacy_elmo.pretraining.pretrain import make_settings
from tests.support.pretraining import tiny_config
from tests.support.runs import ignore


def test_unknown_settings_are_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"\[training\] lane: unknown setting; known are .*batch_size"):
        complete(Config({"training": {"lane": 3}}))
    with pytest.raises(ValueError, match=r"\[trainin\]: unknown section"):
        complete(Config({"trainin": {}}))


def test_a_config_to_train_a_pipeline_is_named_as_such(tmp_path: Path):
    config = make_pipeline_config(lang="en", pipeline=["tagger"], pretrained="en_elmo_sm", recipe="listener")
    config.to_disk(tmp_path / "train.cfg")
    with pytest.raises(ValueError, match=r"train.cfg: .*a config of `spacy train`.*init-pretrain-config` writes one"):
        read_config(tmp_path / "train.cfg", {})


def test_a_missing_config_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="c.cfg: no such config file"):
        read_config(tmp_path / "c.cfg", {})


def test_configs_may_differ_in_what_does_not_change_the_numbers(text: Path):
    left, right = tiny_config(text).interpolate(), tiny_config(text, corpus__train__n_process=2).interpolate()
    assert differences(left, right) == []
    right["training"]["max_seconds"] = 60
    assert differences(left, right) == []
    right["corpus"]["min_count"] = 5
    assert differences(left, right) == ["corpus.min_count: was 1, now 5"]


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


def test_a_tokenizer_in_place_of_one_that_is_not_installed(tmp_path: Path):
    blank = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}}
    spacy.blank("ko", config=blank).to_disk(tmp_path)
    config = make_config(size="tiny", words=1000, lang="ko", tokenizer=str(tmp_path))
    assert config["nlp"]["tokenizer"] == str(tmp_path)


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


def leaves(config: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, *path, key)
        elif key[0] != "@":
            yield (*path, key)


WRONG = ("x", None, 1.5, math.nan, math.inf, -1, 0, True, [], "False", "", 10**30)
PATHS = ("paths", "vocab", "init")  # whose errors name the file
TEXTS, FLAGS, HUGE = ("x", "False"), (True,), (10**30,)  # a huge size is refused later, for the memory that it takes
RIGHT: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("train", "dev"), WRONG),  # what they are is said in [corpus]
    **dict.fromkeys(("paths",), (None, "", [])),
    **dict.fromkeys(("weights",), (None, [])),
    **dict.fromkeys(("vocab", "init"), (None,)),
    **dict.fromkeys(("corpus",), (None, *TEXTS)),
    **dict.fromkeys(("lang",), TEXTS),
    **dict.fromkeys(("tokenizer",), (None, *TEXTS)),  # of [nlp]; what it names is looked for by the reader
    **dict.fromkeys(("seed", "n_highway", "beta1", "beta2", "average_decay", "dropout"), (0,)),
    **dict.fromkeys(("threads", "n_process"), (None,)),
    **dict.fromkeys(("keep_vocabulary", "skip_connections", "progress_bar", "use_averages"), FLAGS),
    **dict.fromkeys(("dev_size", "warmup"), (0, *HUGE)),
    **dict.fromkeys(("rate",), (1.5, *HUGE)),
    **dict.fromkeys(("cell_clip", "projection_clip", "clip_norm", "max_epochs", "max_seconds"), (None, 1.5, *HUGE)),
    **dict.fromkeys(("max_words",), (None, *HUGE)),
    **dict.fromkeys(("hidden_size", "projection_size", "embedding_size", "batch_size", "unroll_steps"), HUGE),
    **dict.fromkeys(("min_count", "max_steps", "eval_frequency", "keep_checkpoints", "n_samples", "total"), HUGE),
}


def test_every_setting_refuses_what_it_cannot_be(text: Path):
    """Each setting with each of these values: it is right, or an error names it."""
    config = tiny_config(text, paths__dev=str(text), training__optimizer__learn_rate__total=9).interpolate()
    config["training"]["softmax"] = {"@misc": "spacy-elmo.SampledSoftmax.v1", "n_samples": 4}
    wrong = []
    for *path, name in leaves(config):
        for value in WRONG:
            changed = config.copy()
            section: Any = changed
            for key in path:
                section = section[key]
            section[name] = value
            try:
                settings, _ = make_settings(changed, notify=ignore)
                settings.dimensions(("a",))
            except ValueError as error:
                if name not in str(error) and not (name in PATHS and str(value) in str(error)):
                    wrong.append((*path, name, value, str(error)))
            else:
                if not any(value is right or (value == right and value is not True) for right in RIGHT.get(name, ())):
                    wrong.append((*path, name, value, "is accepted"))
    assert wrong == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("corpus.keep_vocabulary", "False", "keep_vocabulary = 'False': must be true or false"),
        ("training.batch_size", "x", "batch_size = 'x': must be a whole number of at least 1"),
        ("training.max_seconds", 0, "max_seconds = 0: must be a number above 0, or null for no such limit"),
        ("training.dropout", math.nan, "dropout = nan: must be a number of at least 0 and below 1"),
        ("training.optimizer.learn_rate.rate", -1, "rate = -1: must be a number above 0"),
        ("training.optimizer.learn_rate.total", 0, "total = 0: must be a whole number of at least 1"),
        ("training.optimizer.learn_rate", -0.1, "learn_rate = -0.1: must be a number above 0"),
        ("training.optimizer.eps", 0, "eps = 0: must be a number of at least 1e-37"),
        ("training.optimizer.beta2", 1, "beta2 = 1: must be a number of at least 0 and below 1"),
        ("system.threads", 10**6, "threads = 1000000: must be a whole number from 1 to 1024"),
        ("system.seed", 2**63, "seed = 9223372036854775808: must be a whole number from 0 to"),
    ],
)
def test_errors_say_key_value_and_remedy(place: str, value: Any, message: str, text: Path):
    config = tiny_config(text, training__optimizer__learn_rate__total=9).interpolate()
    *path, name = place.split(".")
    section: Any = config
    for key in path:
        section = section[key]
    section[name] = value
    with pytest.raises(ValueError, match=re.escape(message)):
        make_settings(config, notify=ignore)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[nlp]\nlang = en\n[nlp]\n", "section 'nlp' already exists"),
        (b"[nlp]\nlang = 3\nlang = 4\n", "option 'lang' .* already exists"),
        (b"lang = 3\n", "no section headers"),
        (b"\x7fELF\x00\xff", "decode|utf-8"),
    ],
)
def test_a_file_that_is_no_config_is_named(data: bytes, reason: str, tmp_path: Path):
    path = tmp_path / "mine.cfg"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"mine.cfg: not a config file.*{reason}"):
        read_config(path, {})
