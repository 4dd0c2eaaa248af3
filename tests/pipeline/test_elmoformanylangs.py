"""Models of ELMoForManyLangs in a pipeline, and through the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from typer.testing import CliRunner

from spacy_elmo.cli import app
from spacy_elmo.formats import model_directory
from spacy_elmo.models.load import load_model
from tests.support.lexicon_models import Published, forward, make_published, write_published, write_zip
from tests.support.random_models import assert_same_model

MODEL = make_published()
WORDS = ["The", "bank", "of", "the", "日本", "river", "x" * 60, "𝔘", "."]
TOLERANCE = 1e-5  # rounding of float32 over a few steps
SETTINGS = {"get_spans": {"@misc": "spacy-elmo.docs.v1"}, "initial_state": "zeros"}


@pytest.fixture(params=["136", "136.zip"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = write_published(tmp_path / "136", MODEL)
    return folder if request.param == "136" else write_zip(tmp_path / "136.zip", folder)


def expected(model: Published = MODEL) -> np.ndarray:
    return forward(model, [WORDS])[0]


def layers(nlp: spacy.Language) -> np.ndarray:
    return nlp(Doc(nlp.vocab, words=WORDS))._.elmo_layers


def run(*arguments: object, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == exit_code, result.output
    return " ".join(result.output.split())


def test_a_pipe_gives_its_vectors(path: Path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("elmo", config={"pretrained": str(path), "model": SETTINGS})
    np.testing.assert_allclose(layers(nlp), expected(), rtol=0, atol=TOLERANCE)


def test_a_pipeline_takes_the_model_along(path: Path, tmp_path: Path):
    nlp = spacy.blank("xx")
    nlp.add_pipe("elmo", config={"pretrained": str(path), "model": SETTINGS})
    nlp.to_disk(tmp_path / "pipeline")
    for loaded in (spacy.load(tmp_path / "pipeline"), spacy.blank("xx").from_config(nlp.config)):
        loaded.from_bytes(nlp.to_bytes())
        np.testing.assert_allclose(layers(loaded), expected(), rtol=0, atol=TOLERANCE)
    assert_same_model(load_model(tmp_path / "pipeline").model, load_model(path).model)


def test_it_is_converted_without_loss(path: Path, tmp_path: Path):
    assert "Wrote ukrainian" in run("convert", path, tmp_path / "uk", "--name", "ukrainian", "--lang", "uk")
    model, meta, _ = model_directory.read(tmp_path / "uk")
    assert_same_model(model, load_model(path).model)
    assert (meta["name"], meta["lang"], meta["source"]["format"]) == ("ukrainian", "uk", "ELMoForManyLangs")


def test_it_may_be_converted_in_its_own_folder(path: Path):
    before = load_model(path).model
    folder = path if path.is_dir() else path.with_suffix("")
    run("convert", path, folder, "--force")
    assert_same_model(load_model(folder).model, before)


def test_it_is_converted_to_half_precision(path: Path, tmp_path: Path):
    run("convert", path, tmp_path / "uk", "--dtype", "float16")
    assert model_directory.stored_dtype(tmp_path / "uk") == "float16"
    found = load_model(tmp_path / "uk").model([WORDS])[0][0]
    np.testing.assert_allclose(found, expected(), rtol=0, atol=0.05)


def test_it_is_described(path: Path, tmp_path: Path):
    facts = json.loads(run("info", path, "--json"))
    assert facts["width"] == 12
    assert facts["parameters"] == sum(values.size for values in (*MODEL.tokens.values(), *MODEL.encoder.values()))
    assert "lexicons of 13 words and 28 characters: 12 filters, 2 highway" in run("info", path)
    assert "has no digests of its files to check" in run("info", path, "--check", exit_code=1)


def test_it_is_not_exported(path: Path, tmp_path: Path):
    assert "this format has no place for these" in run("export", path, tmp_path / "out", exit_code=1)


def test_it_has_no_perplexity_before_it_has_a_softmax(path: Path, tmp_path: Path):
    (tmp_path / "text.txt").write_text("The bank of the river.", encoding="utf8")
    said = run("perplexity", path, tmp_path / "text.txt", exit_code=1)
    assert "has no softmax, so it predicts no words" in said
    assert "trains a new one" in said
