"""What is no model, by what people have handed over."""

import gzip
import tarfile
import zipfile
from pathlib import Path

import pytest

from spacy_elmo.formats import WeightsError, explain, load


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("model.hdf5", b"\x89HDF")


def write_tar(path: Path) -> None:
    (path.parent / "weights.th").touch()
    with tarfile.open(path, "w:gz") as file:
        file.add(path.parent / "weights.th", "weights.th")


FILES = {
    "209.zip": (write_zip, "209.zip: a ZIP archive; unpack it, as by `python -m zipfile -e .*209.zip FOLDER`"),
    "weights.hdf5.zip": (write_zip, "a ZIP archive"),
    "model.tar.gz": (write_tar, "a gzip archive; unpack it, as by `python -m tarfile -e"),
    "weights.hdf5": (write_zip, "weights.hdf5: a ZIP archive"),
    "elmo_weights.hdf5": (lambda p: p.write_text("<!DOCTYPE html><html>"), "a web page or XML.*download the file"),
    "lfs.h5": (lambda p: p.write_text("version https://git-lfs.github.com/"), "a Git LFS pointer.*git lfs pull"),
    "weights.th": (write_zip, "a PyTorch program, which are never unpickled"),
    "best.pkl": (lambda p: p.write_bytes(b"\x80\x04\x95"), "a Python pickle, which is never opened"),
    "model.ckpt-935588.meta": (lambda p: p.touch(), "a TensorFlow model; name the `.index` of a checkpoint of bilm-tf"),
    "glove.txt": (lambda p: p.write_text("the 0.1 0.2"), "a text file"),
    "options.json": (lambda p: p.write_text("{}"), "JSON, but no options of an ELMo with its weights beside it"),
    "package.json": (lambda p: p.write_text("[]"), "JSON"),
    "noise": (lambda p: p.write_bytes(gzip.compress(b"x")), "a gzip archive"),
    "anything": (lambda p: p.write_bytes(b"\x07"), "neither a model directory nor HDF5 weights"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_its_bytes_say(name: str, tmp_path: Path):
    write, message = FILES[name]
    write(tmp_path / name)
    with pytest.raises(WeightsError, match=f"(?s){message}"):
        load(tmp_path / name)


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("checkpoints", "a run of `pretrain` that has no model yet; go on with it by --resume"),
        ("pytorch_model.bin", "a transformer"),
        ("notes.txt", "neither a model directory nor HDF5 weights"),
    ],
)
def test_a_folder_is_what_is_in_it(inside: str, what: str, tmp_path: Path):
    (tmp_path / inside).touch()
    assert explain(tmp_path).startswith(what)
