"""One system in a process of its own: its speed and its peak memory, alone on the machine's quiet or busy cores."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from spacy_elmo.util.batches import batch_by_size

from . import systems
from .text import Sentences, count_words

T = TypeVar("T")


class Measured(NamedTuple):
    """Speed and memory of a system.

    Attributes:
        words_per_second: Of the second run, so that buffers and caches are there.
        added: MB at the peak, over what the process had before the weights were loaded.
        peak: MB at the peak, in all.
    """

    words_per_second: float
    added: float
    peak: float


def measure(name: str, directory: Path, sentences: Sentences, *, yardstick: str | None, stream: int = 0) -> Measured:
    """Run a system twice in a new process.

    Args:
        name: A name of `systems`.
        directory: Weights in the published format.
        sentences: The text.
        yardstick: Where the system of that name comes from, see `systems.build`.
        stream: Words of a call, about; vectors are dropped after each. 0 for one call.
    """
    return in_child(_measure, name, directory, sentences, yardstick, stream)


def in_child(function: Callable[..., T], *arguments: Any) -> T:
    """Return what a function of a module returns in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


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
    return memory("VmHWM")


def memory(field: str) -> float:
    """Return MB, as Linux counts the pages of this process, mapped files included.

    Args:
        field: "VmRSS" for now, "VmHWM" for the peak.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def _spin() -> None:
    while True:
        sum(range(100_000))


def _measure(name: str, directory: Path, sentences: Sentences, yardstick: str | None, stream: int) -> Measured:
    before = memory("VmRSS")
    system = systems.build(name, directory, yardstick)
    options = {"batch_size": 64} if name in systems.BATCHED else {}
    calls = list(batch_by_size(sentences, stream)) if stream else [sentences]
    _seconds(system, calls, options)  # fills buffers and caches
    seconds = _seconds(system, calls, options)
    peak = peak_memory()
    return Measured(count_words(sentences) / seconds, peak - before, peak)


def _seconds(system: systems.System, calls: list[Sentences], options: dict[str, int]) -> float:
    """Return the seconds that all calls take together."""
    start = time.perf_counter()
    for call in calls:
        system.run(call, **options)
    return time.perf_counter() - start
