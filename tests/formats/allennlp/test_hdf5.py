from pathlib import Path

import h5py
import numpy as np
import pytest

from spacy_elmo.formats import WeightsError, allennlp
from spacy_elmo.formats.allennlp.hdf5 import SIGNATURE, is_hdf5, open_datasets, write_datasets
from tests.support.random_models import random_model

VALUES = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_datasets(tmp_path / "weights.hdf5", [("a", VALUES), ("deep/er/b", VALUES[0])])
    return tmp_path / "weights.hdf5"


def read(path: Path, name: str = "a", shape: tuple[int, ...] = (2, 3)) -> np.ndarray:
    with open_datasets(path) as datasets:
        return datasets.read(name, shape, "lstm.dim")


def test_arrays_come_back_bit_for_bit_under_their_names(path: Path):
    assert read(path).tobytes() == VALUES.tobytes()
    assert read(path, "deep/er/b", (3,)).tobytes() == VALUES[0].tobytes()


def test_datasets_are_in_it_and_groups_are_not(path: Path):
    with open_datasets(path) as datasets:
        assert [name in datasets for name in ("a", "deep/er/b", "deep", "deep/er", "b")] == [True, True, *[False] * 3]


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4"])
def test_floats_of_any_precision_and_order_are_read_as_float32(path: Path, dtype: str):
    write_datasets(path, [("a", VALUES.astype(dtype))])
    found = read(path)
    assert found.dtype == np.float32
    assert np.array_equal(found, VALUES.astype(dtype).astype("float32"))


def test_what_was_asked_for_is_no_longer_unread(path: Path):
    with open_datasets(path) as datasets:
        assert datasets.unread == {"a", "deep/er/b"}
        datasets.read("a", (2, 3), "lstm.dim")
        assert datasets.unread == {"deep/er/b"}
        with pytest.raises(WeightsError, match="shape"):
            datasets.read("deep/er/b", (4,), "lstm.dim")
        assert datasets.unread == set()
        assert "a" in datasets


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (VALUES.T, r"shape \(3, 2\); by lstm.dim it must be \(2, 3\); use the options and vocabulary of these"),
        (np.float32(1), r"shape \(\); by lstm.dim it must be \(2, 3\)"),
        (np.zeros((2, 3), "int32"), "is of type int32; it must be floating point"),
        (np.zeros((2, 3), "S2"), r"is of type \|S2; it must be floating point"),
        (np.zeros((2, 3), "complex64"), "is of type complex64; it must be floating point"),
        (np.where(VALUES == 1, np.nan, VALUES), "has NaN or infinite values; use weights that are finite"),
        (np.where(VALUES == 1, -np.inf, VALUES), "has NaN or infinite values"),
        (np.full((2, 3), 1e300), "has NaN or infinite values"),
    ],
)
def test_a_dataset_that_cannot_be_used_is_named(path: Path, values: np.ndarray, message: str):
    write_datasets(path, [("a", values)])
    with pytest.raises(WeightsError, match=rf"weights.hdf5: dataset a (has )?{message}"):
        read(path)


def test_a_missing_dataset_is_named_with_what_asks_for_it(path: Path):
    with pytest.raises(WeightsError, match=r"weights.hdf5: dataset deep is missing; lstm.dim asks for it$"):
        read(path, "deep")


def test_a_broken_dataset_is_named(path: Path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=VALUES, chunks=(2, 3), fletcher32=True)  # with a checksum
    data = path.read_bytes()
    assert VALUES.tobytes() in data
    path.write_bytes(data.replace(VALUES.tobytes(), bytes(VALUES.nbytes)))
    with pytest.raises(WeightsError, match=r"weights.hdf5: dataset a is broken \(.*\); copy or download it again"):
        read(path)


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_named(tmp_path: Path, share: float):
    allennlp.write(tmp_path, random_model(), {})
    path = tmp_path / "weights.hdf5"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(WeightsError, match=r"weights.hdf5: not a whole HDF5 file"):
        allennlp.read(path)


def test_a_text_file_in_place_of_weights_is_named(tmp_path: Path):
    allennlp.write(tmp_path, random_model(), {})
    (tmp_path / "weights.hdf5").write_text("not weights")
    with pytest.raises(WeightsError, match=r"weights.hdf5: not a whole HDF5 file .*signature"):
        allennlp.read(tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(WeightsError, match=r"absent.hdf5: no such file; give the path of an HDF5 weights file"):
        read(tmp_path / "absent.hdf5")


def test_a_file_is_known_by_how_it_begins_whatever_its_name(path: Path):
    assert is_hdf5(path.rename(path.with_name("weights")))


@pytest.mark.parametrize("data", [b"", SIGNATURE[:-1], b" " + SIGNATURE, b"not weights"])
def test_other_files_are_not_taken_for_hdf5(tmp_path: Path, data: bytes):
    (tmp_path / "other.hdf5").write_bytes(data)
    assert not is_hdf5(tmp_path / "other.hdf5")


def test_a_directory_or_nothing_is_no_hdf5(tmp_path: Path):
    assert not is_hdf5(tmp_path)
    assert not is_hdf5(tmp_path / "absent")
