"""NumPy: an array a shard, which `numpy.load` maps, and beside it lines of JSON that say what its rows are."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..embedder import Row
from ..settings import Settings


def check() -> None:
    """Need nothing."""


def write(stage: Path, name: str, rows: Iterable[Row], settings: Settings) -> None:
    """Write the vectors of all rows one below the other: (rows, width), or (rows, layers, width) of all layers.

    A line of the index has "id", "text", "words" and "rows": the first of the array, and the one behind the last. It
    has "annotations" as of `Row`, where they are known.
    """
    parts = []
    with open(stage / f"{name}.jsonl", "w", encoding="utf8", newline="\n") as index:
        start = 0
        for row in rows:
            part = row.vectors if row.layers is None else np.moveaxis(row.layers, 0, -2)
            parts.append(part if settings.unit == "words" else part[None])
            end = start + len(parts[-1])
            line: dict[str, Any] = {"id": row.id, "text": row.text, "words": row.words, "rows": [start, end]}
            line |= {"annotations": row.annotations} if row.annotations else {}
            index.write(json.dumps(line, ensure_ascii=False) + "\n")
            start = end
    data = io.BytesIO()  # NumPy itself does not say why a disk refuses
    np.save(data, np.concatenate(parts))
    (stage / f"{name}.npy").write_bytes(data.getbuffer())
