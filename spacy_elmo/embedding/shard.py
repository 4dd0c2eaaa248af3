"""One shard: its records become files, all of them or none, and then a note that it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from ..util.staging import staged
from .embedder import Embedder, Row
from .job import Job
from .outputs import OUTPUTS


class ShardWorker:
    """Does shards of a job, any of them in any order, in any process that sees the folder.

    Args:
        folder: The folder of the job.
        threads: How many threads compute; None leaves the number as it is.
    """

    def __init__(self, folder: str | os.PathLike[str], threads: int | None = None):
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        self.job = Job(Path(folder))
        self.output = OUTPUTS[self.job.settings.format]
        self.embedder = Embedder(self.job.settings, weigh=self.job.weigh())

    def __call__(self, number: int) -> int:
        """Do a shard, from its text to its note, and return its number."""
        shard = self.job.shards[number]
        names = [f"{shard.name}{suffix}" for suffix in self.output.suffixes]
        records = self.job.records(shard)
        rows = words = 0

        def counted() -> Iterator[Any]:
            nonlocal rows, words
            for row in self.embedder.docs(records) if self.output.of_docs else self.embedder.rows(records):
                rows, words = rows + 1, words + count_words(row)
                yield row

        with staged(self.job.folder, names) as stage:
            self.output.write(stage, shard.name, counted(), self.job.settings)
        self.job.finish(shard, [self.job.folder / name for name in names], rows=rows, words=words)
        return number


def do_shard(number: int, folder: str, threads: int = 1) -> int:
    """Do a shard of a job, for engines that call functions. The process keeps its model for the next one.

    Args:
        number: Which shard.
        folder: The folder of the job.
        threads: How many threads compute.

    Returns:
        The number.
    """
    return _worker(folder, threads)(number)


@lru_cache(maxsize=1)
def _worker(folder: str, threads: int) -> ShardWorker:
    return ShardWorker(folder, threads)


def count_words(row: Row | Doc) -> int:
    """Return how many words a row or a Doc has, whitespace left out."""
    return len(row.words) if isinstance(row, Row) else sum(not token.is_space for token in row)
