"""Parts of speech that a linear probe reads from each layer (paper, table 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from spacy_elmo.probing import Score, probe_models
from spacy_elmo.probing.corpus import Task

from .rows import Row, Rows, describe_inputs, describe_model


def probe_tags(
    models: Sequence[str],
    corpus: Path,
    dev: Path,
    *,
    task: Task = "xpos",
    limit: int = 4000,
    rows: Rows | None = None,
) -> list[Row]:
    """Return the shares of words whose tag a regression finds.

    Args:
        models: Names or paths of weights.
        corpus: Sentences to learn from.
        dev: Sentences to test on.
        task: Which tags.
        limit: Sentences to learn from, at most; a quarter as many are tested.
        rows: Where rows are kept; nowhere if None.

    Returns:
        For each model a row for each kind of "vectors" ("layer 0", ..., "average", "all", and guesses without a
        model), "share" and "interval" of 95%, "unseen" and "unseen_interval" for words that are not in the corpus.

    Raises:
        ValueError: As of `probe_models`.
        WeightsError: Weights cannot be loaded.
    """
    rows = rows or Rows()
    settings = {"task": task, "limit": limit}
    found = []
    for model in models:
        key = {"analysis": "parts of speech", **describe_model(model), **describe_inputs(corpus, dev), **settings}
        found += rows.get(key, partial(_probe, model, corpus, dev, task, limit))
    return found


def _probe(model: str, corpus: Path, dev: Path, task: Task, limit: int) -> Iterator[Row]:
    report = probe_models([model], corpus, dev, task=task, limit=limit)
    (scores,) = report.models.values()
    yield from _named(report.guesses)
    yield from _named({f"layer {name}" if name.isdecimal() else name: score for name, score in scores.items()})


def _named(scores: Mapping[str, Score]) -> Iterator[Row]:
    for name, score in scores.items():
        row = {"vectors": name, "share": score.words.value, "interval": score.words.interval}
        unseen = score.unseen
        yield {
            **row,
            "unseen": unseen and unseen.value,
            "unseen_interval": unseen and unseen.interval,
        }
