"""Two tasks side by side, one Python thread each: torch works without Python's lock.

Two threads that never wait for each other are as fast as two inside each product, and keep their speed where other
processes take turns on the cores. A thread that PyTorch starts takes its number of threads from the process, so the
workers' own number is set once, in them, and the caller's stays what it is.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache, partial, wraps
from typing import Any, ParamSpec, TypeVar

import torch

from .worker import Worker, run_jobs

P = ParamSpec("P")
R = TypeVar("R")
CPU = torch.device("cpu")

_lock = threading.Lock()
_workers: dict[int, list[Worker]] = {}  # two by the number of torch's threads in each
_forked = False


def run_both(task: Callable[[int], None], *, device: torch.device = CPU) -> None:
    """Call task(0) and task(1) without gradients, at once on a CPU where torch has two threads or more, and on a GPU.

    Both tasks have ended when this returns, and also when it raises: what a task raised, or what interrupted the
    waiting, such as KeyboardInterrupt.

    Args:
        task: Called with the number of the task.
        device: Where it computes.
    """
    if device.type == "cuda":
        _run_streams(task, device)
        return
    threads = available_threads()
    if threads == 1 or device.type != "cpu" or sys.is_finalizing():
        for number in range(2):
            _without_gradients(task, number)
        return
    run_jobs(_live_workers(threads // 2), [partial(_without_gradients, task, number) for number in range(2)])


def _run_streams(task: Callable[[int], None], device: torch.device) -> None:
    """Let a GPU compute the second task beside the first, in a stream of its own."""
    with torch.cuda.device(device):
        here, beside = torch.cuda.current_stream(), _stream(torch.cuda.current_device())
        beside.wait_stream(here)
        try:
            with torch.cuda.stream(beside):
                _without_gradients(task, 1)
            _without_gradients(task, 0)
        finally:
            here.wait_stream(beside)


@cache
def _stream(device: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


def available_threads() -> int:
    """Return the caller's number of threads. After a fork it is one: OpenMP hangs if it needs the parent's others."""
    if _forked and torch.get_num_threads() > 1:
        torch.set_num_threads(1)
    return torch.get_num_threads()


def inference_mode() -> AbstractContextManager[None]:
    """Return `torch.inference_mode()`, which no interruption leaves on.

    PyTorch's class enters and leaves the mode in lines of Python, and KeyboardInterrupt may come between two of them.
    What it stands on is C code alone, and puts back all of the caller's mode, that of `torch.no_grad` within it too.
    """
    mode: AbstractContextManager[None] = getattr(torch._C, "_InferenceMode", torch.inference_mode)(True)
    return mode


def _without_gradients(task: Callable[[int], None], number: int) -> None:
    with inference_mode():
        task(number)


def _live_workers(threads: int) -> list[Worker]:
    """Return two live workers, each with that number of torch's threads."""
    with _lock:
        if threads not in _workers:
            _in_new_thread(partial(_start_workers, threads))  # where no interruption comes
        return _workers[threads]


def _start_workers(threads: int) -> None:
    before = torch.get_num_threads()
    try:
        workers = [Worker() for _ in range(2)]
        run_jobs(workers, [partial(_set_threads, threads)] * 2)
    finally:
        torch.set_num_threads(before)  # what new threads start with
    _workers[threads] = workers


def _set_threads(threads: int) -> None:
    torch.get_num_threads()  # a thread's first use takes over the process's number: let that be now
    torch.set_num_threads(threads)


def _in_new_thread(function: Callable[[], Any]) -> Any:
    worker = Worker()
    try:
        return run_jobs([worker], [function])[0]
    finally:
        worker.end()


def without_settings(*, inference_mode: bool) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for functions that autocast, default devices, inference mode and a fork must not change.

    These settings belong to a thread. Where one of them is made, the function runs in a thread of its own. The default
    type belongs to the whole process: the function must not depend on it.

    Args:
        inference_mode: Whether inference mode counts as a setting to get away from.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            available_threads()
            if not (_has_settings() or (inference_mode and torch.is_inference_mode_enabled())):
                return function(*args, **kwargs)
            result: R = _in_new_thread(partial(function, *args, **kwargs))
            return result

        return call

    return decorate


def _has_settings() -> bool:
    return torch.is_autocast_enabled("cpu") or torch.get_default_device().type != "cpu"


def _after_fork() -> None:
    """Start afresh: the parent's threads do not live here, and one of them may have held the lock."""
    global _lock, _forked
    _lock = threading.Lock()
    _workers.clear()
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
