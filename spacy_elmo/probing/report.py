"""What probes of models find, model by model and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..embedding import embed
from ..util.checks import check_choice, check_size
from ..util.types import Bools1d, Floats1d
from .corpus import Task, find_task, read_corpus, select, split_corpus
from .probe import Probe, Score

DEV_PART = 4  # for so many sentences to learn from, one is tested


@dataclass(frozen=True)
class Counts:
    """What is learned from, or tested.

    Attributes:
        sentences: How many sentences.
        words: How many of their words have a tag.
    """

    sentences: int
    words: int


@dataclass(frozen=True)
class ProbeReport:
    """What probes of models find.

    Attributes:
        task: Which tags.
        tags: How many of them are learned.
        train: What is learned from.
        dev: What is tested.
        unseen: Words that are tested and that are not among those to learn from.
        unknown: Words that are tested whose tag is not learned: they count as wrong.
        guesses: Scores without a model.
        models: For each model and each kind of vectors ("0", ..., "average", "all") its score.
        differences: For each model but the first, its scores less those of the first: by how much it is better.
    """

    task: str
    tags: int
    train: Counts
    dev: Counts
    unseen: int
    unknown: int
    guesses: dict[str, Score]
    models: dict[str, dict[str, Score]]
    differences: dict[str, dict[str, Score]]

    def to_dict(self) -> dict[str, Any]:
        """Return all figures by name."""
        nested = {name: getattr(self, name) for name in ("models", "differences")}
        return {
            "task": self.task,
            "tags": self.tags,
            "train": vars(self.train),
            "dev": {**vars(self.dev), "unseen": self.unseen, "unknown": self.unknown},
            "guesses": _named(self.guesses),
            **{name: {model: _named(scores) for model, scores in value.items()} for name, value in nested.items()},
        }


def probe_models(
    models: Sequence[str | Path],
    corpus: str | Path,
    dev: str | Path | None = None,
    *,
    task: Task | None = None,
    layers: Sequence[str] | None = None,
    limit: int = 4000,
    seed: int = 0,
    progress: bool = False,
) -> ProbeReport:
    """Probe models: learn tags from the vectors of words by a logistic regression, and test it on other sentences.

    The same input gives the same figures, on the same machine to the last bit.

    Args:
        models: Names, model directories or published weights. They are compared with the first.
        corpus: A file of CoNLL-U, or Docs as `spacy convert` writes them.
        dev: Another, to be tested. None to hold out a fifth of the sentences of `corpus`.
        task: "xpos", "upos", "feats", "deprel" or "ner". None for the first of these that the corpus has tags for.
        layers: What to probe: numbers of layers, "average" for their mean, "all" for all of them side by side. None for
            each of these.
        limit: Sentences to learn from, at most; a quarter as many are tested. The first of each file are taken.
        seed: Of which sentences are held out.
        progress: Whether to show how far it is, where there is a terminal.

    Raises:
        WeightsError: A model cannot be loaded.
        CorpusError: A file cannot be read, has no tags of the task, or has too few sentences.
        ValueError: There is only one tag, or a model has not the layers.
    """
    check_size("limit", limit)
    check_choice("task", task, Task | None)
    n_dev = max(limit // DEV_PART, 1)
    sentences = read_corpus(corpus, limit if dev is not None else limit + n_dev)
    task = task or find_task(sentences, str(corpus))
    if dev is None:
        sentences, others = split_corpus(sentences, str(corpus), seed)
    else:
        others = read_corpus(dev, n_dev)
    probe = Probe(select(sentences, task, str(corpus)), select(others, task, str(dev or corpus)))
    names = list(dict.fromkeys(map(str, models)))
    vectors = [embed(probe.words, model=name, layers="all") for name in names]  # each is loaded before one computes
    hidden = None if progress else True
    rights: dict[str, dict[str, Bools1d]] = {}
    for name, embedded in zip(names, vectors):
        bar = tqdm(embedded, f"Vectors of {name}", len(probe.words), leave=False, disable=hidden)
        kinds = probe.read((sentence.vectors for sentence in bar), layers, source=name)
        rights[name] = dict(tqdm(kinds, f"Probes of {name}", leave=False, disable=hidden))
    first = rights[names[0]]
    more = {
        name: {kind: rights[name][kind] * 1.0 - right for kind, right in first.items() if kind in rights[name]}
        for name in names[1:]
    }
    return ProbeReport(
        task=task,
        tags=len(probe.tags),
        train=Counts(len(sentences), len(probe.targets)),
        dev=Counts(len(others), len(probe.gold)),
        unseen=int(probe.unseen.sum()),
        unknown=int((probe.gold < 0).sum()),
        guesses=_scores(probe, probe.guess()),
        models={name: _scores(probe, found) for name, found in rights.items()},
        differences={name: _scores(probe, found) for name, found in more.items()},
    )


def _scores(probe: Probe, found: Mapping[str, Floats1d]) -> dict[str, Score]:
    return {name: probe.score(right) for name, right in found.items()}


def _named(scores: dict[str, Score]) -> dict[str, Any]:
    return {
        name: {"words": score.words._asdict(), "unseen": score.unseen._asdict() if score.unseen else None}
        for name, score in scores.items()
    }
