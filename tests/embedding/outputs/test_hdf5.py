import json
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language

from spacy_elmo import load_model
from spacy_elmo.embedding import Settings, embed_files
from spacy_elmo.embedding import run as runs
from spacy_elmo.embedding.outputs import hdf5 as module
from spacy_elmo.text.readers import CorpusError

h5py = pytest.importorskip("h5py")
SENTENCES = ["The bank raised its rates .", "No / yes", "The bank raised its rates .", "A river ."]


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runs, "MEBIBYTE", 200)  # several shards
    (tmp_path / "a.txt").write_text("\n".join(SENTENCES), encoding="utf8")
    return tmp_path / "a.txt"


def run(text: Path, output: Path, model: Path, **changes) -> list[str]:
    said: list[str] = []
    settings = {"lines": "sentences", "layers": "all", "shard_mb": 1, "n_process": 1, "notify": said.append, **changes}
    embed_files([text], output, model=str(model), **settings)
    return said


def test_the_layout_is_that_of_allennlp(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "vectors.hdf5", tiny_model, initial_state="zeros")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.txt", "vectors.hdf5"]
    model = load_model(tiny_model).model
    expected = model([line.split() for line in SENTENCES])[0]
    with h5py.File(tmp_path / "vectors.hdf5") as file:
        assert set(file) == {"0", "1", "2", "3", "sentence_to_index"}
        index = json.loads(file["sentence_to_index"][0])
        assert index == {SENTENCES[0]: "2", SENTENCES[1]: "1", SENTENCES[3]: "3"}
        for i, layers in enumerate(expected):
            assert file[str(i)].dtype == np.float32
            assert np.allclose(file[str(i)][()], layers, atol=1e-5)
        assert "starts from zeros" in file.attrs["state"]
        assert file.attrs["layers"] == "all"


def test_one_layer_has_no_axis_of_layers(text: Path, tmp_path: Path, tiny_model: Path):
    run(text, tmp_path / "top.h5", tiny_model, layers="top")
    with h5py.File(tmp_path / "top.h5") as file:
        assert file["1"].shape == (3, 8)


def test_keys_are_words_in_the_layout_of_elmoformanylangs(text: Path, tmp_path: Path, tiny_model: Path):
    said = run(text, tmp_path / "vectors.hdf5", tiny_model, format="elmoformanylangs", layers="top")
    assert said[-1] == "1 sentences are there several times; they have one key"
    with h5py.File(tmp_path / "vectors.hdf5") as file:
        assert list(file) == sorted(
            ["A\triver\t$period$", "No\t$backslash$\tyes", "The\tbank\traised\tits\trates\t$period$"]
        )
        assert file["No\t$backslash$\tyes"].shape == (3, 8)


def test_the_fixture_of_allennlp_has_its_numbers(tmp_path: Path, data_dir: Path):
    folder = data_dir / "fixtures" / "allennlp-elmo"
    lists = json.loads((folder / "sentences.json").read_text(encoding="utf8"))
    (tmp_path / "a.txt").write_text("\n".join(sentences[0] for sentences in lists), encoding="utf8")
    weights = folder / "lm_weights.hdf5"
    run(tmp_path / "a.txt", tmp_path / "top.hdf5", weights, layers="top", initial_state="zeros", shard_mb=64)
    with h5py.File(tmp_path / "top.hdf5") as file:
        for i, sentences in enumerate(lists):
            with h5py.File(folder / f"lm_embeddings_{i}.hdf5") as expected:
                top = np.concatenate(expected["0"][()], axis=-1)
            assert file[str(i)].shape == (len(sentences[0].split()), 32)
            assert file[str(i)].dtype == np.float32
            assert np.allclose(file[str(i)][()], top, atol=1e-5)
        assert json.loads(file["sentence_to_index"][0]) == {s[0]: str(i) for i, s in enumerate(lists)}


def test_a_merge_that_was_interrupted_is_done_again(
    text: Path, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    output = tmp_path / "vectors.hdf5"
    run(text, output, tiny_model)
    whole = output.read_bytes()
    output.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Settings, "describe", lambda settings: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(text, output, tiny_model)
    assert not output.exists()
    run(text, output, tiny_model)
    assert output.read_bytes() == whole


def test_shards_that_a_finished_merge_left_are_removed(text: Path, tmp_path: Path, tiny_model: Path, monkeypatch):
    output = tmp_path / "vectors.hdf5"
    with monkeypatch.context() as patch:
        patch.setattr(runs, "_remove", lambda folder: None)
        run(text, output, tiny_model)
    assert (tmp_path / "vectors.hdf5.parts").exists()
    whole = output.read_bytes()
    run(text, output, tiny_model)
    assert not (tmp_path / "vectors.hdf5.parts").exists()
    assert output.read_bytes() == whole


def test_a_file_that_exists_is_left_alone(text: Path, tmp_path: Path, tiny_model: Path):
    (tmp_path / "vectors.hdf5").write_bytes(b"mine")
    with pytest.raises(CorpusError, match=r"vectors\.hdf5: exists; choose another name"):
        run(text, tmp_path / "vectors.hdf5", tiny_model)
    assert (tmp_path / "vectors.hdf5").read_bytes() == b"mine"


def test_too_much_text_for_memory_has_no_index(text: Path, tmp_path: Path, tiny_model: Path, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_INDEX", 30)
    said = run(text, tmp_path / "vectors.hdf5", tiny_model)
    assert said[-1] == "sentence_to_index is left out: memory would have to hold all texts"
    with h5py.File(tmp_path / "vectors.hdf5") as file:
        assert len(file) == 4


def test_several_sentences_of_a_text_have_keys_in_order(tmp_path: Path, tiny_model: Path, nlp: Language):
    (tmp_path / "a.txt").write_text("One. Two words.", encoding="utf8")
    run(tmp_path / "a.txt", tmp_path / "vectors.hdf5", tiny_model, lines="paragraphs")
    doc = nlp("One. Two words.")
    with h5py.File(tmp_path / "vectors.hdf5") as file:
        assert np.array_equal(file["1"][()], doc._.elmo_layers[:, 2:])
