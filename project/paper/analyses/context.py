"""One word with and without its context: how much of a sentence its sense needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import spacy

from spacy_elmo.embedding import embed
from spacy_elmo.search.accuracy import Accuracy, example_set, neighbor_accuracy
from spacy_elmo.senses import LabeledUse, find_use, group_by_sense, read_labeled

from .rows import Row, Rows, describe_inputs, describe_model

WINDOWS = (0, 1, 2, 4, 8, None)


def measure_context(
    model: str,
    *,
    examples: Path | None = None,
    windows: Sequence[int | None] = WINDOWS,
    lang: str = "en",
    rows: Rows | None = None,
) -> list[Row]:
    """Return how often the nearest other use of a word has its sense, by how many words around it the model reads.

    Args:
        model: Name or path of weights.
        examples: A file of labeled uses; the ten words of the package if None.
        windows: Words on either side; 0 for the word alone, None for the whole sentence.
        lang: Language of the tokenizer.
        rows: Where rows are kept; nowhere if None.

    Returns:
        For each window and each layer a row: "window", "vectors" ("layer 0", ...), "share" of the uses, a mean over
        words, and its "interval" of 95%.

    Raises:
        ValueError: The examples cannot be read, or a word has less than two senses.
        WeightsError: The weights cannot be loaded.
    """
    uses = example_set() if examples is None else read_labeled(examples)
    inputs = {"inputs": "the ten words of the package"} if examples is None else describe_inputs(examples)
    key = {"analysis": "context", **describe_model(model), **inputs, "lang": lang}
    words = group_by_sense(uses, str(examples or "the examples"), smallest=2)
    groups = [list(chain.from_iterable(senses.values())) for senses in words.values()]
    rows = rows or Rows()
    found = []
    for window in windows:
        found += rows.get({**key, "window": window}, partial(_measure, model, groups, window, lang))
    return found


def _measure(model: str, groups: Sequence[Sequence[LabeledUse]], window: int | None, lang: str) -> Iterator[Row]:
    nlp = spacy.blank(lang)
    sentences, places = [], []
    for use in chain.from_iterable(groups):
        doc = nlp.make_doc(use.sentence)
        place = find_use(doc, use).i
        start = 0 if window is None else max(0, place - window)
        sentences.append([token.text for token in doc[start : None if window is None else place + window + 1]])
        places.append(place - start)
    uses = (found.vectors[:, place] for found, place in zip(embed(sentences, model=model, layers="all"), places))
    vectors = np.stack(list(uses), axis=1)
    ends = np.cumsum([len(group) for group in groups])
    for layer, of_layer in enumerate(vectors):
        parts = zip(np.split(of_layer, ends[:-1]), groups)
        shares = [neighbor_accuracy(part, [use.sense for use in group]) for part, group in parts]
        accuracy = Accuracy(shares, list(map(len, groups)))
        yield {"vectors": f"layer {layer}", "share": accuracy.mean, "interval": accuracy.interval}
