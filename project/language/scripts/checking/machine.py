"""Whether memory, disk and tools will do, before anything is computed."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from packaging.version import Version

from spacy_elmo.pretraining.loop.memory import check_memory, program_bytes, softmax_bytes
from spacy_elmo.util.checks import available_bytes

from .findings import Findings

VOCABULARY, WIDTH = 50_000, 128  # of the pretraining, at most about
# Bytes of memory of the training of a pipeline, and for each annotated word, with its layers: 0.75 GB with the 59,000
# words of French Sequoia, 2.2 GB with the 236,000 of BC5CDR
TRAINING, TRAINING_A_WORD = 400_000_000, 8_000
BYTES_A_WORD = 8  # of a file with a word and the tag of its entity a line
TIMES = 4  # of the text: its cleaned form twice while it is divided, its words as numbers, and what tells files apart
SETUPTOOLS = "70.1"  # the first that makes wheels by itself
MODELS = 1_000_000_000  # bytes of models, checkpoints, pipelines and wheels


def check_machine(root: Path, text_bytes: int, n_words: int, jobs: int, findings: Findings) -> None:
    """Say what is needed and what there is; too little memory is a warning, too little disk an error.

    Args:
        root: Of the project.
        text_bytes: Of raw text.
        n_words: That are annotated.
        jobs: Trainings at a time.
        findings: What was found.
    """
    softmax = softmax_bytes(VOCABULARY, WIDTH, candidates=8192, rows=2048, slots=3)
    needed = max(program_bytes(VOCABULARY) + softmax, jobs * (TRAINING + TRAINING_A_WORD * n_words))
    try:
        findings.infos.append(check_memory({"the largest step": needed}, available_bytes()))
    except ValueError as error:
        findings.warnings.append(
            f"{str(error).partition(';')[0]}, which this machine does not have free; set jobs to 1"
        )
    disk = TIMES * text_bytes + MODELS
    free = shutil.disk_usage(root).free
    line = f"disk: about {disk / 1e9:.1f} GB ({TIMES} times the text, and models); {free / 1e9:.1f} GB are free"
    if free < disk:
        findings.errors.append(f"{line}; make room, or give less text")
    else:
        findings.infos.append(line)


def check_tools(findings: Findings) -> None:
    """Say what is missing that the step `package` needs, long after all else."""
    if not find_spec("pip"):
        findings.errors.append("pip: this Python lacks it, and wheels need it; run python -m ensurepip")
    if not find_spec("ensurepip"):
        findings.errors.append("ensurepip: this Python cannot make environments; install python3-venv of the system")
    try:
        setuptools = version("setuptools")
    except PackageNotFoundError:
        setuptools = "0"
    if Version(setuptools) < Version(SETUPTOOLS):
        findings.errors.append(
            f"setuptools: wheels need {SETUPTOOLS} or newer, and here it is {setuptools}; "
            "run pip install --upgrade setuptools"
        )
