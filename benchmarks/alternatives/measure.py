"""Speed, memory and time to load of one system, in a process of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

import torch

from ..children import memory, peak_memory
from ..text import Sentences, count_words
from .systems import SYSTEMS, System, make_docs

BATCH_SIZES = (8, 16, 32, 64, 128, 256)


class Measured(NamedTuple):
    """What one process measured.

    Attributes:
        batches: Words a second in batches.
        single: Words a second, one sentence at a time.
        added: MB at the peak, over a process that has imported spaCy and torch.
        load: Seconds until the first sentence had its vectors, with the imports that no other system needs.
    """

    batches: float
    single: float
    added: float
    load: float


def find_best_batch(key: str, folder: Path, sentences: Sentences, threads: int) -> int:
    """Return the number of sentences with which a system is fastest."""
    start(key, threads)
    system = SYSTEMS[key].load(folder)
    words_per_second(system, sentences, BATCH_SIZES[-1])
    return max(BATCH_SIZES, key=lambda size: words_per_second(system, sentences, size))


def measure(
    key: str, folder: Path, sentences: Sentences, singles: Sentences, batch_size: int, threads: int
) -> Measured:
    """Measure a system in this process, which has done nothing else.

    Args:
        key: One of `SYSTEMS`.
        folder: Where it was written.
        sentences: What is computed in batches, twice; the second time counts.
        singles: What is computed one sentence at a time.
        batch_size: Sentences of a batch.
        threads: Of torch and of tokenizers.
    """
    start(key, threads)
    before, began = memory("VmRSS"), time.perf_counter()
    system = SYSTEMS[key].load(folder)
    system.run(make_docs(system, singles[:1]), 1)
    load = time.perf_counter() - began
    words_per_second(system, sentences, batch_size)
    batches = words_per_second(system, sentences, batch_size)
    added = peak_memory() - before
    return Measured(batches, words_per_second(system, singles, 1), added, load)


def start(key: str, threads: int) -> None:
    """Make this process that of a system."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": str(threads), **SYSTEMS[key].environment}
    torch.set_num_threads(threads)


def words_per_second(system: System, sentences: Sentences, batch_size: int) -> float:
    """Return the speed on new Docs, which are made before."""
    docs = make_docs(system, sentences)
    calls = [docs] if batch_size > 1 else [[doc] for doc in docs]
    began = time.perf_counter()
    for call in calls:
        system.run(call, batch_size)
    return count_words(sentences) / (time.perf_counter() - began)
