"""Checkpoints of TensorFlow, which bilm-tf trains into, as datasets under their published names; without TensorFlow.

`PREFIX.index` is a sorted table as LevelDB has them: blocks of entries, whose keys share the start of the one before,
an index block with the place of each, and at the end the place of that. Values are protocol buffers: of the empty key,
a header; of a variable's name, its type, shape, and place in `PREFIX.data-00000-of-00001`, which has bare numbers.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...util.files import WeightsError, check_file, file_in, read_text
from ..pretrained import check_room
from .hdf5 import Datasets

INDEX, LATEST = ".index", "checkpoint"  # the latter says which of several is the last
LARGEST_INDEX, LONGEST_NAME = 2**24, 1000  # bytes, far beyond any model
FOOTER, MAGIC = 48, 0xDB4775248B80FB57
TRAILER = 5  # bytes of a block's kind of compression, and its checksum
FLOAT = 1  # as types are numbered
PUBLISHED = (  # parts of variables' names, and of the names of published datasets
    (r"^lm/", ""),
    (r"/rnn/", "/RNN/"),
    (r"/multi_rnn_cell/cell_(\d+)/", r"/MultiRNNCell/Cell\1/"),
    (r"/lstm_cell/projection/kernel$", "/LSTMCell/W_P_0"),
    (r"/lstm_cell/kernel$", "/LSTMCell/W_0"),
    (r"/lstm_cell/bias$", "/LSTMCell/B"),
)
OF_OPTIMIZER = re.compile(r"/(Adagrad|Adam|Momentum|RMSProp)(_\d+)?$")

Values = dict[int, list[int | bytes]]


class Place(NamedTuple):
    """Where a variable is: its type and shape, the number of its file, and the bytes from the file's start."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    is_cut: bool


class Checkpoint(Datasets):
    """The variables of a model.

    Args:
        path: The index.
        found: Their places, by the names of published datasets.
        n_shards: Number of files with numbers.
    """

    def __init__(self, path: Path, found: dict[str, Place], n_shards: int):
        super().__init__(path, found)
        self.n_shards = n_shards
        self.unread = {name for name in found if not name.startswith("softmax/")}  # which the head may read

    def read(self, name: str, shape: tuple[int, ...], option: str) -> np.ndarray:
        if name not in self.found:
            raise WeightsError(f"{self.path}: the variable {name} is missing; {option} asks for it")
        self.unread.discard(name)
        place = self.found[name]
        if place.shape != shape:
            problem = f"the variable {name} has shape {place.shape}; by {option} it must be {shape}"
            raise WeightsError(f"{self.path}: {problem}; use the options and vocabulary of these weights")
        if place.dtype != FLOAT or place.is_cut or place.size != 4 * prod(shape):
            raise WeightsError(f"{self.path}: the variable {name} is not of whole float32 numbers; use other weights")
        prefix = self.path.name.removesuffix(INDEX)
        data = file_in(self.path.parent, f"{prefix}.data-{place.shard:05d}-of-{self.n_shards:05d}")
        check_file(data, missing="copy it from where the index was")
        if place.offset + place.size > data.stat().st_size:
            raise WeightsError(f"{data}: ends before the variable {name}; copy or download it again")
        check_room(place.size, source=data)
        values = np.fromfile(data, "<f4", prod(shape), offset=place.offset).reshape(shape).astype("float32", copy=False)
        if not np.isfinite(values).all():
            raise WeightsError(f"{data}: the variable {name} has NaN or infinite values; use weights that are finite")
        return values


def last_index(folder: Path, indexes: list[Path]) -> list[Path]:
    """Return the index that a folder's `checkpoint` calls the last; all of them where it names none."""
    with suppress(WeightsError):
        named = re.match(r'model_checkpoint_path: "([^"\n]*)"', read_text(file_in(folder, LATEST)))
        name = re.split(r"[\\/]", named[1])[-1] + INDEX if named else ""
        return [path for path in indexes if path.name == name] or indexes
    return indexes


@contextmanager
def open_checkpoint(path: Path) -> Iterator[Checkpoint]:
    """Open a checkpoint by its index.

    Raises:
        WeightsError: Where the index is missing, cut off, or not one of a checkpoint that is read here.
    """
    check_file(path, missing="give the path of the index of a checkpoint")
    if path.stat().st_size > LARGEST_INDEX:
        raise WeightsError(f"{path}: longer than {LARGEST_INDEX:,} bytes; it is no index of a checkpoint")
    data = path.read_bytes()
    try:
        found = {key.decode("utf8"): _fields(value) for key, value in _read_table(data)}
        header = found.pop("")
        if _number(header, 2):
            raise ValueError("numbers in the other order of bytes")
        places = {_published(name): _place(fields) for name, fields in found.items() if _is_of_model(name)}
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        problem = f"not the whole index of a TensorFlow checkpoint ({error})"
        remedy = "copy or download it again, or let bilm-tf's `bin/dump_weights.py` write HDF5 of it"
        raise WeightsError(f"{path}: {problem}; {remedy}") from error
    yield Checkpoint(path, places, _number(header, 1))


def _is_of_model(name: str) -> bool:
    return name.startswith("lm/") and not OF_OPTIMIZER.search(name)


def _published(name: str) -> str:
    for pattern, replacement in PUBLISHED:
        name = re.sub(pattern, replacement, name)
    return name


def _place(fields: Values) -> Place:
    """Return what a `BundleEntryProto` says."""
    sizes = [_number(_fields(size), 1) for shape in fields.get(2, []) for size in _fields(shape).get(2, [])]
    dtype, shard, offset, size = (_number(fields, key) for key in (1, 3, 4, 5))
    return Place(dtype, tuple(sizes), shard, offset, size, is_cut=7 in fields)


def _read_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values of a table."""
    if len(data) < FOOTER or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise ValueError("its end is not that of a table")
    _, _, place = _block_place(data, len(data) - FOOTER)  # of another index, which has no entries
    offset, size, _ = _block_place(data, place)
    end = 0
    for _, value in _read_block(data, offset, size):
        first, size, _ = _block_place(value, 0)
        if first < end:
            raise ValueError("its blocks overlap")
        end = first + size
        yield from _read_block(data, first, size)


def _block_place(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the offset and the size of a block, and where they end."""
    offset, at = _varint(data, at)
    size, at = _varint(data, at)
    return offset, size, at


def _read_block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    block = data[offset : offset + size + TRAILER]
    if len(block) != size + TRAILER:
        raise ValueError("a block is cut off")
    if block[size]:
        raise ValueError("it is compressed, which those of bilm-tf are not")
    (n_restarts,) = struct.unpack("<I", block[size - 4 : size])
    at, end, key = 0, size - 4 * (n_restarts + 1), b""
    while at < end:
        shared, at = _varint(block, at)
        n_key, at = _varint(block, at)
        n_value, at = _varint(block, at)
        if shared > len(key) or shared + n_key > LONGEST_NAME or at + n_key + n_value > end:
            raise ValueError("an entry is longer than its block, or no name is so long")
        key = key[:shared] + block[at : at + n_key]
        at += n_key + n_value
        yield key, block[at - n_value : at]


def _fields(message: int | bytes) -> Values:
    """Return the values of a protocol buffer by the numbers of its fields."""
    if not isinstance(message, bytes):
        raise TypeError("a number where a message is needed")
    fields: Values = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(message, at)
        else:
            size, at = _varint(message, at) if tag & 7 == 2 else ({1: 8, 5: 4}[tag & 7], at)
            value, at = message[at : at + size], at + size
        if at > len(message):
            raise ValueError("a message is cut off")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _number(fields: Values, key: int) -> int:
    value = fields.get(key, [0])[-1]
    if not isinstance(value, int):
        raise TypeError("bytes where a number is needed")
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number, seven bits a byte, and where it ends."""
    number = 0
    for i in range(10):
        number |= (data[at + i] & 127) << 7 * i
        if data[at + i] < 128:
            return number, at + i + 1
    raise ValueError("a number of too many bytes")
