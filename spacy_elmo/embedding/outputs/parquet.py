"""Parquet: a table a shard, which pandas, polars, DuckDB and Hugging Face datasets read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...util.batches import batch_by_size
from ..embedder import Row
from ..settings import Settings

ROW_GROUP = 2**22  # bytes of vectors, which stay in the cache of the processor until they are written


def check() -> None:
    """Raise ImportError where what this needs is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ImportError('Parquet needs pyarrow: pip install "spacy-elmo[parquet]"') from error


def write(stage: Path, name: str, rows: Iterable[Row], settings: Settings) -> None:
    """Write the columns id, text, words, vectors and, where they are asked for, layers."""
    import pyarrow as pa
    from pyarrow import parquet

    numbers: Any = pa.float16() if settings.dtype == "float16" else pa.float32()
    vectors = pa.list_(pa.list_(numbers)) if settings.unit == "words" else pa.list_(numbers)
    columns = {"id": pa.string(), "text": pa.string(), "words": pa.list_(pa.string()), "vectors": vectors}
    if settings.layers.all:
        columns["layers"] = pa.list_(vectors)
    schema = pa.schema(columns, {f"spacy-elmo.{key}": str(value) for key, value in settings.describe().items()})
    path = stage / f"{name}.parquet"
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False, write_statistics=False) as file:
        for group in batch_by_size(rows, ROW_GROUP, get_size=_size):
            arrays: list[Any] = [pa.array([row[i] for row in group], kind) for i, kind in enumerate(schema.types[:3])]
            arrays.append(_lists([row.vectors for row in group], pa))
            if settings.layers.all:
                arrays.append(_lists([row.layers for row in group if row.layers is not None], pa))
            file.write_table(pa.table(arrays, schema=schema))


def _size(row: Row) -> int:
    return row.vectors.nbytes + (0 if row.layers is None else row.layers.nbytes)


def _lists(arrays: Sequence[np.ndarray], pa: Any) -> Any:
    """Return arrays, which differ at most in the length of their last axis but one, as nested lists."""
    numbers = np.concatenate([array.reshape(-1) for array in arrays])
    values = pa.array(numbers)
    for axis in range(arrays[0].ndim - 1, -1, -1):
        lengths = np.concatenate([np.full(int(np.prod(array.shape[:axis])), array.shape[axis]) for array in arrays])
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype("int32")
        values = pa.ListArray.from_arrays(pa.array(offsets), values)
    return values
