"""Measure training on ELMo: time and memory beside the same config without it, what the cache saves, and numpy's BLAS.

python -m benchmarks.training TRAIN.spacy DEV.spacy [--component tagger] [--epochs 3]

Systems run one after the other, each in a process of its own: the same batches in the same order, and an evaluation
after each epoch. The rest of an epoch is what the component itself takes, which is the same with and without the cache.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from spacy.language import Language
from spacy.training import Corpus
from spacy.util import fix_random_seed, load_model_from_config, minibatch
from thinc.api import Config, use_ops
from wasabi import table

from spacy_elmo.pipeline.recipes import RECIPES, make_config

from .children import in_child, peak_memory

BASELINE, ELMO, UNCACHED, HALF = "without ELMo", "ELMo", "ELMo, no cache", "ELMo, float16"
VARIANTS: dict[str, dict[str, Any]] = {UNCACHED: {"train_cache_mb": 0}, HALF: {"dtype": "float16"}}
BY_NUMPY = {f"{name}, numpy": name for name in (BASELINE, ELMO)}  # which Thinc multiplies by, and not by BLIS
BATCH_SIZE = 32  # sentences


class Epoch(NamedTuple):
    """One pass over the training data.

    Attributes:
        seconds: Of training and evaluation.
        elmo: Of these, the seconds in the elmo pipe.
        loss: Of the component.
        score: Of the component.
    """

    seconds: float
    elmo: float
    loss: float
    score: float


def main() -> None:
    """Print a table of epochs for each recipe that the command line asks for."""
    args = _parse()
    print(f"torch {torch.__version__}, {args.threads} threads of {os.cpu_count()}, {args.pretrained}, {args.component}")
    for recipe in args.recipes:
        names = (BASELINE, ELMO, *([] if args.brief else [*VARIANTS, *BY_NUMPY]))
        runs = {name: _in_child(args, recipe, name) for name in names}
        _print_runs(recipe, runs)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("--lang", default="en")
    parser.add_argument("--component", default="tagger")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="sentences that are read; 0 for all")
    parser.add_argument("--brief", action="store_true", help="only the default cache, and without ELMo")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def _in_child(args: argparse.Namespace, recipe: str, name: str) -> tuple[list[Epoch], float]:
    return in_child(_run, args, recipe, name)


def _run(args: argparse.Namespace, recipe: str, name: str) -> tuple[list[Epoch], float]:
    """Return the epochs, and the peak memory of this process in MB."""
    with use_ops("numpy", use_blis=name not in BY_NUMPY):
        return _train(args, recipe, BY_NUMPY.get(name, name)), peak_memory()


def _train(args: argparse.Namespace, recipe: str, name: str) -> list[Epoch]:
    torch.set_num_threads(args.threads)
    fix_random_seed(0)
    config = make_config(
        lang=args.lang,
        pipeline=[args.component],
        pretrained=args.pretrained,
        recipe=recipe,
        baseline=name == BASELINE,
    )
    nlp = _build(config, VARIANTS.get(name, {}))
    train, dev = (list(Corpus(path, gold_preproc=True, limit=args.limit)(nlp)) for path in (args.train, args.dev))
    optimizer = nlp.initialize(lambda: train)
    clock = _Clock()
    if name != BASELINE:
        elmo: Any = nlp.get_pipe("elmo")
        elmo.update, elmo.predict = clock.timed(elmo.update), clock.timed(elmo.predict)
        elmo.shim.open_cache(elmo.train_cache_mb, elmo.storage.dtype)
    return [_epoch(nlp, train, dev, optimizer, clock) for _ in range(args.epochs)]


def _build(config: Config, settings: dict[str, Any]) -> Language:
    if settings:
        config["components"]["elmo"] |= settings
    return load_model_from_config(config, auto_fill=True)


def _epoch(nlp: Language, train: list, dev: list, optimizer: Any, clock: _Clock) -> Epoch:
    start, before = time.perf_counter(), clock.seconds
    losses: dict[str, float] = {}
    for batch in minibatch(train, BATCH_SIZE):
        nlp.update(batch, sgd=optimizer, losses=losses, drop=0.1)
    scores = nlp.evaluate(dev)
    score = next(scores[key] for key in ("tag_acc", "pos_acc", "ents_f", "dep_las", "cats_score") if key in scores)
    seconds = time.perf_counter() - start
    return Epoch(seconds, clock.seconds - before, sum(losses.values()), score)


class _Clock:
    """Seconds spent in functions, where one calls the other once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.running = False

    def timed(self, function: Callable) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.running:
                return function(*args, **kwargs)
            self.running, start = True, time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.running = False
                self.seconds += time.perf_counter() - start

        return call


def _print_runs(recipe: str, runs: dict[str, tuple[list[Epoch], float]]) -> None:
    seconds = {name: sum(epoch.seconds for epoch in epochs) for name, (epochs, _) in runs.items()}
    header = ["", "epoch", "seconds", "in elmo", "loss", "score", "peak MB"]
    rows = [
        [name, i + 1, f"{e.seconds:.1f}", f"{e.elmo:.2f}", f"{e.loss:.3f}", f"{e.score:.4f}", f"{peak:,.0f}"]
        for name, (epochs, peak) in runs.items()
        for i, e in enumerate(epochs)
    ]
    print(f"\nRecipe {recipe}")
    print(table(rows, header=header, divider=True, aligns=["l", *"rrrrrr"]))
    print(f"All epochs, with ELMo against without: {seconds[ELMO] / seconds[BASELINE]:.2f} times")
    for name in (name for name in BY_NUMPY if name in runs):
        before = BY_NUMPY[name]
        print(f"All epochs, {before}, by BLIS against numpy: {seconds[before] / seconds[name]:.2f} times")
    cached = runs[ELMO][0]
    if UNCACHED in runs and len(cached) > 1:
        times = runs[UNCACHED][0][-1].elmo / cached[-1].elmo
        print(f"Seconds in elmo in the last epoch, without the cache against with it: {times:.1f} times")
    for name in (name for name in VARIANTS if name in runs):
        difference = max(abs(a.loss - b.loss) / a.loss for a, b in zip(cached, runs[name][0]))
        print(f"Losses, {name} against {ELMO}: largest relative difference {difference:.1e}")


if __name__ == "__main__":
    main()
