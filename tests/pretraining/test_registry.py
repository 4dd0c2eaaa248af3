import math
from importlib.metadata import distribution
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.training import Example
from spacy.util import registry
from thinc.api import Config

from spacy_elmo.formats import model_directory
from spacy_elmo.pretraining.config import DEFAULT
from spacy_elmo.pretraining.pretrain import make_settings
from tests.support.pretraining import pretrain_quietly, tiny_config

OPTIMIZERS = [
    {"@misc": "spacy-elmo.Adam.v1", "learn_rate": 0.01},
    {
        "@misc": "spacy-elmo.AdamW.v1",
        "learn_rate": {"@schedules": "warmup_linear.v1", "initial_rate": 0.1, "warmup_steps": 0, "total_steps": 9},
    },
    {
        "@misc": "spacy-elmo.Adagrad.v1",
        "learn_rate": {"@schedules": "constant.v1", "rate": 0.2},
        "use_averages": True,
        "average_decay": 0.9,
    },
    {
        "@misc": "spacy-elmo.Adam.v1",
        "learn_rate": {"@schedules": "spacy-elmo.inverse_sqrt.v1", "rate": 0.1, "warmup": 2},
    },
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "adamw-linear", "adagrad", "inverse-sqrt"])
@pytest.mark.parametrize("softmax", ["Full", "Sampled", "Adaptive"])
def test_optimizers_and_softmaxes_are_chosen_by_config(optimizer: dict, softmax: str, text: Path, tmp_path: Path):
    config = tiny_config(text, training__max_steps=2)
    config["training"] |= {"optimizer": optimizer, "softmax": {"@misc": f"spacy-elmo.{softmax}Softmax.v1"}}
    if softmax == "Adaptive":
        config["training"]["softmax"] |= {"div_value": 2.0}
    assert pretrain_quietly(config, tmp_path / "out").step == 2


def test_a_model_of_words_is_chosen_by_config(text: Path, tmp_path: Path):
    config = tiny_config(text, training__max_steps=2)
    config["model"] = {"@misc": "spacy-elmo.WordBiLM.v1", "hidden_size": 8, "projection_size": 4}
    pretrain_quietly(config, tmp_path / "out")
    model = model_directory.read(tmp_path / "out" / "model-last").model
    assert "cat" in model.word_encoder.words


CHARACTERS = {"@misc": "spacy-elmo.CharacterBiLM.v1", "hidden_size": 8, "projection_size": 4, "filters": [[1, 4]]}
WORDS = {"@misc": "spacy-elmo.WordBiLM.v1", "hidden_size": 8, "projection_size": 4}
COSINE = {"@schedules": "spacy-elmo.cosine.v1", "rate": 0.1, "total": 9}
USES: dict[tuple[str, str], dict[str, Any]] = {
    ("spacy_misc", "spacy-elmo.CharacterBiLM.v1"): {"model": CHARACTERS},
    ("spacy_misc", "spacy-elmo.WordBiLM.v1"): {"model": WORDS},
    ("spacy_misc", "spacy-elmo.FullSoftmax.v1"): {"training.softmax": {"@misc": "spacy-elmo.FullSoftmax.v1"}},
    ("spacy_misc", "spacy-elmo.SampledSoftmax.v1"): {
        "training.softmax": {"@misc": "spacy-elmo.SampledSoftmax.v1", "n_samples": 4}
    },
    ("spacy_misc", "spacy-elmo.AdaptiveSoftmax.v1"): {
        "training.softmax": {"@misc": "spacy-elmo.AdaptiveSoftmax.v1", "cutoffs": [5], "div_value": 2.0}
    },
    ("spacy_misc", "spacy-elmo.Adam.v1"): {
        "training.optimizer": {"@misc": "spacy-elmo.Adam.v1", "learn_rate": 0.1, "beta1": 0.8, "beta2": 0.9}
    },
    ("spacy_misc", "spacy-elmo.AdamW.v1"): {
        "training.optimizer": {"@misc": "spacy-elmo.AdamW.v1", "learn_rate": 0.1, "weight_decay": 0.1}
    },
    ("spacy_misc", "spacy-elmo.SOAP.v1"): {
        "training.optimizer": {"@misc": "spacy-elmo.SOAP.v1", "learn_rate": 0.1, "beta1": 0.8, "beta2": 0.9}
    },
    ("spacy_misc", "spacy-elmo.Adagrad.v1"): {
        "training.optimizer": {"@misc": "spacy-elmo.Adagrad.v1", "learn_rate": 0.1, "accumulator": 0.5}
    },
    ("spacy_misc", "spacy-elmo.Text.v1"): {"corpus.dev": {"@misc": "spacy-elmo.Text.v1", "paths": ["text.txt"]}},
    ("spacy_loggers", "spacy-elmo.PretrainLogger.v1"): {
        "training.logger": {"@loggers": "spacy-elmo.PretrainLogger.v1", "progress_bar": False}
    },
    ("thinc_schedules", "spacy-elmo.cosine.v1"): {"training.optimizer.learn_rate": COSINE},
    ("thinc_schedules", "spacy-elmo.inverse_sqrt.v1"): {
        "training.optimizer.learn_rate": {"@schedules": "spacy-elmo.inverse_sqrt.v1", "rate": 0.1, "warmup": 2}
    },
}


def with_block(config: Config, place: str, block: Any) -> Config:
    """Return a config with one block in place of another."""
    *path, name = place.split(".")
    section = config
    for key in path:
        section = section[key]
    section[name] = block
    return config


def test_every_name_of_pretraining_has_a_use():
    points = distribution("spacy-elmo").entry_points
    assert {(p.group, p.name) for p in points if p.value.startswith("spacy_elmo.pretraining")} == set(USES)


@pytest.mark.parametrize("use", USES.values(), ids=[name for _, name in USES])
def test_a_run_is_made_with_every_name(
    use: dict[str, Any], text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    ((place, block),) = use.items()
    config = with_block(tiny_config(text, training__max_steps=2), place, block)
    assert pretrain_quietly(config, tmp_path / "out").step == 2
    assert (tmp_path / "out" / "model-last" / "weights.safetensors").is_file()


def test_the_default_rates_are_what_they_were():
    """The rate of each step, counted from 0, as the first version computed it, to the last digit."""
    found = registry.resolve(Config().from_str(DEFAULT))["training"]["optimizer"].learn_rate
    rate, warmup, total = 0.002, 100, 10_000
    for step in range(total + 10):
        done = min(1.0, max(0, step + 1 - warmup) / max(1, total + 1 - warmup))
        warm = min(1.0, (step + 1) / max(warmup, 1))
        assert found(step) == rate * warm * (1 + math.cos(math.pi * done)) / 2


@pytest.mark.parametrize("name", ["spacy-elmo.cosine.v1", "spacy-elmo.inverse_sqrt.v1"])
def test_schedules_serve_the_optimizer_of_a_spacy_config(name: str):
    settings = {"rate": 0.01, "warmup": 3} | ({"total": 9} if "cosine" in name else {})
    block = {"@optimizers": "Adam.v1", "learn_rate": {"@schedules": name, **settings}}
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger")
    example = Example.from_dict(nlp.make_doc("a b"), {"tags": ["A", "B"]})
    nlp.initialize(lambda: [example])
    optimizer = registry.resolve({"optimizer": block})["optimizer"]
    found = []
    for _ in range(9):
        found.append(optimizer.learn_rate)
        nlp.update([example], sgd=optimizer)
        optimizer.step_schedules()
    assert found == list(islice(registry.schedules.get(name)(**settings), 9))


def rates(learn_rate: Any, text: Path) -> list[float]:
    """Return the first rates of a run."""
    config = tiny_config(text, training__optimizer__learn_rate__total=9)
    config["training"]["optimizer"]["learn_rate"] = learn_rate
    settings, _ = make_settings(config.interpolate())
    return [settings.optimizer.learn_rate(step) for step in range(5)]


@pytest.mark.parametrize(
    ("learn_rate", "expected"),
    [
        (0.5, [0.5] * 5),
        ([0.1, 0.2], [0.1, 0.2, 0.2, 0.2, 0.2]),
        ({"@schedules": "constant.v1", "rate": 0.5}, [0.5] * 5),
        (
            {"@schedules": "warmup_linear.v1", "initial_rate": 1.0, "warmup_steps": 2, "total_steps": 4},
            [0, 0.5, 1, 0.5, 0],
        ),
        (
            {"@schedules": "constant_then.v1", "rate": 0.5, "steps": 3, "schedule": COSINE},
            [0.5, 0.5, 0.5, *islice(registry.schedules.get("spacy-elmo.cosine.v1")(0.1, 9), 2)],
        ),
    ],
    ids=["number", "list", "constant", "linear", "then"],
)
def test_numbers_and_schedules_of_thinc_are_learn_rates(learn_rate: Any, expected: list[float], text: Path):
    assert rates(learn_rate, text) == expected


THINC_ADAM = {"@optimizers": "Adam.v1", "learn_rate": 0.1}
A_SCHEDULE = {"@schedules": "constant.v1", "rate": 0.5}
OURS = {"@misc": "spacy-elmo.Adam.v1"}
WRONG = {
    "an optimizer of Thinc": ("training.optimizer", THINC_ADAM, "training.optimizer.*@misc = .spacy-elmo.Adam.v1"),
    "a number for an optimizer": ("training.optimizer", 0.1, "training.optimizer.*gives 0.1"),
    "a word for a rate": ("training.optimizer", {**OURS, "learn_rate": "fast"}, "learn_rate"),
    "a number in quotes": ("training.optimizer", {**OURS, "learn_rate": "0.1"}, "learn_rate.*must be a number"),
    "words for rates": ("training.optimizer", {**OURS, "learn_rate": ["fast"]}, "learn_rate"),
    "no rates": ("training.optimizer", {**OURS, "learn_rate": []}, "learn_rate.*has no rate"),
    "an optimizer for a rate": ("training.optimizer", {**OURS, "learn_rate": THINC_ADAM}, "learn_rate"),
    "a schedule within one": ("training.optimizer.learn_rate", {**COSINE, "rate": A_SCHEDULE}, "rate = .*a number"),
    "a schedule for a decay": ("training.optimizer", {**OURS, "learn_rate": 0.1, "beta1": A_SCHEDULE}, "beta1 = "),
    "a word for averages": ("training.optimizer", {**OURS, "learn_rate": 0.1, "use_averages": "often"}, "averages"),
    "averages that never move": ("training.optimizer", {**OURS, "learn_rate": 0.1, "average_decay": 1}, "below 1"),
    "a schedule for dropout": ("training.dropout", A_SCHEDULE, "training -> dropout"),
    "an optimizer for a softmax": ("training.softmax", {**OURS, "learn_rate": 0.1}, "training.softmax"),
    "an unknown softmax": ("training.softmax", {"@misc": "spacy-elmo.HierarchicalSoftmax.v1"}, "HierarchicalSoftmax"),
    "a softmax for a model": ("model", {"@misc": "spacy-elmo.FullSoftmax.v1"}, "model.*CharacterBiLM"),
    "a softmax for a logger": ("training.logger", {"@misc": "spacy-elmo.FullSoftmax.v1"}, "training.logger"),
    "a reader of spaCy": (
        "corpus.train",
        {"@readers": "spacy.JsonlCorpus.v1", "path": "text.jsonl"},
        "corpus.train.*a function without arguments",
    ),
    "an activation": ("model", {**CHARACTERS, "activation": "gelu"}, "'gelu' is not .*relu.*tanh"),
    "a name we had": (
        "training.optimizer.learn_rate",
        {"@schedules": "spacy-elmo.linear.v1", "rate": 0.1, "total": 9},
        "spacy-elmo.linear.v1.*warmup_linear.v1",
    ),
}


@pytest.mark.parametrize(("place", "block", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_refused_before_the_run(place: str, block: Any, message: str, text: Path):
    config = with_block(tiny_config(text), place, block)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        make_settings(config.interpolate())
