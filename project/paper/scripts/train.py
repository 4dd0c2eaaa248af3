"""Train a pipeline by spaCy's own training, and score it; or score one for the test data.

python -m project.paper.scripts.train TASK FOLDER CORPUS SPLIT [SETTINGS] [--unseen]

FOLDER has config.cfg, and gets model-best and SPLIT.json. SETTINGS is an object of JSON: what changes in the config.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.cli.train import train
from spacy.language import Language
from spacy.training import Example

from project.paper.components.transformer_embed import load
from project.shared.pipelines.scoring import score_unseen
from spacy_elmo.pipeline.mixes import find_mixes

from .tasks import TASKS, Task

Measured = dict[str, Any]
WARM_UP = 10  # Docs before the speed is measured: weights are loaded with the first one


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Train a pipeline and score it")
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("split", choices=("dev", "test"))
    parser.add_argument("settings", nargs="?", type=json.loads, default={})
    parser.add_argument("--unseen", action="store_true", help="score words that training did not have apart")
    args = parser.parse_args(arguments)
    measured: Measured = {}
    if args.split == "dev":
        paths = {f"paths.{split}": str(args.corpus / f"{split}.spacy") for split in ("train", "dev")}
        start = time.perf_counter()
        train(args.folder / "config.cfg", args.folder, overrides={**paths, **args.settings})
        measured["train_seconds"] = time.perf_counter() - start
        shutil.rmtree(args.folder / "model-last")
        load.cache_clear()  # the layers that a transformer kept for the training
    measured |= score(args.folder / "model-best", TASKS[args.task], args.corpus, args.split, unseen=args.unseen)
    srsly.write_json(args.folder / f"{args.split}.json", measured)


def score(model: Path, task: Task, corpus: Path, split: str, *, unseen: bool) -> Measured:
    """Return scores and speed of a pipeline, the weights of its mixes and its size on disk.

    Args:
        model: The folder of the pipeline.
        task: What it does.
        corpus: The folder of the data.
        split: "dev" or "test".
        unseen: Also score the words that training did not have.
    """
    nlp = spacy.load(model)
    examples = _read(nlp, "dev", corpus / f"{split}.spacy")
    list(nlp.pipe([example.predicted.copy() for example in examples[:WARM_UP]]))
    scores = nlp.evaluate(examples)  # on copies of the examples
    measured: Measured = {
        "scores": {name: float(scores.get(name) or 0.0) for name in (*task.scores, "speed")},
        "mixes": find_mixes(nlp),
        "bytes": sum(path.stat().st_size for path in model.rglob("*") if path.is_file()),
    }
    if unseen:
        for example, doc in zip(examples, nlp.pipe([example.predicted for example in examples])):
            example.predicted = doc
        known = _read(nlp, "train", corpus / "train.spacy")
        found = score_unseen(examples, {token.text for eg in known for token in eg.reference})
        measured["unseen"] = {name: found[name] for name in ("words", *task.scores) if name in found}
    return measured


def _read(nlp: Language, corpus: str, path: Path) -> list[Example]:
    """Return the examples of a file, by one of the readers of the config."""
    reader = {**nlp.config["corpora"][corpus], "path": str(path)}
    examples: list[Example] = list(spacy.registry.resolve({"reader": reader})["reader"](nlp))
    return examples


if __name__ == "__main__":
    main(sys.argv[1:])
