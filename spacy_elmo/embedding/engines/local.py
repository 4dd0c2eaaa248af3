"""Processes of this machine."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ...text.processes import start_process, without_interrupts
from ...text.readers import CorpusError
from ..shard import ShardWorker

MOST_LOSSES = 3  # of processes, at the same shard


def default_processes() -> int:
    """Return how many processes embed unless a number is given: one for two cores, which each has two threads."""
    return max(1, count_cores() // 2)


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_local(folder: Path, numbers: Sequence[int], *, n_process: int) -> Iterator[int]:
    """Do shards, and yield their numbers as they are done. A process that is lost costs its shard, which is done again.

    Args:
        folder: The folder of the job.
        numbers: Which shards.
        n_process: How many processes. One is this process.

    Raises:
        CorpusError: Several processes were lost at the same shard.
    """
    if n_process == 1:
        yield from map(ShardWorker(folder), numbers)
        return
    todo, losses = deque(numbers), Counter[int]()
    threads = max(1, count_cores() // n_process)
    busy: dict[Connection, tuple[_Process, int]] = {}
    alive: set[_Process] = set()

    def give(process: _Process | None = None) -> None:
        process = process or _Process(folder, threads)
        alive.add(process)
        number = todo.popleft()
        busy[process.connection] = process, number
        process.give(number)

    try:
        for _ in range(min(n_process, len(todo))):
            give()
        while busy:
            for connection in wait(list(busy)):
                assert isinstance(connection, Connection)
                process, number = busy.pop(connection)
                try:
                    error = connection.recv()
                except (EOFError, OSError):
                    alive.discard(process)
                    status = process.end()
                    losses[number] += 1
                    if losses[number] == MOST_LOSSES:
                        what = f"{MOST_LOSSES} processes were lost at the same shard ({number}), status {status}"
                        raise CorpusError(f"{what}; is there memory for --n-process {n_process}?") from None
                    todo.appendleft(number)
                    give()
                    continue
                if error is not None:
                    raise error
                yield number
                if todo:
                    give(process)
    finally:
        for process in alive:
            process.end()


class _Process:
    """A process that does shards, one after the other."""

    def __init__(self, folder: Path, threads: int):
        context = get_context("spawn")  # a fork may copy a lock that is held
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, folder, threads), daemon=True)
        with without_interrupts():
            self.process.start()
        theirs.close()

    def give(self, number: int) -> None:
        """Let it do a shard; of one that is dead, this shows where its answer is read."""
        with suppress(OSError):
            self.connection.send(number)

    def end(self) -> int | None:
        """End it, whatever it does, and return its status. What it has not finished is as if it had not begun it."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        return self.process.exitcode


def _work(connection: Connection, folder: Path, threads: int) -> None:
    """Do the shards whose numbers come, and answer with None, or the error."""
    start_process()
    worker = None
    with suppress(EOFError):  # the other process has ended, or ends this one
        while True:
            number = connection.recv()
            try:
                worker = worker or ShardWorker(folder, threads)
                worker(number)
            except Exception as error:
                connection.send(error)
            else:
                connection.send(None)
