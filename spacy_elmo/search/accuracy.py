"""How often the vectors of a word in context give its sense away, beside simpler guesses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.language import Language

from ..senses import LabeledUse, WordSenses, find_use, group_by_sense
from ..senses.nearest import unit
from ..util.types import Floats2d
from .examples import EXAMPLES
from .senses import TIE, separation

SAMPLES, SEED = 2000, 0  # of the intervals


@dataclass(frozen=True)
class Accuracy:
    """The share of uses whose sense was found, for each word.

    Attributes:
        shares: (words,), from 0 to 1.
        counts: (words,), how many uses each word has.
    """

    shares: list[float]
    counts: list[int]

    @property
    def mean(self) -> float:
        """The mean over words."""
        return float(np.mean(self.shares))

    @property
    def spread(self) -> float:
        """The standard deviation over words."""
        return float(np.std(self.shares))

    @property
    def interval(self) -> tuple[float, float]:
        """An interval of 95% for the mean: a bootstrap, always the same, over words and over the uses of each."""
        random = np.random.default_rng(SEED)
        chosen = random.integers(len(self.shares), size=(SAMPLES, len(self.shares)))
        counts = np.array(self.counts)[chosen]
        # rounding: a mean of ties may be beyond 1 in its last digit
        found = random.binomial(counts, np.clip(self.shares, 0, 1)[chosen]) / counts
        low, high = np.quantile(found.mean(axis=1), (0.025, 0.975))
        return float(low), float(high)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return {"mean": self.mean, "interval": self.interval, "spread": self.spread, "words": self.shares}


@dataclass(frozen=True)
class SenseReport:
    """How well the vectors of a model tell the senses of words apart.

    Attributes:
        words: The words.
        neighbor: For each kind of vector ("layer 0", ..., "average", "context", which is the mean of layer 0 of the
            other words), how often the nearest other use has the same sense.
        centroid: For each of them, how often the sense of a use is nearest to it that its other uses show.
        chance: What a guess between the senses of a word finds.
        most_frequent: What the most frequent sense of each word finds.
    """

    words: list[str]
    neighbor: dict[str, Accuracy]
    centroid: dict[str, Accuracy]
    chance: float
    most_frequent: float

    @property
    def layers(self) -> list[Accuracy]:
        """For each layer, how often the nearest other use has the same sense."""
        return [accuracy for name, accuracy in self.neighbor.items() if name.startswith("layer ")]

    def to_dict(self) -> dict[str, Any]:
        """Return all figures by name."""
        return {
            "words": {word: [layer.shares[i] for layer in self.layers] for i, word in enumerate(self.words)},
            "mean": [layer.mean for layer in self.layers],
            "neighbor": {name: accuracy.to_dict() for name, accuracy in self.neighbor.items()},
            "centroid": {name: accuracy.to_dict() for name, accuracy in self.centroid.items()},
            "chance": self.chance,
            "most_frequent": self.most_frequent,
        }


def example_set() -> list[LabeledUse]:
    """Return `EXAMPLES` as labeled uses."""
    return [
        LabeledUse(word, sense, sentence, f"{word}, {sense}, {i}")
        for word, senses in EXAMPLES.items()
        for sense, sentences in senses.items()
        for i, sentence in enumerate(sentences, start=1)
    ]


def measure_senses(
    nlp: Language, uses: Iterable[LabeledUse] | None = None, source: str = "the examples"
) -> SenseReport:
    """Measure how well each layer of a model tells the senses of words apart.

    Args:
        nlp: A pipeline with an `elmo` component that stores layers.
        uses: Labeled uses; those of `EXAMPLES` if None.
        source: Where they come from, for messages.

    Raises:
        ValueError: Where a word has less than two senses, a sense less than two uses, or a sentence not its word once.
    """
    words = group_by_sense(example_set() if uses is None else uses, source, smallest=2)
    for use in (use for groups in words.values() for group in groups.values() for use in group):
        find_use(nlp.make_doc(use.sentence), use)  # before the first is computed
    neighbor: dict[str, list[float]] = {}
    centroid: dict[str, list[float]] = {}
    for groups in words.values():
        senses = [sense for sense, group in groups.items() for _ in group]
        for name, vectors in _kinds(nlp, [use for group in groups.values() for use in group]).items():
            neighbor.setdefault(name, []).append(neighbor_accuracy(vectors, senses))
            centroid.setdefault(name, []).append(centroid_accuracy(vectors, senses))
    sizes = [[len(group) for group in groups.values()] for groups in words.values()]
    counts = [sum(size) for size in sizes]
    return SenseReport(
        words=list(words),
        neighbor={name: Accuracy(shares, counts) for name, shares in neighbor.items()},
        centroid={name: Accuracy(shares, counts) for name, shares in centroid.items()},
        chance=float(np.mean([1 / len(size) for size in sizes])),
        most_frequent=float(np.mean([max(size) / sum(size) for size in sizes])),
    )


def _kinds(nlp: Language, uses: Sequence[LabeledUse]) -> dict[str, Floats2d]:
    """Return (uses, width), the vectors of uses of a word, for each kind of vector."""
    layers, contexts = [], []
    for doc, use in zip(nlp.pipe(use.sentence for use in uses), uses):
        token = find_use(doc, use)
        layers.append(token._.elmo_layers)
        contexts.append(doc._.elmo_layers[0].sum(axis=0) - layers[-1][0])
    stacked = np.stack(layers, axis=1)
    named = {f"layer {i}": vectors for i, vectors in enumerate(stacked)}
    return {**named, "average": stacked.mean(axis=0), "context": np.stack(contexts)}


def neighbor_accuracy(vectors: Floats2d, senses: Sequence[str]) -> float:
    """Return the share of uses whose nearest other use, by the cosine, has the same sense; see `separation`.

    Args:
        vectors: (uses, width).
        senses: (uses,), the sense of each.
    """
    units = unit(vectors)
    return separation(units @ units.T, senses)


def centroid_accuracy(vectors: Floats2d, senses: Sequence[str]) -> float:
    """Return the share of uses that are nearest to the mean of the other uses of their sense.

    Where several senses are equally near, each counts for its part.

    Args:
        vectors: (uses, width).
        senses: (uses,), the sense of each. Each has at least two uses.
    """
    found = 0.0
    for i, sense in enumerate(senses):
        others = [j for j in range(len(senses)) if j != i]
        known = WordSenses(vectors[others], [senses[j] for j in others])
        cosines = known.cosines(vectors[i])
        nearest = cosines >= cosines.max() - TIE
        found += nearest[known.names.index(sense)] / nearest.sum()
    return found / len(senses)
