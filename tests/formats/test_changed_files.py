import json
import shutil
from pathlib import Path

import pytest

from spacy_elmo.formats import WeightsError, model_directory
from spacy_elmo.util import digests
from tests.support.random_models import (
    assert_same_model,
    random_head,
    random_model,
    random_table_model,
    write_random_model,
)

OTHER = "not the file that config.json was written with, or it has changed"


@pytest.mark.parametrize("name", ["weights.safetensors", "words.txt", "vocab.txt", "softmax.safetensors"])
def test_a_file_of_another_model_of_the_same_shape_is_refused(name: str, tmp_path: Path):
    for seed, words in enumerate([("<S>", "</S>", "<UNK>", "a"), ("<S>", "</S>", "<UNK>", "b")]):
        model = random_table_model()
        head = random_head(model, words=words, seed=seed)
        model.forward_layers[0].input.bias += seed
        model.word_encoder.words = (*model.word_encoder.words[:-1], words[-1])
        model_directory.write(tmp_path / str(seed), model, {}, head=head)
    shutil.copy(tmp_path / "0" / name, tmp_path / "1" / name)
    with pytest.raises(WeightsError, match=f"{name}: {OTHER}"):
        model_directory.read(tmp_path / "1")


def test_one_changed_bit_of_a_small_file_is_found(tmp_path: Path):
    path = write_random_model(tmp_path) / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=OTHER):
        model_directory.read(tmp_path)


def test_of_a_large_file_loading_reads_a_sample_and_checking_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in (("SMALL", 2000), ("BLOCK", 8), ("N_BLOCKS", 4)):
        monkeypatch.setattr(digests, name, value)
    path = write_random_model(tmp_path) / "weights.safetensors"
    assert model_directory.check(tmp_path)
    whole = path.read_bytes()
    for place, is_in_sample in ((-1, True), (len(whole) - 100, False)):
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        if is_in_sample:
            with pytest.raises(WeightsError, match=OTHER):
                model_directory.read(tmp_path)
        else:
            model_directory.read(tmp_path)
        with pytest.raises(WeightsError, match=OTHER):
            model_directory.check(tmp_path)


def test_a_directory_from_before_there_were_digests_loads(tmp_path: Path):
    path = write_random_model(tmp_path) / "config.json"
    values = json.loads(path.read_text())
    del values["files"]
    path.write_text(json.dumps(values))
    assert_same_model(model_directory.read(tmp_path).model, random_model())
    assert not model_directory.check(tmp_path)


@pytest.mark.parametrize("given", [[], {"../secret": {}}, 5, {"weights.safetensors": 5}, {}])
def test_digests_that_are_none_are_refused(given: object, tmp_path: Path):
    path = write_random_model(tmp_path) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "files": given}))
    with pytest.raises(WeightsError, match=f"files: must have digests|{OTHER}"):
        model_directory.read(tmp_path)


def test_a_directory_without_its_config_was_not_finished(tmp_path: Path):
    (write_random_model(tmp_path) / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"no config.json in it, .* was it written to its end"):
        model_directory.read(tmp_path)


def test_people_may_edit_facts_and_licence(tmp_path: Path):
    write_random_model(tmp_path, license_text="mine")
    (tmp_path / "meta.json").write_text('{"name": "other"}')
    (tmp_path / "LICENSE").write_text("yours")
    assert model_directory.read(tmp_path).meta == {"name": "other", "license_text": "yours"}
