"""Processes that train and score: Python with a log, a share of the cores, and its peak memory."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import spacy
import torch

import spacy_elmo
from project.shared.arguments import StepError
from spacy_elmo.models.load import find_model

REPOSITORY = Path(__file__).parents[3]
LAST = 15  # lines of a log that an error shows


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
    peak = log.with_name("peak.txt")
    paths = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": paths}
    command = [sys.executable, Path(__file__).with_name("measured.py"), peak, *arguments]
    with log.open("a", encoding="utf8") as file:
        done = subprocess.run(list(map(str, command)), stdout=file, stderr=subprocess.STDOUT, env=environment)
    if done.returncode:
        last = log.read_text(encoding="utf8", errors="replace").splitlines()[-LAST:]
        raise RunError("\n".join([f"{name}: failed; the end of {log}:", *last]))
    found = peak.read_text(encoding="utf8")
    peak.unlink()
    return float(found) if found else None


def share_threads(jobs: int, threads: int = 0) -> int:
    """Return how many threads each of several runs may use.

    Args:
        jobs: Runs at a time.
        threads: Of all, 0 for as many as OMP_NUM_THREADS says, or as there are cores.
    """
    given = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, (threads or (int(given) if given.isdecimal() else 0) or os.cpu_count() or 1) // jobs)


def weights_digest(pretrained: str) -> str:
    """Return a digest of weights, by the name or path of a model."""
    found = find_model(pretrained)
    files = sorted(found.glob("*.safetensors")) if found.is_dir() else [found]
    return hashlib.md5(b"".join(path.read_bytes() for path in files)).hexdigest()


def circumstances() -> dict[str, Any]:
    """Return versions and machine, for the line of a run."""
    return {
        "versions": {"spacy": spacy.__version__, "spacy-elmo": spacy_elmo.__version__, "torch": torch.__version__},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
