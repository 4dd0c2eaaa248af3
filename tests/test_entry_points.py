"""Every name that the package registers is used: in a config that trains or pretrains, or as a command."""

from importlib.metadata import EntryPoint, distribution
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy import registry
from spacy.language import Language
from spacy.util import fix_random_seed, load_model_from_config
from thinc.api import Config
from typer.testing import CliRunner

from spacy_elmo.pretraining.config import complete
from spacy_elmo.pretraining.pretrain import pretrain_model
from tests.support.pipelines import EMBED, ENCODE, LISTENER, MIX, make_examples, train
from tests.support.predictors import write_predictor

POINTS = list(distribution("spacy-elmo").entry_points)
TAGGER = """
[paths]
weights = null

[nlp]
lang = "en"
pipeline = ["elmo", "tagger"]

[components]

[components.elmo]
factory = "elmo"
pretrained = ${paths.weights}

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy-elmo.ElmoListener.v1"
upstream = "elmo"

[components.tagger.model.tok2vec.mix]
@architectures = "spacy-elmo.ScalarMix.v1"
dropout = 0.0
layer_norm = true
"""
PRETRAINING = """
[corpus]
dev_size = 2
min_count = 1

[model]
@misc = "spacy-elmo.WordBiLM.v1"
hidden_size = 8
projection_size = 4

[training]
batch_size = 2
unroll_steps = 4
max_steps = 3
eval_frequency = 3

[training.softmax]
@misc = "spacy-elmo.FullSoftmax.v1"
"""
DOCS = {"@misc": "spacy-elmo.docs.v1"}
Use = tuple[str, dict[str, Any]]  # a place in the config above, and the block that is put there
IN_TAGGER: dict[str, Use] = {
    "spacy_factories:elmo": ("components.elmo", {"factory": "elmo", "pretrained": "${paths.weights}"}),
    "spacy_architectures:spacy-elmo.BiLM.v1": (
        "components.elmo.model",
        {"@architectures": "spacy-elmo.BiLM.v1", "initial_state": "zeros", "get_spans": DOCS},
    ),
    "spacy_architectures:spacy-elmo.ElmoListener.v1": (
        "components.tagger.model.tok2vec",
        {"@architectures": "spacy-elmo.ElmoListener.v1", "upstream": "*", "mix": MIX},
    ),
    "spacy_architectures:spacy-elmo.ScalarMix.v1": (
        "components.tagger.model.tok2vec.mix",
        {"@architectures": "spacy-elmo.ScalarMix.v1", "mix": "top"},
    ),
    "spacy_architectures:spacy-elmo.ElmoTok2Vec.v1": (
        "components.tagger.model.tok2vec",
        {"@architectures": "spacy-elmo.ElmoTok2Vec.v1", "embed": EMBED, "encode": ENCODE, "output": LISTENER},
    ),
    "spacy_architectures:spacy-elmo.InlineElmo.v1": (
        "components.tagger.model.tok2vec",
        {
            "@architectures": "spacy-elmo.InlineElmo.v1",
            "bilm": {"@architectures": "spacy-elmo.BiLM.v1", "get_spans": DOCS},
            "mix": MIX,
            "pretrained": "${paths.weights}",
        },
    ),
    "spacy_misc:spacy-elmo.sentences.v1": (
        "components.elmo.model.get_spans",
        {"@misc": "spacy-elmo.sentences.v1", "max_words": 3},
    ),
    "spacy_misc:spacy-elmo.windows.v1": (
        "components.elmo.model.get_spans",
        {"@misc": "spacy-elmo.windows.v1", "size": 3},
    ),
    "spacy_misc:spacy-elmo.docs.v1": ("components.elmo.model.get_spans", DOCS),
    "spacy_elmo_models:en_elmo_sm": ("components.elmo", {"factory": "elmo", "pretrained": "en_elmo_sm"}),
}
SIZES = {"hidden_size": 8, "projection_size": 4}
IN_PRETRAINING: dict[str, Use] = {
    "spacy_misc:spacy-elmo.Text.v1": (
        "corpus.train",
        {"@misc": "spacy-elmo.Text.v1", "paths": "${paths.train}", "lang": "en"},
    ),
    "spacy_misc:spacy-elmo.CharacterBiLM.v1": (
        "model",
        {"@misc": "spacy-elmo.CharacterBiLM.v1", **SIZES, "filters": [[1, 4], [2, 4]]},
    ),
    "spacy_misc:spacy-elmo.WordBiLM.v1": ("model", {"@misc": "spacy-elmo.WordBiLM.v1", **SIZES, "n_layers": 1}),
    "spacy_misc:spacy-elmo.FullSoftmax.v1": ("training.softmax", {"@misc": "spacy-elmo.FullSoftmax.v1"}),
    "spacy_misc:spacy-elmo.SampledSoftmax.v1": (
        "training.softmax",
        {"@misc": "spacy-elmo.SampledSoftmax.v1", "n_samples": 2},
    ),
    "spacy_misc:spacy-elmo.AdaptiveSoftmax.v1": (
        "training.softmax",
        {"@misc": "spacy-elmo.AdaptiveSoftmax.v1", "cutoffs": [4]},
    ),
    "spacy_loggers:spacy-elmo.PretrainLogger.v1": (
        "training.logger",
        {"@loggers": "spacy-elmo.PretrainLogger.v1", "progress_bar": False},
    ),
    "spacy_misc:spacy-elmo.Adam.v1": (
        "training.optimizer",
        {"@misc": "spacy-elmo.Adam.v1", "learn_rate": 0.01},
    ),
    "spacy_misc:spacy-elmo.AdamW.v1": (
        "training.optimizer",
        {"@misc": "spacy-elmo.AdamW.v1", "learn_rate": 0.01},
    ),
    "spacy_misc:spacy-elmo.SOAP.v1": (
        "training.optimizer",
        {"@misc": "spacy-elmo.SOAP.v1", "learn_rate": 0.01},
    ),
    "spacy_misc:spacy-elmo.Adagrad.v1": (
        "training.optimizer",
        {"@misc": "spacy-elmo.Adagrad.v1", "learn_rate": 0.1},
    ),
    "thinc_schedules:spacy-elmo.cosine.v1": (
        "training.optimizer.learn_rate",
        {"@schedules": "spacy-elmo.cosine.v1", "rate": 0.01, "total": 3},
    ),
    "thinc_schedules:spacy-elmo.inverse_sqrt.v1": (
        "training.optimizer.learn_rate",
        {"@schedules": "spacy-elmo.inverse_sqrt.v1", "rate": 0.01, "warmup": 1},
    ),
}


def make_config(text: str, name: str, use: Use, **paths: Path) -> Config:
    """Return a config that uses a name, with the paths that it is given."""
    config = Config().from_str(text, interpolate=False)
    place, block = use
    assert name.partition(":")[2] in block.values()
    *parents, key = place.split(".")
    section = config
    for parent in parents:
        section = section.setdefault(parent, {})
    section[key] = block
    config["paths"] = {path: str(value) for path, value in paths.items()}
    return config


@pytest.mark.parametrize("name", IN_TAGGER)
def test_a_tagger_is_trained_with_each_name(name: str, tiny_model: Path):
    config = make_config(TAGGER, name, IN_TAGGER[name], weights=tiny_model)
    fix_random_seed(0)
    nlp = load_model_from_config(config.interpolate(), auto_fill=True)
    examples = make_examples(nlp, 4)
    nlp.initialize(lambda: examples)
    first, last = train(nlp, examples, steps=5)
    assert last["tagger"] < first["tagger"]
    doc = nlp("Anna saw cats.")
    assert doc._.elmo.any()
    assert all(token.tag_ for token in doc)


@pytest.mark.parametrize("name", IN_PRETRAINING)
def test_a_model_is_pretrained_with_each_name(name: str, tmp_path: Path):
    (tmp_path / "text.txt").write_text("The cat sat on the mat. It slept.\n\n" * 8, encoding="utf8")
    config = make_config(PRETRAINING, name, IN_PRETRAINING[name], train=tmp_path / "text.txt")
    outcome = pretrain_model(complete(config), tmp_path / "out")
    assert outcome.step == 3


@pytest.mark.parametrize("name", [name for name in IN_PRETRAINING if name.startswith("thinc_schedules:")])
def test_a_schedule_is_one_for_optimizers_of_thinc(name: str):
    block = {"@optimizers": "Adam.v1", "learn_rate": IN_PRETRAINING[name][1]}
    optimizer = registry.resolve({"optimizer": block})["optimizer"]
    optimizer.step_schedules()
    assert 0 < optimizer.learn_rate <= 0.01


def test_a_pipeline_tags_senses(nlp: Language):
    pipe = nlp.add_pipe("elmo_senses")
    pipe.add_examples([("bank", "money", "A bank lends ."), ("bank", "river", "A bank of the river .")])
    assert nlp("A bank lends .")[1]._.elmo_sense == "money"


def test_spacy_has_the_commands():
    result = CliRunner().invoke(registry.cli.get("elmo"), ["info", "en_elmo_sm"])
    assert result.exit_code == 0
    assert "en_elmo_sm" in result.output


def test_a_pipeline_has_surprisals(tmp_path: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal", config={"pretrained": str(write_predictor(tmp_path))})
    assert nlp("A word.")._.elmo_surprisal.shape == (2,)


def test_every_name_has_a_use():
    others = {"spacy_cli:elmo", "spacy_factories:elmo_senses", "spacy_factories:elmo_surprisal"}
    assert {f"{point.group}:{point.name}" for point in POINTS} == {*IN_TAGGER, *IN_PRETRAINING, *others}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.group}:{point.name}")
def test_every_entry_point_resolves(point: EntryPoint):
    assert point.load() is not None


def test_every_group_is_one_that_somebody_reads():
    groups = {getattr(registry, kind).entry_point_namespace for kind in registry.get_registry_names()}
    assert {point.group for point in POINTS} <= groups | {"spacy_factories", "spacy_elmo_models"}
