"""One system in a process of its own: its speed and its peak memory, alone on the machine's quiet or busy cores."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NamedTuple

from . import systems
from .text import Sentences, count_words


class Measured(NamedTuple):
    """words_per_second: of the second run, so that buffers and caches are there. added, peak: MB, over the process
    before the weights were loaded, and in all."""

    words_per_second: float
    added: float
    peak: float


def measure(name: str, directory: Path, sentences: Sentences, *, yardstick: str | None, stream: int = 0) -> Measured:
    """Run a system twice in a new process.

    stream: where above 0, sentences are given in calls of about so many words, and vectors are dropped after each.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, name, directory, sentences, yardstick, stream).result()


@contextmanager
def busy_process() -> Iterator[None]:
    """Keep one core busy from another process."""
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    time.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        process.join()


def peak_memory() -> float:
    """Return the most MB that this process has had."""
    return _memory("VmHWM")


def _spin() -> None:
    while True:
        sum(range(100_000))


def _measure(name: str, directory: Path, sentences: Sentences, yardstick: str | None, stream: int) -> Measured:
    before = _memory("VmRSS")
    system = systems.build(name, directory, yardstick)
    options = {"batch_size": 64} if name in systems.BATCHED else {}
    calls = list(_calls(sentences, stream)) if stream else [sentences]
    for _ in range(2):
        start = time.perf_counter()
        for call in calls:
            system.run(call, **options)
        seconds = time.perf_counter() - start
    peak = peak_memory()
    return Measured(count_words(sentences) / seconds, peak - before, peak)


def _calls(sentences: Sentences, n_words: int) -> Iterator[Sentences]:
    call: Sentences = []
    size = 0
    for sentence in sentences:
        if call and size + len(sentence) > n_words:
            yield call
            call, size = [], 0
        call.append(sentence)
        size += len(sentence)
    yield call


def _memory(field: str) -> float:
    """RETURNS: MB, as Linux counts the pages of this process, mapped files included."""
    lines = Path("/proc/self/status").read_text(encoding="utf8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024
