"""Checkpoints as TensorFlow writes them: an index, which is a sorted table of protocol buffers, and bare numbers."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np

from spacy_elmo.formats.allennlp.checkpoint import MAGIC

NAMES = (  # of published datasets, and of TensorFlow's variables
    (r"^", "lm/"),
    (r"/RNN/", "/rnn/"),
    (r"/MultiRNNCell/Cell(\d+)/", r"/multi_rnn_cell/cell_\1/"),
    (r"/LSTMCell/W_P_0$", "/lstm_cell/projection/kernel"),
    (r"/LSTMCell/W_0$", "/lstm_cell/kernel"),
    (r"/LSTMCell/B$", "/lstm_cell/bias"),
)


def variable(dataset: str) -> str:
    """Return the name of the variable of a published dataset."""
    for pattern, name in NAMES:
        dataset = re.sub(pattern, name, dataset)
    return dataset


def write_checkpoint(
    prefix: Path, arrays: dict[str, np.ndarray], *, block: int = 3, compression: int = 0, header: bytes = b"\x08\x01"
) -> Path:
    """Write variables, and return the index.

    Args:
        prefix: What the names of the files begin with.
        arrays: Numbers by the names of variables.
        block: Entries of a block.
        compression: What each block says of its compression.
        header: The value of the empty key.
    """
    data, entries = b"", [(b"", header)]
    for name, values in sorted(arrays.items()):
        numbers = values.tobytes()
        entries.append((name.encode(), describe(values, len(data), len(numbers))))
        data += numbers
    prefix.with_name(f"{prefix.name}.data-00000-of-00001").write_bytes(data)
    table, places = b"", []
    for i in range(0, len(entries), block):
        part = entries[i : i + block]
        written = make_block(part)
        places.append((part[-1][0], varint(len(table)) + varint(len(written))))
        table += written + bytes([compression]) + bytes(4)
    ends = b""
    for written in (make_block([]), make_block(places)):
        ends += varint(len(table)) + varint(len(written))
        table += written + bytes([compression]) + bytes(4)
    path = prefix.with_name(f"{prefix.name}.index")
    path.write_bytes(table + ends.ljust(40, b"\0") + struct.pack("<Q", MAGIC))
    return path


def describe(values: np.ndarray, offset: int, size: int) -> bytes:
    """Return a `BundleEntryProto`."""
    dtype = {"float32": 1, "float64": 2, "int64": 9}[values.dtype.name]
    shape = b"".join(field(2, field(1, n)) for n in values.shape)
    return field(1, dtype) + field(2, shape) + field(4, offset) + field(5, size) + b"\x35" + bytes(4)


def make_block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return entries whose keys share the start of the one before."""
    block, before = b"", b""
    for key, value in entries:
        shared = next((i for i in range(min(len(key), len(before))) if key[i] != before[i]), min(len(key), len(before)))
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return block + struct.pack("<II", 0, 1)


def field(number: int, value: int | bytes) -> bytes:
    """Return a field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number: int) -> bytes:
    """Return a number with seven bits a byte."""
    data = b""
    while number > 127:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])
