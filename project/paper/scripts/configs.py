"""Configs of runs: what spaCy trains, in which no path of a machine stands."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

from spacy.util import load_model_from_config
from thinc.api import Config

from project.paper.components.systems import make_tok2vec

from .experiments import Cell
from .tasks import TASKS, Block, Task

BATCH_WORDS = 500
TOLERANCE = 0.2  # by which a batch may be larger
MEAN_WORDS = 490  # of the batches that come of it, about
EVALUATIONS = 6  # of a training, at most about; two in an epoch
LAST = 0.98  # where the last evaluation is, as a share of estimated steps; spaCy has none at the end by itself


def make_config(cell: Cell, *, epochs: int, docs: int, words: int, limit: int) -> Config:
    """Return a complete config. Systems of a task learn from the same words, in the same batches, for as long.

    `paths.elmo` and `paths.vectors` say where weights and static vectors are.

    Args:
        cell: What is trained.
        epochs: Passes over the training data.
        docs: Docs of the training data.
        words: Their words.
        limit: How many Docs of the file of training data are taken, from the first on; 0 for all.
    """
    task = TASKS[cell.task]
    cell = replace(cell, l2=cell.l2 * _share_of_row(task, docs, words))
    components = {task.factory: task.make_component(_make_tok2vec(cell, task))}
    paths: Block = {"train": None, "dev": None}
    initialize: Block = {}
    if cell.system == "elmo":
        paths["elmo"] = None
        initialize = {"components": {"elmo": {"pretrained": "${paths.elmo}"}}}
        elmo = {"factory": "elmo", "pretrained": None, "store": None, "vectors": None}
        cleaner = {"factory": "doc_cleaner", "attrs": {"_.elmo_data": None}}
        components = {"elmo": elmo, **components, "doc_cleaner": cleaner}
    config: dict[str, Any] = {
        "paths": paths,
        "nlp": {"lang": "en", "pipeline": list(components)},
        "components": components,
        "corpora": {"train": _make_reader(task, "train", limit), "dev": _make_reader(task, "dev", 0)},
        "training": {
            "max_epochs": epochs,
            "max_steps": 0,
            "patience": 0,
            "eval_frequency": _eval_frequency(task, epochs, docs, words),
            "dropout": cell.dropout,
            "batcher": _make_batcher(task),
            "optimizer": {
                "@optimizers": "Adam.v1",
                "learn_rate": task.learn_rate,
                "L2": 0.0,
                "use_averages": True,
            },
        },
        "initialize": initialize,
    }
    filled: Config = load_model_from_config(Config(config), auto_fill=True).config
    weights = filled["training"]["score_weights"]
    others = {name: 0.0 if weight else weight for name, weight in weights.items()}
    filled["training"]["score_weights"] = {**others, task.scores[0]: 1.0}
    return filled


def _make_tok2vec(cell: Cell, task: Task) -> Block:
    return make_tok2vec(
        cell.system,
        width=cell.width,
        encoder=cell.encoder,
        depth=cell.depth,
        encoder_dropout=cell.encoder_dropout,
        form=cell.form,
        place=cell.place,
        layers=cell.layers,
        l2=cell.l2,
        layer_norm=cell.layer_norm,
        parts=task.parts,
    )


def _make_reader(task: Task, split: str, limit: int) -> Block:
    path = f"${{paths.{split}}}"
    if task.given is None:
        return {"@readers": "spacy.Corpus.v1", "path": path, "gold_preproc": True, "limit": limit}
    return {"@readers": "spacy-elmo-paper.Corpus.v1", "path": path, "given": list(task.given), "limit": limit}


def _make_batcher(task: Task) -> Block:
    if task.batch:
        return {"@batchers": "spacy.batch_by_sequence.v1", "size": task.batch}
    words = {"size": BATCH_WORDS, "tolerance": TOLERANCE, "discard_oversize": False}
    return {"@batchers": "spacy.batch_by_words.v1", **words}


def _eval_frequency(task: Task, epochs: int, docs: int, words: int) -> int:
    """Return after how many steps a training is evaluated, so that the last evaluation is near its end."""
    steps = epochs * ceil(docs / task.batch) if task.batch else LAST * epochs * min(docs, words / MEAN_WORDS)
    return max(1, int((steps - 1) / min(EVALUATIONS, 2 * epochs)))


def _share_of_row(task: Task, docs: int, words: int) -> float:
    """Return the share of a word in the unit of the loss, since a mix has its lambda for each word of a batch."""
    if task.loss == "words":
        return 1.0
    return docs / words / (task.batch if task.loss == "mean" else 1)
