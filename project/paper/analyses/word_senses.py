"""Senses of words by the nearest one on each layer (paper, table 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from spacy_elmo.embedding import embed
from spacy_elmo.search.senses import TIE
from spacy_elmo.senses.nearest import unit

from ..readers.masc import SenseTag, TaggedSentence, read_senses
from ..readers.wordnet import WordNet
from .rows import Row, Rows, describe_inputs, describe_model

Word = tuple[str, str]  # lemma and part of speech
Right = Callable[[SenseTag], bool]
TEST_PART = 4  # for so many sentences to learn from, one is tested where there is a limit


def tag_senses(
    models: Sequence[str],
    train: Path,
    test: Path,
    wordnet: Path,
    *,
    limit: int | None = None,
    rows: Rows | None = None,
) -> list[Row]:
    """Return the share of words whose sense is found.

    A sense is the mean of the directions of the vectors of its uses in the training sentences. A word has the sense of
    its lemma and part of speech that is nearest to it. Where the training sentences have no sense of them, it has the
    first one of WordNet, as in the paper; so has it in all other rows.

    Args:
        models: Names or paths of weights.
        train: Sentences of MASC to learn from.
        test: Others.
        wordnet: The folder of WordNet's files.
        limit: Sentences to learn from, at most, and a quarter as many to test; None for all.
        rows: Where rows are kept; nowhere if None.

    Returns:
        For each model, and each layer and their average: "vectors", the "share" of all words of the test sentences
        that are tagged, and of those "mapped" to senses of WordNet, with the numbers of "words" and "mapped_words".
        Before them, with "model" None, rows for the most frequent sense and for the first sense of WordNet; the latter
        is right where it is one of those that the word is mapped to, and says nothing of words that are not.

    Raises:
        ValueError: A file cannot be read.
        WeightsError: Weights cannot be loaded.
    """
    rows = rows or Rows()
    files = describe_inputs(train, test, *sorted(wordnet.glob("index.*")))
    key = {"analysis": "word senses", **files, "limit": limit}
    learned = list(islice(_tagged(train), limit))
    tested = list(islice(_tagged(test), None if limit is None else max(1, limit // TEST_PART)))
    senses = _count(learned)
    first = WordNet(wordnet)

    def is_first(tag: SenseTag) -> bool:
        return first.first_sense(tag.lemma, tag.pos) in tag.wordnet

    def guess() -> Iterator[Row]:
        tags = [tag for sentence in tested for tag in sentence.tags]
        frequent = [tag.sense == found[0] if (found := senses.get(_word(tag))) else is_first(tag) for tag in tags]
        yield _row("most frequent sense", tags, frequent)
        yield {**_row("first sense of WordNet", tags, list(map(is_first, tags))), "share": None}

    found = rows.get({**key, "model": None}, guess)
    for model in models:
        found += rows.get(
            {**key, **describe_model(model)},
            partial(_find_nearest, model, learned, tested, senses, is_first),
        )
    return found


def _tagged(path: Path) -> Iterator[TaggedSentence]:
    return (sentence for sentence in read_senses(path) if sentence.tags)


def _word(tag: SenseTag) -> Word:
    return tag.lemma.lower(), tag.pos


def _count(sentences: Sequence[TaggedSentence]) -> dict[Word, list[str]]:
    """Return the senses of each word, the most frequent first."""
    counts: dict[Word, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for tag in sentence.tags:
            counts[_word(tag)][tag.sense] += 1
    return {word: sorted(found, key=lambda sense: (-found[sense], sense)) for word, found in counts.items()}


def _find_nearest(
    model: str,
    learned: Sequence[TaggedSentence],
    tested: Sequence[TaggedSentence],
    senses: dict[Word, list[str]],
    is_first: Right,
) -> Iterator[Row]:
    sums: dict[tuple[Word, str], np.ndarray] = {}
    for tag, vectors in _uses(model, learned):
        name = _word(tag), tag.sense
        sums[name] = sums[name] + vectors if name in sums else vectors
    tags, right = [], []
    for tag, vectors in _uses(model, tested):
        known = senses.get(_word(tag))
        tags.append(tag)
        if known is None:
            right.append(np.full(len(vectors), is_first(tag)))
        else:
            centroids = unit(np.stack([sums[_word(tag), sense] for sense in known], axis=1))
            cosines = np.einsum("lsd,ld->ls", centroids, vectors)
            nearest = (cosines >= cosines.max(axis=1, keepdims=True) - TIE).argmax(axis=1)  # of ties the most frequent
            right.append(nearest == known.index(tag.sense) if tag.sense in known else np.zeros(len(vectors), bool))
    names = [*(f"layer {i}" for i in range(len(right[0]) - 1)), "average"]
    for kind, found in zip(names, np.stack(right, axis=1)):
        yield _row(kind, tags, found.tolist())


def _uses(model: str, sentences: Sequence[TaggedSentence]) -> Iterator[tuple[SenseTag, np.ndarray]]:
    """Yield tagged words, and (layers + 1, width): their vectors and the mean of these, each as long as 1."""
    embedded = embed((sentence.words for sentence in sentences), model=model, layers="all")
    for sentence, found in zip(sentences, embedded):
        for tag in sentence.tags:
            layers = found.vectors[:, tag.place]
            yield tag, unit(np.concatenate([layers, layers.mean(axis=0, keepdims=True)]))


def _row(vectors: str, tags: Sequence[SenseTag], right: Sequence[bool]) -> Row:
    mapped = [found for tag, found in zip(tags, right) if tag.wordnet]
    return {
        "vectors": vectors,
        "share": float(np.mean(right)),
        "words": len(right),
        "mapped": float(np.mean(mapped)) if mapped else None,
        "mapped_words": len(mapped),
    }
