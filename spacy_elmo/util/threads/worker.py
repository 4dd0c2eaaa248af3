"""Threads that do jobs, for callers who may be interrupted at any moment.

Python's own threads, executors, events and conditions take locks in Python code. Where KeyboardInterrupt comes between
two lines of it, the lock stays taken and the next call waits for ever. Here every lock is taken and left by C code.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any


class Worker:
    """A thread that does jobs in the order in which they are given, until it is told to end or the process ends."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        _thread.start_new_thread(_work, (self._jobs,))

    def give(self, job: _Job) -> None:
        self._jobs.put(job)

    def end(self) -> None:
        """Let the thread end when it has done what it was given."""
        self._jobs.put(None)


def run_jobs(workers: Sequence[Worker], functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call functions at once, one in each worker, and return their results.

    All have ended when this returns, and also when it raises: what the first of them raised, or what interrupted the
    waiting, such as KeyboardInterrupt.
    """
    jobs = [_Job(function) for function in functions]
    try:
        for worker, job in zip(workers, jobs):
            worker.give(job)
        for job in jobs:
            job.wait()
    except BaseException:
        _finish(workers)
        raise
    return [job.result() for job in jobs]


def _finish(workers: Sequence[Worker]) -> None:
    """Wait until workers have done all that they were given, and only then raise what interrupts the waiting."""
    try:
        for worker in workers:
            last = _Job(int)  # a worker has one thread: this comes after all others
            worker.give(last)
            last.wait()
    except BaseException:
        _finish(workers)
        raise


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        job.do()
        del job  # which holds on to arrays


class _Job:
    def __init__(self, function: Callable[[], Any]):
        self._function = function
        self._result: Any = None
        self._error: BaseException | None = None
        self._has_ended = False
        self._going_on = _thread.allocate_lock()  # taken until the job has ended
        self._going_on.acquire()

    def do(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error
        self._has_ended = True
        self._going_on.release()

    def wait(self) -> None:
        while not self._has_ended:
            with self._going_on:
                pass

    def result(self) -> Any:
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
            return self._result
        finally:
            del error  # whose traceback names this frame
