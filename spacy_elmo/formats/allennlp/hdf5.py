"""HDF5 files as plain mappings from dataset names to arrays, with errors that name file and dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...util.files import WeightsError

SUFFIXES = (".hdf5", ".h5")
SIGNATURE = b"\x89HDF\r\n\x1a\n"  # with which every HDF5 file begins
UNREADABLE = (OSError, RuntimeError, KeyError, ValueError, TypeError)  # what h5py raises where a file is broken


class Datasets:
    """The datasets of an open file.

    Args:
        path: The file, for messages.
        found: Dataset names and h5py's objects.
    """

    def __init__(self, path: Path, found: Mapping[str, Any]):
        self.path = path
        self.found = dict(found)
        self.unread = set(found)

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def read(self, name: str, shape: tuple[int, ...], option: str) -> np.ndarray:
        """Return a dataset as float32.

        Args:
            name: The dataset.
            shape: What it must have.
            option: Where the shape comes from, for messages.

        Raises:
            WeightsError: Where the dataset is missing, of another shape or type, broken, or not finite.
        """
        if name not in self.found:
            raise WeightsError(f"{self.path}: dataset {name} is missing; {option} asks for it")
        self.unread.discard(name)
        dataset = self.found[name]
        if dataset.shape != shape:
            problem = f"dataset {name} has shape {dataset.shape}; by {option} it must be {shape}"
            raise WeightsError(f"{self.path}: {problem}; use the options and vocabulary of these weights")
        if dataset.dtype.kind != "f":
            raise WeightsError(f"{self.path}: dataset {name} is of type {dataset.dtype}; it must be floating point")
        try:
            with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused below
                values = dataset[()].astype("float32")
        except UNREADABLE as error:
            raise WeightsError(f"{self.path}: dataset {name} is broken ({error}); copy or download it again") from error
        if not np.isfinite(values).all():
            raise WeightsError(f"{self.path}: dataset {name} has NaN or infinite values; use weights that are finite")
        return values


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as an HDF5 file does."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


@contextmanager
def open_datasets(path: Path) -> Iterator[Datasets]:
    """Open a file for reading.

    Raises:
        WeightsError: Where the file is missing, not HDF5 or cut short, or h5py is missing.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; give the path of an HDF5 weights file")
    h5py = import_h5py(path)
    found: dict[str, Any] = {}
    try:
        file = h5py.File(path, "r")
    except UNREADABLE as error:
        raise WeightsError(f"{path}: not a whole HDF5 file ({error}); copy or download it again") from error
    with file:
        try:
            file.visititems(lambda name, item: found.update({name: item} if isinstance(item, h5py.Dataset) else {}))
        except UNREADABLE as error:
            raise WeightsError(f"{path}: datasets cannot be listed ({error}); copy or download it again") from error
        yield Datasets(path, found)


def write_datasets(path: Path, arrays: Iterable[tuple[str, np.ndarray]]) -> None:
    """Write a new file.

    Raises:
        OSError: Where the system refuses.
    """
    h5py = import_h5py(path)
    buffer = BytesIO()  # where a disk is full, HDF5 itself never lets go of a file
    with h5py.File(buffer, "w") as file:
        for name, values in arrays:
            file[name] = values
    path.write_bytes(buffer.getbuffer())


def import_h5py(path: Path) -> ModuleType:
    """Return h5py.

    Raises:
        WeightsError: Where it is missing; the message names what needs it, and how to get it.
    """
    try:
        import h5py
    except ImportError as error:
        raise WeightsError(f'{path}: HDF5 files need h5py: pip install "spacy-elmo[hdf5]"') from error
    return h5py

