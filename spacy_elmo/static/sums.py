"""The vectors of the words of a shard, added up word by word."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import srsly

from ..embedding.embedder import Embedder
from ..embedding.job import Job

ROWS = "rows.msgpack"  # in the folder of a job: the row of each word that is wanted


class Sums(NamedTuple):
    """What a shard adds.

    Attributes:
        rows: (words,), each word of the shard that is wanted, once.
        counts: (words,), how often it is there.
        sums: (words, width), float64.
    """

    rows: np.ndarray
    counts: np.ndarray
    sums: np.ndarray


class Total:
    """What all shards add up to, added in their order.

    Args:
        n_words: How many words are wanted.
    """

    def __init__(self, n_words: int):
        self.counts = np.zeros(n_words, dtype="int64")
        self.sums: np.ndarray | None = None

    def add(self, part: Sums) -> None:
        """Add a shard."""
        if self.sums is None:
            self.sums = np.zeros((len(self.counts), part.sums.shape[1]))
        self.counts[part.rows] += part.counts
        self.sums[part.rows] += part.sums

    def means(self) -> np.ndarray:
        """Return (words, width), float32."""
        assert self.sums is not None
        return (self.sums / self.counts[:, None]).astype("float32")


class Summer:
    """Adds up the vectors of shards.

    Args:
        folder: The folder of a job, with `ROWS` in it.
        threads: How many threads compute; None leaves the number as it is.
    """

    def __init__(self, folder: Path, threads: int | None = None):
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        self.job = Job(folder)
        self.row_of: dict[str, int] = srsly.read_msgpack(folder / ROWS)
        self.embedder = Embedder(self.job.settings)

    def __call__(self, number: int) -> Sums:
        """Return the sums of a shard. They depend on nothing but its text."""
        shape = max(self.row_of.values()) + 1, self.embedder.pipe.shim.config.width
        counts, sums = np.zeros(shape[0], dtype="int64"), np.zeros(shape)
        for unit in self.embedder.rows(self.job.records(self.job.shards[number])):
            rows = np.array([self.row_of.get(word, -1) for word in unit.words], dtype="int64")
            wanted = rows >= 0
            np.add.at(counts, rows[wanted], 1)
            np.add.at(sums, rows[wanted], unit.vectors[wanted])
        found = np.flatnonzero(counts)
        return Sums(found, counts[found], sums[found])


def sum_shard(number: int, *, folder: Path, threads: int) -> Sums:
    """Return the sums of a shard, for processes, which keep their model for the next one."""
    return _summer(folder, threads)(number)


@lru_cache(maxsize=1)
def _summer(folder: Path, threads: int) -> Summer:
    return Summer(folder, threads)
