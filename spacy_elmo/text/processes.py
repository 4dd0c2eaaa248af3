"""Processes that work for another one: they leave Ctrl-C to it, and end with it."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread, current_thread, main_thread
from typing import TypeVar

from .readers import CorpusError

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    work: Callable[[Item], Result], items: Iterable[Item], n_process: int, *, doing: str
) -> Iterator[Result]:
    """Yield results in the order of the items. Only a few items are read ahead, and no process starts for none.

    Args:
        work: What processes do with an item each.
        items: What is to be done.
        n_process: How many processes.
        doing: What a process does, for the message.

    Raises:
        CorpusError: A process was lost.
    """
    context = get_context("spawn")  # a fork may copy a lock that is held
    pool = ProcessPoolExecutor(n_process, mp_context=context, initializer=start_process)
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            with without_interrupts():  # which the processes that start here inherit
                pending.append(pool.submit(work, item))
            if len(pending) > 2 * n_process:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        remedy = 'take n_process = 1; in a script of yours, call it below `if __name__ == "__main__":`'
        raise CorpusError(f"a process that {doing} was lost ({error}); {remedy}") from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C, in the main thread, which is the only one that may. Processes that start here inherit that."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) or signal.SIG_DFL
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_process() -> None:
    """Leave Ctrl-C to the main process, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
