import builtins
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from spacy_elmo.formats import WeightsError, allennlp
from spacy_elmo.util.staging import WriteError
from tests.support.random_models import (
    CHARACTERS,
    CONFIG,
    WORDS,
    assert_same_model,
    contents,
    random_head,
    random_model,
    random_table_model,
    read_only,
    small_disk,
)
from tests.support.reference import cell_name, make_options, random_weights, write_files

CELL = cell_name(make_options(), 0, 1)


def _drop(name):
    return lambda weights, options: weights.pop(name)


def _put(name, values):
    return lambda weights, options: weights.update({name: values})


def _option(group, key, value):
    return lambda weights, options: options[group].update({key: value})


def _missing_option(group, key):
    return lambda weights, options: options[group].pop(key)


BAD = {
    "dataset missing": (_drop(f"{CELL}/B"), f"weights.hdf5: dataset {CELL}/B is missing; lstm.n_layers"),
    "direction missing": (
        lambda weights, options: [weights.pop(name) for name in list(weights) if name.startswith("RNN_1")],
        "weights.hdf5: dataset RNN_1/.*/W_0 is missing",
    ),
    "projection missing": (_drop("CNN_proj/W_proj"), "dataset CNN_proj/W_proj is missing"),
    "cell projection missing": (_drop(f"{CELL}/W_P_0"), f"dataset {CELL}/W_P_0 is missing"),
    "no input": (_drop("char_embed"), "has neither dataset char_embed nor embedding"),
    "wrong shape": (
        _put(f"{CELL}/W_P_0", np.zeros((12, 7), "float32")),
        rf"dataset {CELL}/W_P_0 has shape \(12, 7\); by lstm.n_layers, dim, projection_dim it must be \(12, 6\)",
    ),
    "rows of characters": (
        _put("char_embed", np.zeros((262, 4), "float32")),
        r"dataset char_embed has shape \(262, 4\); by char_cnn.embedding.dim it must be \(261, 4\)",
    ),
    "other width": (_option("lstm", "projection_dim", 5), r"by .*projection_dim it must be \(12, 5\)"),
    "other cells": (_option("lstm", "dim", 13), r"dataset RNN_0.* has shape \(12, 48\); by .*dim.* be \(12, 52\)"),
    "other filters": (_option("char_cnn", "filters", [[1, 4], [2, 6], [3, 3]]), r"W_cnn_1 .*filters\[1\] it must be"),
    "more layers": (_option("lstm", "n_layers", 3), "dataset .*Cell2/.* is missing; lstm.n_layers"),
    "fewer layers": (_option("lstm", "n_layers", 1), "datasets .*Cell1.* are beyond what .*options.json describes"),
    "fewer highways": (_option("char_cnn", "n_highway", 0), "datasets CNN_high_0.* check .*char_cnn.n_highway"),
    "more highways": (_option("char_cnn", "n_highway", 2), "dataset CNN_high_1/W_carry is missing; char_cnn.n_highway"),
    "other characters": (_option("char_cnn", "embedding", {"dim": 5}), r"char_embed .*embedding.dim .* \(261, 5\)"),
    "no cells": (lambda weights, options: options.pop("lstm"), "options.json: lstm.n_layers is missing"),
    "group of another kind": (lambda weights, options: options.update(lstm=[1]), "options.json: lstm.n_layers is"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_weights_and_options_are_named(tmp_path, case):
    damage, message = BAD[case]
    options = make_options()
    weights = random_weights(options)
    damage(weights, options)
    path = write_files(tmp_path, weights, options)
    before = contents(tmp_path)
    with pytest.raises(WeightsError, match=message):
        allennlp.read(path)
    assert contents(tmp_path) == before


def write_good(folder: Path) -> Path:
    allennlp.write(folder, random_model(), {})
    return folder / "weights.hdf5"


def test_a_group_in_place_of_a_dataset_is_a_missing_dataset(tmp_path):
    with h5py.File(write_good(tmp_path), "a") as file:
        del file["CNN_proj/b_proj"]
        file.create_group("CNN_proj/b_proj")
    with pytest.raises(WeightsError, match="dataset CNN_proj/b_proj is missing"):
        allennlp.read(tmp_path)


def test_missing_weights_are_named_before_their_options(tmp_path):
    with pytest.raises(WeightsError, match=r"absent.hdf5: no such file"):
        allennlp.read(tmp_path / "absent.hdf5")


def test_missing_options_are_an_error_that_asks_for_them(tmp_path):
    path = write_good(tmp_path)
    (tmp_path / "options.json").unlink()
    with pytest.raises(WeightsError, match=r"weights.hdf5: no options.json beside it; put the options file .* there"):
        allennlp.read(path)
    with pytest.raises(WeightsError, match=r"mine.json: cannot be read \(No such file"):
        allennlp.read(path, options=tmp_path / "mine.json")


@pytest.mark.parametrize(("data", "message"), [("{", "not JSON"), ("[1]", "JSON object is needed")])
def test_options_that_are_no_json_object_are_named(tmp_path, data, message):
    path = write_good(tmp_path)
    (tmp_path / "options.json").write_text(data)
    with pytest.raises(WeightsError, match=rf"options.json: .*{message}"):
        allennlp.read(path)


def test_a_directory_must_hold_one_weights_file(tmp_path):
    with pytest.raises(WeightsError, match="needs one HDF5 weights file, has none"):
        allennlp.read(tmp_path)
    path = write_good(tmp_path)
    (tmp_path / "other_weights.hdf5").write_bytes(path.read_bytes())
    with pytest.raises(WeightsError, match="has other_weights.hdf5, weights.hdf5; give the path"):
        allennlp.read(tmp_path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (WORDS[:-1], r"dataset embedding has shape \(6, 6\); by words.txt, lstm.projection_dim it must be \(5, 6\)"),
        (("a", *WORDS[1:]), r"words.txt: vocabulary: <S> missing"),
        ((), r"dataset embedding has shape \(6, 6\); by words.txt"),
    ],
)
def test_a_vocabulary_that_does_not_fit_the_table_is_named(tmp_path, words, message):
    allennlp.write(tmp_path, random_table_model(), {})
    (tmp_path / "words.txt").write_text("\n".join(words))
    with pytest.raises(WeightsError, match=message):
        allennlp.read(tmp_path)


def test_a_table_without_vocabulary_is_an_error(tmp_path):
    allennlp.write(tmp_path, random_table_model(), {})
    (tmp_path / "words.txt").unlink()
    with pytest.raises(WeightsError, match=r"vocab.txt: cannot be read"):
        allennlp.read(tmp_path)


def test_an_unknown_choice_for_unknown_words_is_an_error(tmp_path):
    allennlp.write(tmp_path, random_table_model(), {})
    with pytest.raises(WeightsError, match="unknown = 'guess': must be one of row, zeros, error"):
        allennlp.read(tmp_path, unknown="guess")


def test_a_head_of_another_vocabulary_is_an_error(tmp_path):
    model = random_model()
    allennlp.write(tmp_path, model, {}, head=random_head(model))
    (tmp_path / "vocab.txt").write_text("<S>\n</S>\n")
    with pytest.raises(WeightsError, match=r"softmax.hdf5: dataset softmax/W has shape \(6, 6\); by vocab.txt"):
        allennlp.read(tmp_path)


def test_without_h5py_an_error_says_how_to_get_it(tmp_path, monkeypatch):
    path, real = write_good(tmp_path), builtins.__import__

    def blocked(name, *args, **kwargs):
        if name == "h5py":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "h5py")
    monkeypatch.setattr(builtins, "__import__", blocked)
    with pytest.raises(WeightsError, match=re.escape('weights.hdf5: HDF5 files need h5py: pip install "spacy-elmo')):
        allennlp.read(path)
    with pytest.raises(WeightsError, match="absent.hdf5: no such file"):
        allennlp.read(tmp_path / "absent.hdf5")
    with pytest.raises(WeightsError, match="need h5py"):
        allennlp.write(tmp_path / "new", random_model(), {})
    assert not (tmp_path / "new").exists()


def test_the_module_is_imported_without_h5py():
    code = "import sys; sys.modules.update(spacy=None, thinc=None); "  # Thinc imports it where it is there
    code += "import spacy_elmo.formats.allennlp; sys.exit('h5py' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("size", ["4k", "16k", "32k", "48k"])
def test_a_full_disk_leaves_nothing_new(tmp_path, size):
    model = random_model()
    with small_disk(tmp_path / "disk", size=size) as disk:
        with pytest.raises(WriteError, match=r"new: cannot be written \(.*\); nothing was changed"):
            allennlp.write(disk / "new", model, {}, head=random_head(model, words=tuple(map(str, range(2000)))))
        assert list(disk.iterdir()) == []


def test_a_full_disk_leaves_the_old_files(tmp_path):
    big = random_model(replace(CONFIG, hidden_size=1000, input=CHARACTERS))
    with small_disk(tmp_path / "disk", size="200k") as disk:
        allennlp.write(disk, random_model(), {})
        before = contents(disk)
        with pytest.raises(WriteError, match="disk: cannot be written"):
            allennlp.write(disk, big, {})
        assert contents(disk) == before
        assert len(list(disk.iterdir())) == len(before)


def test_a_read_only_target_is_named_and_unchanged(tmp_path):
    allennlp.write(tmp_path, random_model(), {})
    before = contents(tmp_path)
    with read_only(tmp_path):
        with pytest.raises(WriteError, match=r"cannot be written \(Read-only file system\)"):
            allennlp.write(tmp_path, random_model(seed=1), {})
        assert_same_model(allennlp.read(tmp_path).model, random_model())
    assert contents(tmp_path) == before
