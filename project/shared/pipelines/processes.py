"""Processes that train and score: Python with a log, a share of the cores, and its peak memory.

On Linux they are forks of one that has loaded what all of them need, which a small run spends much of its time on. Not
so where there is a GPU: spaCy looks for it when it is loaded, and CUDA cannot be used in forks of what has used it.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any

import spacy
import torch

import spacy_elmo
from project.shared.arguments import StepError
from spacy_elmo.models.load import load_model

from . import measured

LAST = 15  # lines of a log that an error shows
LOADED = ["spacy.cli", "torch", "spacy_elmo.pipeline.factory", "spacy_elmo.layers.tok2vec", measured.__name__]
LOADED.append("torch.fx.experimental.symbolic_shapes")  # which the first backward pass loads otherwise

_environment = Lock()


class RunError(StepError):
    """A training or an evaluation that failed; the message ends with what it printed last."""


def run_python(arguments: list[object], *, log: Path, threads: int, name: str) -> float | None:
    """Run Python, and return its peak memory in MB.

    Args:
        arguments: `-m MODULE`, a script or `-c CODE`, and what it is called with. Modules of `project` are found.
        log: A file that what it prints is added to.
        threads: How many it may use.
        name: What the run is called in messages.

    Returns:
        The memory, None where the system does not tell it.

    Raises:
        RunError: Where it fails.
    """
    peak, command = log.with_name("peak.txt"), list(map(str, arguments))
    process = _process(threads, (command, str(log), str(peak), threads))
    process.start()
    process.join()
    if process.exitcode:
        last = log.read_text(encoding="utf8", errors="replace").splitlines()[-LAST:]
        raise RunError("\n".join([f"{name}: failed; the end of {log}:", *last]))
    found = peak.read_text(encoding="utf8")
    peak.unlink()
    return float(found) if found else None


def _process(threads: int, arguments: tuple[object, ...]) -> BaseProcess:
    """Return a process that calls `measured.run`."""
    if sys.platform != "linux" or torch.cuda.is_available():
        return multiprocessing.get_context("spawn").Process(target=measured.run, args=arguments)
    _start_server(threads)
    return multiprocessing.get_context("forkserver").Process(target=measured.run, args=arguments)


@cache
def _start_server(threads: int) -> None:
    """Start what processes are forks of, if there is none yet. Its libraries have so many threads."""
    from multiprocessing import forkserver

    multiprocessing.get_context("forkserver").set_forkserver_preload(LOADED)
    with _environment:
        before = os.environ.get("OMP_NUM_THREADS")
        os.environ["OMP_NUM_THREADS"] = str(threads)
        try:
            forkserver.ensure_running()
        finally:
            if before is None:
                del os.environ["OMP_NUM_THREADS"]
            else:
                os.environ["OMP_NUM_THREADS"] = before


def share_threads(jobs: int, threads: int = 0) -> int:
    """Return how many threads each of several runs may use.

    Args:
        jobs: Runs at a time.
        threads: Of all, 0 for as many as OMP_NUM_THREADS says, or as there are cores.
    """
    with _environment:
        given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, (threads or (int(given) if given.isdecimal() else 0) or os.cpu_count() or 1) // jobs)


def weights_digest(pretrained: str) -> str:
    """Return a digest of the weights of a biLM, of whatever format. Raises WeightsError where there are none."""
    return load_model(pretrained, with_head=False).model.digest()


def circumstances() -> dict[str, Any]:
    """Return versions and machine, for the line of a run."""
    return {
        "versions": {"spacy": spacy.__version__, "spacy-elmo": spacy_elmo.__version__, "torch": torch.__version__},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
