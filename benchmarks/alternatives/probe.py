"""What the vectors know of a word's part of speech: a linear probe on frozen features, the same for all systems."""

from __future__ import annotations

import itertools
import os
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from spacy.training.converters import conllu_to_docs
from torch import Tensor

from ..text import Sentences
from .measure import start
from .systems import SYSTEMS, System, make_docs

DATA, TREEBANK = "SPACY_ELMO_DATA", "tagging/ud_english_ewt"
N_TRAIN, N_DEV = 4000, 1000  # sentences
EPOCHS, BATCH_WORDS, RATE = 10, 256, 1e-3


class Tagged(NamedTuple):
    """Sentences of words, and the language's own tag (XPOS) of each word, in order."""

    words: Sentences
    tags: list[str]


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
    """Return the first sentences of a split of a treebank."""
    (path,) = treebank.glob(f"*{split}.conllu")
    parts = path.read_text(encoding="utf8").split("\n\n")
    docs = [*conllu_to_docs("\n\n".join(parts[:n_sentences]), n_sents=1, no_print=True)]
    return Tagged([[token.text for token in doc] for doc in docs], [token.tag_ for doc in docs for token in doc])


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
    names = {tag: i for i, tag in enumerate(sorted({*train.tags, *dev.tags}))}
    targets, gold = (torch.tensor([names[tag] for tag in part.tags]) for part in (train, dev))
    found = predict(_features(system, train.words), targets, _features(system, dev.words), len(names))
    seen = {word for sentence in train.words for word in sentence}
    unseen = torch.tensor([word not in seen for word in itertools.chain(*dev.words)])
    right = (found == gold).float()
    return Probed(float(right.mean()), float(right[unseen].mean()))


def predict(features: Tensor, targets: Tensor, others: Tensor, n_classes: int) -> Tensor:
    """Return the classes of other features, by a logistic regression on standardized features.

    Args:
        features: (words, width).
        targets: (words,), the class of each.
        others: (other words, width), to be classified.
        n_classes: The number of classes.
    """
    generator = torch.Generator().manual_seed(0)
    std, mean = torch.std_mean(features, dim=0)
    features, others = ((part - mean) / std.clamp(min=1e-6) for part in (features, others))
    weight = torch.zeros(n_classes, features.shape[1], requires_grad=True)
    bias = torch.zeros(n_classes, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=EPOCHS)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(features), generator=generator).split(BATCH_WORDS):
            optimizer.zero_grad()
            F.cross_entropy(F.linear(features[part], weight, bias), targets[part]).backward()
            optimizer.step()
        schedule.step()
    with torch.inference_mode():
        return F.linear(others, weight, bias).argmax(1)


def _features(system: System, sentences: Sentences) -> Tensor:
    """Return (words, layers * width)."""
    layers = system.layers(make_docs(system, sentences))
    return torch.from_numpy(np.concatenate([part.transpose(1, 0, 2).reshape(part.shape[1], -1) for part in layers]))
