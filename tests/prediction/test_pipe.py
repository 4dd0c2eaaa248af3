import multiprocessing
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc

from spacy_elmo.formats import WeightsError, model_directory
from spacy_elmo.prediction import softmax
from tests.support.predictors import write_predictor
from tests.support.random_models import random_table_model

TEXT = "The bank of the river. We sat on the shore."
TOLERANCE = 1e-6  # mapped tensors are aligned differently, and products may round differently


def make_pipeline(folder: Path | str, **settings) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal", config={"pretrained": str(folder)}, **settings)
    return nlp


@pytest.fixture
def nlp(predictor_folder: Path) -> Language:
    return make_pipeline(predictor_folder)


def bits(doc) -> np.ndarray:
    return np.stack([token._.elmo_surprisal for token in doc])


def same(one: Language, two: Language) -> bool:
    return np.allclose(bits(one(TEXT)), bits(two(TEXT)), atol=TOLERANCE)


def test_disk(nlp: Language, tmp_path: Path):
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert same(again, nlp)
    again.to_disk(tmp_path)
    assert same(spacy.load(tmp_path), nlp)


def test_a_saved_pipeline_does_not_need_its_source(tmp_path: Path):
    nlp = make_pipeline(write_predictor(tmp_path / "source"))
    nlp.to_disk(tmp_path / "saved")
    expected = bits(nlp(TEXT))
    shutil.rmtree(tmp_path / "source")
    assert np.allclose(bits(spacy.load(tmp_path / "saved")(TEXT)), expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("dtype", "head_dtype"),
    [("float16", "float16"), ("float32", "float32"), ("float16", "int8"), ("float16", "float32")],
)
def test_the_folder_is_a_model_directory_of_the_same_types(tmp_path: Path, dtype: str, head_dtype: str):
    source = write_predictor(tmp_path / "source", dtype=dtype, head_dtype=head_dtype)
    make_pipeline(source).to_disk(tmp_path / "saved")
    folder = tmp_path / "saved" / "elmo_surprisal"
    assert model_directory.stored_dtype(folder) == dtype
    assert model_directory.read(folder).head is not None
    sizes = {(place / "softmax.safetensors").stat().st_size for place in (folder, tmp_path / "source")}
    assert len(sizes) == 1


def test_bytes(nlp: Language, tmp_path: Path):
    again = make_pipeline(tmp_path / "missing").from_bytes(nlp.to_bytes())
    assert same(again, nlp)
    assert again.get_pipe("elmo_surprisal").load().meta == nlp.get_pipe("elmo_surprisal").load().meta


def test_bytes_without_a_softmax_are_refused(nlp: Language, tiny_model: Path):
    data = model_directory.to_bytes(model_directory.read(tiny_model).model, {})
    with pytest.raises(WeightsError, match="bytes of the pipe 'elmo_surprisal': has no softmax"):
        nlp.get_pipe("elmo_surprisal").from_bytes(data)


@pytest.mark.parametrize("text", [None, TEXT])
def test_pickle_before_and_after_it_has_loaded(nlp: Language, text: str | None):
    if text is not None:
        nlp(text)
    pipe = pickle.loads(pickle.dumps(nlp.get_pipe("elmo_surprisal")))
    assert np.allclose(bits(pipe(nlp.make_doc(TEXT))), bits(nlp(TEXT)), atol=TOLERANCE)


def test_two_processes(nlp: Language):
    texts = [f"{TEXT} {i}" for i in range(8)]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=2))
    for text, doc in zip(texts, docs, strict=True):
        assert doc.text == text
        assert np.allclose(bits(doc), bits(nlp(text)), atol=TOLERANCE)
        assert np.allclose(doc._.elmo_surprisal, nlp(text)._.elmo_surprisal, atol=TOLERANCE)


def test_two_spawned_processes(nlp: Language, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("spacy.language.mp", multiprocessing.get_context("spawn"))
    texts = [TEXT, "", "the", TEXT * 2]
    for text, doc in zip(texts, nlp.pipe(texts, n_process=2, batch_size=2), strict=True):
        assert doc.text == text
        assert np.array_equal(doc._.elmo_surprisal, nlp(text)._.elmo_surprisal, equal_nan=True)


def test_docs_of_any_kind_stand_beside_each_other(nlp: Language):
    texts = ["", "the", " \n ", TEXT, "zyzzyva", "the " * 1000]
    docs = list(nlp.pipe(texts, batch_size=4))
    assert [doc.text for doc in docs] == texts
    for doc in docs:
        found = nlp(doc.text)
        assert np.array_equal(doc._.elmo_surprisal, found._.elmo_surprisal, equal_nan=True)
        for token, other in zip(doc, found):
            assert np.array_equal(token._.elmo_surprisal, other._.elmo_surprisal, equal_nan=True)
    assert np.isfinite(docs[1][0]._.elmo_surprisal).all()


def test_memory_does_not_hold_the_logits_of_a_long_text(nlp: Language, monkeypatch: pytest.MonkeyPatch):
    rows, addmm = [], torch.addmm

    def noted(bias: torch.Tensor, x: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        rows.append(len(x))
        return addmm(bias, x, columns)

    monkeypatch.setattr("spacy_elmo.prediction.softmax.torch.addmm", noted)
    doc = nlp(Doc(nlp.vocab, words=["the", "bank"] * 5000))
    assert np.isfinite(doc._.elmo_surprisal).all()
    assert max(rows) <= softmax.BLOCK_ROWS


def test_what_stands_beside_a_doc_does_not_matter(nlp: Language):
    docs = list(nlp.pipe([TEXT, "the", TEXT * 5]))
    assert np.array_equal(bits(docs[0]), bits(nlp(TEXT)))


def test_the_extension_has_the_name_of_the_pipe(predictor_folder: Path):
    doc = make_pipeline(predictor_folder, name="other_surprisal")(TEXT)
    assert doc._.other_surprisal.shape == doc[0]._.other_surprisal.shape == (2,)
    assert doc._.elmo_surprisal is None


def test_a_model_without_a_softmax_says_how_to_get_one(tiny_model: Path):
    with pytest.raises(WeightsError, match="has no softmax, so it predicts no words"):
        make_pipeline(tiny_model)(TEXT)


def test_the_bundled_model_is_the_default():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal")
    likely, unlikely = (nlp(f"We sat on the {word} of the river.")._.elmo_surprisal for word in ("side", "hat"))
    assert (likely < unlikely).all()


def test_a_doc_that_cannot_be_read_goes_to_the_error_handler(tmp_path: Path):
    model = random_table_model("error")
    source = make_pipeline(write_predictor(tmp_path / "characters")).get_pipe("elmo_surprisal").load()
    model_directory.write(tmp_path / "table", model, {}, head=source.head)
    nlp = make_pipeline(tmp_path / "table")
    failed = []
    nlp.set_error_handler(lambda name, pipe, docs, error: failed.extend(doc.text for doc in docs))
    assert [doc.text for doc in nlp.pipe(["the bank", "a shore", "river"])] == ["the bank", "river"]
    assert failed == ["a shore"]


def test_a_model_of_another_language_is_a_warning(tmp_path: Path, predictor_folder: Path):
    nlp = spacy.blank("de")
    nlp.add_pipe("elmo_surprisal", config={"pretrained": str(predictor_folder)})
    with pytest.warns(UserWarning, match="are for language 'en', the pipeline is for 'de'"):
        nlp("Das Ufer")


def test_a_folder_without_its_softmax_is_refused(nlp: Language, tmp_path: Path):
    nlp.to_disk(tmp_path)
    for name in ("softmax.safetensors", "vocab.txt"):
        (tmp_path / "elmo_surprisal" / name).unlink()
    with pytest.raises(WeightsError, match="elmo_surprisal: has no softmax"):
        spacy.load(tmp_path)


def test_docs_side_by_side_have_the_bits_of_each_alone_with_a_large_softmax():
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo_surprisal")
    texts = ["We sat on the bank.", "Banks fail.", "A boat sank in the river near the old mill.", "x" * 50]
    for doc, text in zip(nlp.pipe(texts), texts):
        for token, other in zip(doc, nlp(text)):
            assert np.array_equal(token._.elmo_surprisal, other._.elmo_surprisal)
