"""What the vectors know of a word's part of speech: a linear probe on frozen features, the same for all systems."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import NamedTuple

from spacy_elmo.probing import Probe, Tagged
from spacy_elmo.probing.corpus import find_task, read_corpus, select
from spacy_elmo.probing.probe import ALL

from .measure import start
from .systems import SYSTEMS, make_docs

DATA, TREEBANK = "SPACY_ELMO_DATA", "tagging/ud_english_ewt"
N_TRAIN, N_DEV = 4000, 1000  # sentences


class Probed(NamedTuple):
    """Shares of dev words that get their tag: of all, and of those that the training sentences do not have."""

    all: float
    unseen: float


def find_treebank(given: Path | None, folder: Path) -> Path | None:
    """Return the folder of a treebank, or None where there is none.

    Args:
        given: The folder, or None for the one of the data that `SPACY_ELMO_DATA` names.
        folder: Where that is unpacked.

    Raises:
        SystemExit: For a folder without a file for training and one for testing.
    """
    archive = Path(os.environ.get(DATA, ""), "archives", TREEBANK.replace("/", "-") + ".tar.xz")
    if given is None and archive.is_file():
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
        given = folder / TREEBANK
    if given is not None and not all([*given.glob(f"*{split}.conllu")] for split in ("train", "dev")):
        raise SystemExit(f"--treebank: {given} has no files *train.conllu and *dev.conllu")
    return given


def read_tagged(treebank: Path, split: str, n_sentences: int) -> Tagged:
    """Return the first sentences of a split of a treebank, with the language's own tags (XPOS) where it has them."""
    (path,) = treebank.glob(f"*{split}.conllu")
    corpus = read_corpus(path, n_sentences)
    return select(corpus, find_task(corpus, str(path)), str(path))


def probe(key: str, folder: Path, train: Tagged, dev: Tagged, threads: int) -> Probed:
    """Probe a system in this process: all its layers, side by side.

    Args:
        key: One of `SYSTEMS`.
        folder: Where it was written.
        train: What the probe learns from.
        dev: What it is tested on.
        threads: Of torch and of tokenizers.
    """
    start(key, threads)
    system = SYSTEMS[key].load(folder)
    linear = Probe(train, dev)
    ((_, right),) = linear.read(system.layers(make_docs(system, linear.words)), [ALL])
    return Probed(float(right.mean()), float(right[linear.unseen].mean()))
