"""Models with random weights: the numbers of a forward pass in plain NumPy, through every path, and without loss."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacy_elmo.bilm import BiLM
from spacy_elmo.bilm.inference import Encoder, native
from spacy_elmo.formats import WeightsError, allennlp, elmoformanylangs, load, model_directory
from tests.support.lexicon_models import Published, forward, make_published, write_published, write_zip
from tests.support.random_models import assert_same_model

TOLERANCE = 1e-5  # rounding of float32 over a few steps
SENTENCES = [
    ["The", "bank", "of", "the", "river", "."],
    ["", " ", "\u3000", "<bos>", "<eos>", "<oov>", "<pad>", "<S>", "</S>", "<UNK>", "<bow>"],
    ["x" * 60, "x" * 48, "x" * 49, "日本", "𝔘𝔫𝔦", "𝔘" * 60, "New York", "THE", "é", "e\u0301", "\u2028", "\0"],
    [],
    ["a\ud800b"],
]
MODELS: dict[str, dict[str, Any]] = {
    "words and characters": {},
    "words alone": {"word_dim": 7, "char_dim": 0},
    "characters alone": {"word_dim": 0, "char_dim": 2},
    "no highway, one layer": {"highways": 0, "layers": 1, "hidden": 6},
    "tanh, three layers": {"activation": "tanh", "layers": 3, "word_dim": 1, "char_dim": 1},
    "no clips": {"cell_clip": 0, "projection_clip": None, "scale": 2.0},
    "clipped": {"cell_clip": 0.4, "projection_clip": 0.3, "scale": 3.0},
    "short words": {"max_characters": 8, "filters": [(8, 2), (1, 3)], "hidden": 33, "projection": 35},
}


@pytest.fixture(params=MODELS)
def published(request: pytest.FixtureRequest) -> Published:
    return make_published(seed=list(MODELS).index(request.param), **MODELS[request.param])


@pytest.fixture
def folder(published: Published, tmp_path: Path) -> Path:
    return write_published(tmp_path / "136", published)


def expected(published: Published) -> np.ndarray:
    return np.concatenate(forward(published, SENTENCES), axis=1)


def plain(model: BiLM) -> np.ndarray:
    return np.concatenate([layers.numpy() for layers in model(SENTENCES)[0]], axis=1)


def test_the_plain_model_gives_the_numbers_of_the_format(published: Published, folder: Path):
    np.testing.assert_allclose(plain(load(folder).model), expected(published), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("switch", ["0", "1"], ids=["torch", "native"])
def test_every_path_gives_the_numbers_of_the_format(published: Published, folder: Path, monkeypatch, switch: str):
    monkeypatch.setenv(native.SWITCH, switch)
    encoder = Encoder(load(folder).model, initial_state="zeros")
    np.testing.assert_allclose(encoder.encode(SENTENCES), expected(published), rtol=0, atol=TOLERANCE)
    vectors = encoder.word_vectors(SENTENCES[0])
    np.testing.assert_allclose(vectors, expected(published)[0, :6, : vectors.shape[1]], rtol=0, atol=TOLERANCE)


@pytest.mark.skipif(not native.kernels(), reason="needs the kernel in C")
def test_a_word_has_the_same_bits_in_any_company(folder: Path):
    model = load(folder).model
    whole = Encoder(model).encode(SENTENCES)
    alone = [Encoder(model, word_cache=0).encode([sentence]) for sentence in SENTENCES]
    assert np.array_equal(np.concatenate(alone, axis=1), whole)


def test_a_word_has_the_same_bits_in_any_company_where_torch_computes(tmp_path: Path, monkeypatch):
    monkeypatch.setenv(native.SWITCH, "0")
    sizes = {"word_dim": 16, "char_dim": 16, "filters": [(1, 32), (2, 32), (3, 64)], "hidden": 128, "projection": 64}
    model = load(write_published(tmp_path / "136", make_published(**sizes))).model
    whole = Encoder(model).encode(SENTENCES)
    alone = [Encoder(model, word_cache=0).encode([sentence]) for sentence in SENTENCES]
    assert np.array_equal(np.concatenate(alone, axis=1), whole)


def test_it_starts_warm_as_other_models_do(published: Published, folder: Path):
    model = load(folder).model
    outputs, _ = model(SENTENCES, model.initial_state("warm", len(SENTENCES)))
    found = Encoder(model).encode(SENTENCES)
    np.testing.assert_allclose(found, torch.cat(outputs, dim=1), rtol=0, atol=TOLERANCE)


def test_a_model_directory_keeps_all_of_it(folder: Path, tmp_path: Path):
    model, meta, _ = load(folder)
    model_directory.write(tmp_path / "native", model, meta)
    assert_same_model(load(tmp_path / "native").model, model)
    assert_same_model(model_directory.from_bytes(model_directory.to_bytes(model, meta)).model, model)
    assert model_directory.check(tmp_path / "native")


def test_half_precision_is_near(published: Published, folder: Path, tmp_path: Path):
    model, meta, _ = load(folder)
    model_directory.write(tmp_path / "native", model, meta, dtype="float16")
    found = load(tmp_path / "native").model
    assert model_directory.lossless_dtype(found) == "float16"
    assert np.abs(plain(found) - plain(model)).max() < 0.05


def test_a_zip_file_and_a_folder_are_the_same_model(folder: Path, tmp_path: Path):
    for inside in ("", "136/model/"):
        archive = write_zip(tmp_path / "136.zip", folder, inside=inside)
        assert elmoformanylangs.recognises(archive)
        assert_same_model(load(archive).model, load(folder).model)


def test_pickles_of_any_version_of_torch_are_the_same_model(published: Published, folder: Path, tmp_path: Path):
    write_published(tmp_path / "new", published, legacy=False)
    assert_same_model(load(tmp_path / "new").model, load(folder).model)


def test_a_file_of_the_model_means_the_model(folder: Path):
    assert_same_model(load(folder / "encoder.pkl").model, load(folder).model)


def test_it_says_where_it_is_from(published: Published, folder: Path):
    assert load(folder).meta == {"source": {"format": "ELMoForManyLangs", "options": published.options}}


def test_there_is_no_head(folder: Path):
    assert load(folder).head is None


def test_settings_of_published_weights_are_refused(folder: Path):
    with pytest.raises(WeightsError, match="vocab cannot be set for this format, only for published weights"):
        load(folder, vocab="words.txt")


def test_it_cannot_be_exported(folder: Path, tmp_path: Path):
    model, meta, _ = load(folder)
    with pytest.raises(WeightsError, match="reads words by lexicons.*has no place for these; keep it as a model dir"):
        allennlp.write(tmp_path / "out", model, meta)
    assert not (tmp_path / "out").exists()
