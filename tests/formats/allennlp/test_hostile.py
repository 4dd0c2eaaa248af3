import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.formats import WeightsError, allennlp, pretrained
from tests.support.random_models import (
    assert_same_model,
    contents,
    random_head,
    random_model,
    random_table_model,
)

NAME = "CNN_proj/b_proj"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Published weights in a folder of their own."""
    model = random_model()
    allennlp.write(tmp_path / "model", model, {}, head=random_head(model))
    return tmp_path / "model" / "weights.hdf5"


def replace(weights: Path, make) -> None:
    with h5py.File(weights, "a") as file:
        shape = file[NAME].shape
        del file[NAME]
        make(file, shape)


def lie_outside(file, shape) -> None:
    file.create_dataset(NAME, shape, "float32", external=[("/etc/services", 0, h5py.h5f.UNLIMITED)])


def be_virtual(file, shape) -> None:
    layout = h5py.VirtualLayout(shape, "float32")
    layout[:] = h5py.VirtualSource("other.hdf5", "secret", shape)
    file.create_virtual_dataset(NAME, layout)


@pytest.mark.parametrize("make", [lie_outside, be_virtual])
def test_numbers_in_other_files_are_refused(make, weights: Path):
    replace(weights, make)
    with pytest.raises(WeightsError, match=f"dataset {NAME} lies in another file; put its numbers into this one"):
        allennlp.read(weights)


def test_numbers_that_were_never_written_are_refused(weights: Path):
    replace(weights, lambda file, shape: file.create_dataset(NAME, shape, "float32"))
    with pytest.raises(WeightsError, match=f"dataset {NAME} has numbers that were never written"):
        allennlp.read(weights)


def test_a_dataset_that_agrees_with_the_options_and_fills_the_memory_is_refused(weights: Path):
    options = json.loads((weights.parent / "options.json").read_text())
    options["lstm"]["dim"] = 2**20
    (weights.parent / "options.json").write_text(json.dumps(options))
    cell = "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0"
    with h5py.File(weights, "a") as file:
        del file[cell]
        file.create_dataset(cell, (12, 2**22), "float32", chunks=(12, 2**10), compression="gzip")
    with pytest.raises(WeightsError, match=f"dataset {cell} has numbers that were never written"):
        allennlp.read(weights)


def test_a_dataset_larger_than_the_memory_is_refused(weights: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pretrained, "available_bytes", lambda: 100)
    with pytest.raises(WeightsError, match=r"weights.hdf5: dataset .* needs .* GB of memory"):
        allennlp.read(weights)


def test_compressed_weights_are_read(weights: Path):
    values = {}
    with h5py.File(weights, "a") as file:
        values[NAME] = file[NAME][()]
        del file[NAME]
        file.create_dataset(NAME, data=values[NAME], compression="gzip")
    assert_same_model(allennlp.read(weights).model, random_model())


def test_groups_a_thousand_deep_are_not_looked_into(weights: Path):
    with h5py.File(weights, "a") as file:
        group = file.create_group("deep")
        for _ in range(1000):
            group = group.create_group("a")
    assert_same_model(allennlp.read(weights).model, random_model())


def test_groups_that_contain_themselves_end(weights: Path):
    with h5py.File(weights, "a") as file:
        group = file.create_group("circle")
        for i in range(20):
            group[str(i)] = group
    with pytest.raises(WeightsError, match="more than 10,000 names in it"):
        allennlp.read(weights)


def test_names_that_are_not_utf8_are_said(weights: Path):
    with h5py.File(weights, "a") as file:
        file[b"caf\xe9"] = np.ones(2)
    with pytest.raises(WeightsError, match=r"the name of a dataset, b'caf.*', is not UTF-8"):
        allennlp.read(weights)


@pytest.mark.parametrize("name", ["options.json", "vocab.txt", "softmax.hdf5"])
def test_links_out_of_the_folder_are_not_followed(name: str, weights: Path):
    path = weights.with_name(name)
    path.rename(weights.parent.parent / "secret")
    path.symlink_to("../secret")
    with pytest.raises(WeightsError, match=f"{name}: a link that leads out of"):
        allennlp.read(weights)


def test_weights_named_by_a_link_are_read_and_found_by_one_are_not(weights: Path, tmp_path: Path):
    weights.rename(tmp_path / "elsewhere.hdf5")
    weights.symlink_to(tmp_path / "elsewhere.hdf5")
    assert_same_model(allennlp.read(weights).model, random_model())
    with pytest.raises(WeightsError, match="a link that leads out of"):
        allennlp.read(weights.parent)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["options.json", "weights.hdf5"])
def test_a_pipe_is_refused_without_waiting(name: str, weights: Path):
    weights.with_name(name).unlink()
    os.mkfifo(weights.with_name(name))
    with pytest.raises(WeightsError, match=f"{name}: a directory, a pipe or a device"):
        allennlp.read(weights)


@pytest.mark.parametrize(("group", "key"), [("lstm", "n_layers"), ("char_cnn", "max_characters_per_token")])
def test_options_that_no_model_has_are_refused_at_once(group: str, key: str, weights: Path):
    path = weights.with_name("options.json")
    options = json.loads(path.read_text())
    options[group][key] = 10**9
    path.write_text(json.dumps(options))
    with pytest.raises(WeightsError, match="options.json: .* = 1000000000: must be at most"):
        allennlp.read(weights)


def test_settings_of_tables_are_refused_where_there_is_none(weights: Path):
    with pytest.raises(WeightsError, match="unknown = 'zeros': is for tables of words; give the embedding"):
        allennlp.read(weights, unknown="zeros")
    with pytest.raises(WeightsError, match="has no table of words for words.txt; give the embedding too"):
        allennlp.read(weights, vocab="words.txt")


@pytest.mark.parametrize(
    "options",
    [
        {"lstm": 5},
        [1],
        {"lstm": {"use_skip_connections": False}},
        {"lstm": {"dim": 5}},
        {"lstm": {"n_layers": 10**9}},
        {"char_cnn": {"activation": "tanh"}},
    ],
    ids=str,
)
def test_options_of_another_model_are_not_written(options: object, weights: Path, tmp_path: Path):
    model, meta, _ = allennlp.read(weights)
    published = meta["source"]["options"]
    if isinstance(options, dict):
        options = {
            key: {**published[key], **options.get(key, {})} if isinstance(options.get(key, {}), dict) else options[key]
            for key in published
        }
    allennlp.write(tmp_path / "out", model, {"source": {**meta["source"], "options": options, "cell_level": 5}})
    assert_same_model(allennlp.read(tmp_path / "out").model, model)
    assert json.loads((tmp_path / "out" / "options.json").read_text()) == published


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 10**9), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_hdf5_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, place: int, byte: int, cut: bool):
    folder = tmp_path_factory.mktemp("fuzz")
    allennlp.write(folder, random_table_model(), {})
    path = folder / "weights.hdf5"
    whole = path.read_bytes()
    place %= len(whole)
    path.write_bytes(whole[:place] if cut else whole[:place] + bytes([byte]) + whole[place + 1 :])
    before = contents(folder)
    try:
        allennlp.read(path)
    except WeightsError as error:
        assert {character for character in str(error) if not character.isprintable()} <= {"\t", "\n"}  # noqa: PT017
    assert contents(folder) == before
