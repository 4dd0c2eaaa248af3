"""Compare what can be made of the layers, without training, to tell the senses of words apart.

python -m benchmarks.senses --text FILE [--model NAME]

The ways are sorted by the ten words of the package, on which one is chosen; the figures of the twenty words of
`neutral.tsv` beside them say how good it is. Components that all vectors share are estimated on the text.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import spacy
from spacy.language import Language
from wasabi import table

from spacy_elmo.search.accuracy import centroid_accuracy, example_set, neighbor_accuracy
from spacy_elmo.search.senses import TIE
from spacy_elmo.senses import LabeledUse, WordSenses, find_use, group_by_sense, read_labeled
from spacy_elmo.util.types import Floats1d, Floats2d, Floats3d

from ..text import read_sentences

NEUTRAL = Path(__file__).parent / "neutral.tsv"
SENTENCES = 1000  # of the text
Feature = Callable[[Floats3d, int], Floats1d]  # of (layers, words, width) and the place of a word


def layer(number: int) -> Feature:
    """Return the feature that is one layer of the word."""
    return lambda layers, i: layers[number, i]


def mean(*numbers: int) -> Feature:
    """Return the feature that is the mean of layers of the word."""
    return lambda layers, i: layers[list(numbers), i].mean(axis=0)


def joined(*numbers: int) -> Feature:
    """Return the feature that is layers of the word, side by side."""
    return lambda layers, i: layers[list(numbers), i].ravel()


def half(number: int, direction: int) -> Feature:
    """Return the feature that is one direction of a layer: 0 has read what is before the word, 1 what is behind it."""
    return lambda layers, i: np.split(layers[number, i], 2)[direction]


def around(number: int, size: int) -> Feature:
    """Return the feature that is the mean of a layer over the words around, the word itself left out."""

    def get(layers: Floats3d, i: int) -> Floats1d:
        near = [j for j in range(max(0, i - size), min(layers.shape[1], i + size + 1)) if j != i]
        return layers[number, near].mean(axis=0) if near else np.zeros_like(layers[number, i])

    return get


def expected(number: int) -> Feature:
    """Return the feature of what is expected at the place: the forward half before it, the backward one behind."""

    def get(layers: Floats3d, i: int) -> Floats1d:
        forward, backward = np.split(layers[number], 2, axis=1)
        nothing = np.zeros_like(forward[0])
        return np.concatenate([forward[i - 1] if i else nothing, backward[i + 1] if i + 1 < len(backward) else nothing])

    return get


def both(left: Feature, right: Feature) -> Feature:
    """Return two features side by side, each as long as 1."""
    return lambda layers, i: np.concatenate([_unit(left(layers, i)), _unit(right(layers, i))])


FEATURES: dict[str, Feature] = {
    "layer 0": layer(0),
    "layer 1": layer(1),
    "layer 2": layer(2),
    "average 0-2": mean(0, 1, 2),
    "average 1-2": mean(1, 2),
    "joined 1-2": joined(1, 2),
    "1 forward": half(1, 0),
    "1 backward": half(1, 1),
    "2 forward": half(2, 0),
    "2 backward": half(2, 1),
    **{f"{number} around {size}": around(number, size) for number in (0, 1, 2) for size in (1, 3, 5, 100)},
    "1 expected": expected(1),
    "2 expected": expected(2),
    **{
        f"average 1-2, {number} around {size}": both(mean(1, 2), around(number, size))
        for number in (0, 1, 2)
        for size in (3, 5, 100)
    },
    "average 1-2, 2 expected": both(mean(1, 2), expected(2)),
    "average 1-2, context": both(mean(1, 2), around(0, 100)),
}
TREATMENTS = ("plain", "mean", "1 component", "3 components", "10 components")


def centered_accuracy(vectors: Floats2d, senses: list[str]) -> float:
    """Return what `centroid_accuracy` does, as seen from the middle of the other uses of the word.

    Were the use itself in that middle, it would give its sense away: it is then opposite those of the other sense.
    """
    found = 0.0
    for i, sense in enumerate(senses):
        others = np.arange(len(senses)) != i
        centered = _center(vectors, vectors[others].mean(axis=0))
        known = WordSenses(centered[others], [other for other, is_other in zip(senses, others) if is_other])
        cosines = known.cosines(centered[i])
        nearest = cosines >= cosines.max() - TIE
        found += nearest[known.names.index(sense)] / nearest.sum()
    return found / len(senses)


METHODS = {"nearest use": neighbor_accuracy, "nearest sense": centroid_accuracy, "centered": centered_accuracy}


class Uses(NamedTuple):
    """The uses of a word: the layers of each sentence, the place of the word in it, and the senses."""

    layers: list[Floats3d]
    places: list[int]
    senses: list[str]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, required=True, help="text of another source, for what all vectors share")
    parser.add_argument("--model", default="en_elmo_sm")
    args = parser.parse_args()
    nlp = spacy.blank("en")
    nlp.add_pipe("elmo", config={"pretrained": args.model})
    text = [" ".join(words) for words in islice(read_sentences([args.text]), SENTENCES)]
    other = [doc._.elmo_layers for doc in nlp.pipe(text)]
    sets = [list(read_uses(nlp, uses)) for uses in (example_set(), read_labeled(NEUTRAL))]
    rows = list(compare(sets, other))
    rows.sort(key=lambda row: -row[3])
    shown = [(*names, f"{ten:.1%}", f"{twenty:.1%}") for *names, ten, twenty in rows]
    print(table(shown, header=("Vectors", "Without", "By", "Ten words", "Twenty"), divider=True))


def read_uses(nlp: Language, uses: list[LabeledUse]) -> Iterator[Uses]:
    """Yield the uses of each word."""
    for groups in group_by_sense(uses, "uses").values():
        known = [use for group in groups.values() for use in group]
        docs = list(nlp.pipe(use.sentence for use in known))
        places = [find_use(doc, use).i for doc, use in zip(docs, known)]
        yield Uses([doc._.elmo_layers for doc in docs], places, [use.sense for use in known])


def compare(sets: list[list[Uses]], other: list[Floats3d]) -> Iterator[tuple]:
    """Yield the names of each way, and the accuracy in each set of words."""
    for (name, feature), treatment in product(FEATURES.items(), TREATMENTS):
        treat = make_treatment(treatment, feature, other)
        found = [
            [(treat(np.stack([*map(feature, word.layers, word.places)])), word.senses) for word in words]
            for words in sets
        ]
        for method, accuracy in METHODS.items():
            yield name, treatment, method, *(float(np.mean([accuracy(*word) for word in words])) for words in found)


def make_treatment(name: str, feature: Feature, other: list[Floats3d]) -> Callable[[Floats2d], Floats2d]:
    """Return what takes away what vectors have in common, by an estimate on other text."""
    if name == "plain":
        return lambda vectors: vectors
    sample = np.stack([feature(layers, i) for layers in other for i in range(0, layers.shape[1], 3)])
    shared = sample.mean(axis=0)
    if name == "mean":
        return lambda vectors: _center(vectors, shared)
    n_components = int(name.split()[0])
    directions = np.linalg.eigh(np.cov(sample.T))[1][:, -n_components:].astype("float32")

    def treat(vectors: Floats2d) -> Floats2d:
        centered = _center(vectors, shared)
        return centered - centered @ directions @ directions.T

    return treat


def _center(vectors: Floats2d, middle: Floats1d) -> Floats2d:
    """Take a vector away; of vectors that are all the same, nothing is left but zeros."""
    centered = vectors - middle
    centered[np.linalg.norm(centered, axis=1) < 1e-4 * np.linalg.norm(middle)] = 0
    return centered


def _unit(vector: Floats1d) -> Floats1d:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


if __name__ == "__main__":
    main()
