import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from spacy_elmo.util.files import WeightsError
from spacy_elmo.util.tensors import load_tensors, save_tensors
from tests.support.random_models import small_disk

DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.bool]
shapes = st.lists(st.integers(0, 3), max_size=3)
tensors = st.builds(
    lambda shape, dtype, seed: torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype),
    shapes,
    st.sampled_from(DTYPES),
    st.integers(0, 9),
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5).filter(lambda name: name != "__metadata__")
SOME = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.safetensors"


@settings(max_examples=60)
@given(st.dictionaries(names, tensors, max_size=3))
def test_any_tensors_come_back_bit_for_bit(given: dict[str, Tensor]):
    with TemporaryDirectory() as folder:
        save_tensors(Path(folder, "x"), given)
        again = load_tensors(Path(folder, "x"))
        assert again.keys() == given.keys()
        for name, tensor in given.items():
            assert again[name].dtype == tensor.dtype
            assert torch.equal(again[name], tensor)


def test_a_file_in_its_place_is_replaced(path: Path):
    save_tensors(path, {"old": torch.ones(100)})
    save_tensors(path, SOME)
    assert load_tensors(path).keys() == SOME.keys()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o027])
def test_the_file_has_the_permissions_of_any_new_file(path: Path, umask: int):
    before = os.umask(umask)
    try:
        save_tensors(path, SOME)
        path.with_name("any").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(path.with_name("any").stat().st_mode) == 0o666 & ~umask


def test_a_missing_file_is_named(path: Path):
    with pytest.raises(WeightsError, match=f"{path.name}: not a whole safetensors file"):
        load_tensors(path)


@pytest.mark.parametrize("end", [0, 4, 8, 30, -1])
def test_a_file_that_was_cut_is_refused(path: Path, end: int):
    save_tensors(path, SOME)
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(WeightsError, match=f"{path.name}: not a whole safetensors file"):
        load_tensors(path)


@given(st.binary(max_size=40), st.integers(0, 100))
def test_no_bytes_lead_to_another_error(data: bytes, start: int):
    with TemporaryDirectory() as folder:
        path = Path(folder, "x")
        save_tensors(path, SOME)
        whole = path.read_bytes()
        path.write_bytes(whole[:start] + data + whole[start + len(data) :])
        found = SOME
        with suppress(WeightsError):
            found = load_tensors(path)
        # Names and types may be others, but all that is in the file is there
        assert sum(tensor.nbytes for tensor in found.values()) == sum(tensor.nbytes for tensor in SOME.values())


def test_a_type_that_torch_does_not_have_is_refused(path: Path):
    save_tensors(path, SOME)
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"F99"'))
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        load_tensors(path)


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path):
    with small_disk(tmp_path / "disk") as disk, pytest.raises(OSError, match="No space left"):
        save_tensors(disk / "x", {"large": torch.ones(10_000)})


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path):
    with pytest.raises(OSError, match="No such file"):
        save_tensors(tmp_path / "none" / "x", SOME)
