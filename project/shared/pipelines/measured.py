"""What a process of a run does: its command, with a log, its share of the cores, and its peak memory at the end."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import torch
from thinc.api import NumpyOps, get_current_ops, set_current_ops

REPOSITORY = Path(__file__).parents[3]
STATUS = Path("/proc/self/status")


def run(command: Sequence[str], log: str, peak: str, threads: int) -> None:
    """Run Python in this process, which does nothing else, and ends where the one that it works for is killed.

    Args:
        command: `-m MODULE`, a script or `-c CODE`, and what it is called with. Modules of `project` are found.
        log: A file that what it prints is added to.
        peak: A file for its peak memory in MB.
        threads: How many it may use.
    """
    with open(log, "ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = str(threads)
    torch.set_num_threads(threads)
    _multiply_by_numpy()
    if str(REPOSITORY) not in sys.path:
        sys.path.insert(0, str(REPOSITORY))
    try:
        if command[0] == "-m":
            sys.argv = list(command[1:])
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        elif command[0] == "-c":
            exec(command[1], {"__name__": "__main__"})
        else:
            sys.argv = list(command)
            sys.path.insert(0, str(Path(command[0]).parent))
            runpy.run_path(command[0], run_name="__main__")
    finally:
        Path(peak).write_text(peak_memory(), encoding="utf8")


def _multiply_by_numpy() -> None:
    """Let Thinc multiply matrices by numpy, from now on in this thread.

    By itself it takes BLIS, which has slow generic code for CPUs that it does not know. Layers of spaCy then learn at
    half the speed.
    """
    if type(get_current_ops()) is NumpyOps:  # not on a GPU, nor where a Mac has its own
        set_current_ops(NumpyOps(use_blis=False))


def _end_with_parent() -> None:
    """Wait until the process that started this one is gone, and end: nobody would take the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def peak_memory() -> str:
    """Return the most MB that this process has had, as Linux counts; "" elsewhere."""
    lines = STATUS.read_text(encoding="utf8").splitlines() if STATUS.is_file() else []
    return next((str(int(line.split()[1]) / 1024) for line in lines if line.startswith("VmHWM:")), "")
