"""spaCy's commands on a pipeline with elmo."""

import subprocess
import sys

import numpy as np
import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.tokens import Doc, DocBin
from thinc.api import Config
from typer.testing import CliRunner

from tests.support.pipelines import annotations, make_examples

CONFIG = """
[paths]
train = null
dev = null
elmo = null

[nlp]
lang = "en"
pipeline = ["elmo", "tagger", "textcat_multilabel"]

[components]

[components.elmo]
factory = "elmo"

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy-elmo.ElmoListener.v1"

[components.textcat_multilabel]
factory = "textcat_multilabel"

[components.textcat_multilabel.model]
@architectures = "spacy.TextCatReduce.v1"
exclusive_classes = false
use_reduce_first = false
use_reduce_last = false
use_reduce_max = true
use_reduce_mean = true

[components.textcat_multilabel.model.tok2vec]
@architectures = "spacy-elmo.ElmoListener.v1"

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = ${paths.train}

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = ${paths.dev}

[training]
max_steps = 6
eval_frequency = 3
accumulate_gradient = 2

[training.optimizer]
@optimizers = "Adam.v1"
L2 = 0.0

[initialize]

[initialize.components]

[initialize.components.elmo]
pretrained = ${paths.elmo}
"""


def run(*arguments):
    """RETURNS: what a command of spaCy printed, called in this process: a start takes seconds."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


@pytest.fixture(scope="module")
def workplace(tiny_model, tmp_path_factory):
    """A folder with a filled config, a corpus, and what `spacy train` made of them in a process of its own."""
    folder = tmp_path_factory.mktemp("commands")
    examples = make_examples(spacy.blank("en"), 120)  # fewer are an error of `debug data`
    DocBin(docs=[eg.reference for eg in examples], store_user_data=True).to_disk(folder / "corpus.spacy")
    DocBin(docs=[eg.reference for eg in examples[:8]]).to_disk(folder / "few.spacy")
    (folder / "base.cfg").write_text(CONFIG)
    run("init", "fill-config", folder / "base.cfg", folder / "config.cfg")
    command = [sys.executable, "-m", "spacy", "train", "config.cfg", "--output", "out", *overrides(folder, tiny_model)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "train.log").write_text(done.stdout + done.stderr)
    return folder


def overrides(folder, tiny_model):
    corpus = folder / "corpus.spacy"
    return [f"--paths.train={corpus}", f"--paths.dev={corpus}", f"--paths.elmo={tiny_model}"]


def test_fill_config_writes_every_setting(workplace):
    filled = spacy.util.load_config(workplace / "config.cfg")
    assert filled["components"]["elmo"]["frozen"] is True
    assert filled["components"]["elmo"]["model"]["@architectures"] == "spacy-elmo.BiLM.v1"
    assert filled["components"]["tagger"]["model"]["tok2vec"]["upstream"] == "elmo"


def test_train(workplace):
    assert spacy.load(workplace / "out" / "model-last")("Anna saw cats.")[0].tag_
    log = (workplace / "train.log").read_text()
    assert "LOSS TAGGER" in log
    assert "LOSS ELMO" not in log


@pytest.mark.parametrize("annotating", ["[]", '["elmo"]'])
def test_train_with_elmo_among_frozen_components(workplace, tiny_model, annotating):
    settings = ["--training.frozen_components", '["elmo"]', "--training.annotating_components", annotating]
    out = workplace / "frozen"
    run("train", workplace / "config.cfg", "--output", out, *overrides(workplace, tiny_model), *settings)
    one, two = (spacy.load(path / "model-last")("Anna saw cats.") for path in (workplace / "out", out))
    assert np.array_equal(one._.elmo, two._.elmo)
    assert annotations(one) == annotations(two)


def test_debug_model(workplace, tiny_model):
    output = run("debug", "model", workplace / "config.cfg", "tagger", "-P3", *overrides(workplace, tiny_model))
    assert "model looks good" in output


def test_evaluate(workplace):
    scores = workplace / "scores.json"
    run("evaluate", workplace / "out" / "model-last", workplace / "corpus.spacy", "--output", scores)
    assert "tag_acc" in srsly.read_json(scores)


def test_apply_stores_vectors(workplace):
    applied = workplace / "applied.spacy"
    run("apply", workplace / "out" / "model-last", workplace / "corpus.spacy", applied)
    nlp = spacy.load(workplace / "out" / "model-last")
    doc = next(DocBin().from_disk(applied).get_docs(nlp.vocab))
    bare = Doc(nlp.vocab, words=[token.text for token in doc], spaces=[bool(token.whitespace_) for token in doc])
    assert np.allclose(doc._.elmo_layers, nlp(bare)._.elmo_layers, atol=1e-5)  # other batches


@pytest.mark.parametrize(("command", "expected"), [("config", "Config is valid"), ("data", "Corpus is loadable")])
def test_debug(workplace, tiny_model, command, expected):
    assert expected in run("debug", command, workplace / "config.cfg", *overrides(workplace, tiny_model))


def test_find_threshold(workplace):
    arguments = ("textcat_multilabel", "threshold", "cats_macro_f", "--n_trials", 3)
    output = run("find-threshold", workplace / "out" / "model-last", workplace / "corpus.spacy", *arguments)
    assert "Best threshold" in output


def test_benchmark_speed(workplace):
    arguments = ("--batches", 30, "--warmup", 1)
    assert "Mean" in run("benchmark", "speed", workplace / "out" / "model-last", workplace / "few.spacy", *arguments)


def test_assemble(workplace):
    trained = workplace / "out" / "model-last"
    config = {"nlp": {"lang": "en", "pipeline": ["elmo", "tagger"]}}
    config["components"] = {name: {"source": str(trained)} for name in config["nlp"]["pipeline"]}
    Config(config).to_disk(workplace / "assemble.cfg")
    run("assemble", workplace / "assemble.cfg", workplace / "assembled")
    text = "Anna saw cats."
    assert annotations(spacy.load(workplace / "assembled")(text)) == annotations(spacy.load(trained)(text))


def test_package_requires_the_project(workplace):
    packages = workplace / "packages"
    packages.mkdir()
    run("package", workplace / "out" / "model-last", packages, "--build", "none", "--name", "tiny")
    (meta,) = packages.glob("*/meta.json")
    assert any(line.startswith("spacy-elmo") for line in srsly.read_json(meta)["requirements"])
