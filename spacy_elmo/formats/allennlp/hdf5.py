"""HDF5 files as plain mappings from dataset names to arrays, with errors that name file and dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...util.files import WeightsError, check_file
from ..foreign import explain_file
from ..pretrained import check_room

SUFFIXES = (".hdf5", ".h5")
SIGNATURE = b"\x89HDF\r\n\x1a\n"  # with which every HDF5 file begins
DEEPEST, MOST = 8, 10_000  # levels of groups that are looked into, and names that a file may have
PACKED = 1000  # bytes that one byte of a compressed dataset may stand for
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
        _check_stored(dataset, name, self.path)
        try:
            with np.errstate(over="ignore"):  # what is too large becomes infinite and is refused below
                values = dataset[()].astype("float32")
        except MemoryError as error:
            raise WeightsError(f"{self.path}: dataset {name} does not fit into memory; free some of it") from error
        except UNREADABLE as error:
            raise WeightsError(f"{self.path}: dataset {name} is broken ({error}); copy or download it again") from error
        if not np.isfinite(values).all():
            raise WeightsError(f"{self.path}: dataset {name} has NaN or infinite values; use weights that are finite")
        return values


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins as an HDF5 file does."""
    if not path.is_file():  # a pipe would wait for a writer
        return False
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
    check_file(path, missing="give the path of an HDF5 weights file")
    foreign = None if is_hdf5(path) else explain_file(path)
    if foreign is not None:
        raise WeightsError(f"{path}: {foreign}")
    h5py = import_h5py(path)
    try:
        file = h5py.File(path, "r")
    except UNREADABLE as error:
        raise WeightsError(f"{path}: not a whole HDF5 file ({error}); copy or download it again") from error
    with file:
        try:
            found = dict(_datasets(file, path, iter(range(MOST))))
        except WeightsError:
            raise
        except UNREADABLE as error:
            raise WeightsError(f"{path}: datasets cannot be listed ({error}); copy or download it again") from error
        yield Datasets(path, found)


def _datasets(group: Any, path: Path, left: Iterator[int], *, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield name and object of all datasets but those in depths where no weights are. Links are not followed."""
    h5py = import_h5py(path)
    too_many = WeightsError(f"{path}: more than {MOST:,} names in it; it is no file of weights")
    if len(group) > MOST:
        raise too_many
    for name in group:
        if next(left, None) is None:  # a group may contain itself
            raise too_many
        if isinstance(name, bytes):
            raise WeightsError(f"{path}: the name of a dataset, {name!r:.100}, is not UTF-8; it is no file of weights")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset):
            yield prefix + name, item
        elif isinstance(item, h5py.Group) and prefix.count("/") < DEEPEST:
            yield from _datasets(item, path, left, prefix=f"{prefix}{name}/")


def _check_stored(dataset: Any, name: str, path: Path) -> None:
    """Refuse a dataset whose numbers are not in its file, and one that is made to fill the memory."""
    if dataset.external or dataset.is_virtual:
        raise WeightsError(f"{path}: dataset {name} lies in another file; put its numbers into this one")
    if dataset.nbytes > PACKED * dataset.id.get_storage_size():
        raise WeightsError(f"{path}: dataset {name} has numbers that were never written; copy or download it again")
    check_room(dataset.nbytes + 4 * dataset.size, source=f"{path}: dataset {name}")


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

