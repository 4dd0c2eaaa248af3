"""Measure what `precision = "bfloat16"` costs in accuracy: components trained with vectors of each precision.

python -m benchmarks.precision TRAIN.spacy TEST.spacy [TEST.spacy ...] [--component tagger] [--seeds 0 1 2]

A component that was trained with single precision is scored with both, as when a finished pipeline is switched over.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean, stdev

from spacy.language import Language
from spacy.training import Corpus, Example
from spacy.util import fix_random_seed, load_model_from_config, minibatch
from tqdm import tqdm
from wasabi import table

from spacy_elmo.pipeline.recipes import RECIPES, make_config

BATCH_SIZE = 32  # sentences
SINGLE, BRAIN = "float32", "bfloat16"
PAIRS = [(SINGLE, SINGLE), (SINGLE, BRAIN), (BRAIN, BRAIN)]  # trained and scored with
SCORES = ("tag_acc", "pos_acc", "ents_f", "dep_las", "cats_score")


def main() -> None:
    """Print a table of scores."""
    args = _parse()
    scores: dict[tuple[str, str, Path], list[float]] = {}
    for seed in tqdm(args.seeds, desc="Seeds"):
        trained = {precision: _train(args, precision, seed) for precision in (SINGLE, BRAIN)}
        for with_, scored in PAIRS:
            nlp = _build(args, scored).from_bytes(trained[with_])
            for path in args.test:
                scores.setdefault((with_, scored, path), []).append(_score(nlp, _read(nlp, path)))
    header = ["trained with", "scored with", "on", "mean", "deviation", "by seed"]
    rows = [[with_, scored, path.stem, *_summary(found)] for (with_, scored, path), found in scores.items()]
    print(table(rows, header=header, divider=True, aligns=["l", "l", "l", "r", "r", "l"]))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path, nargs="+")
    parser.add_argument("--lang", default="en")
    parser.add_argument("--component", default="tagger")
    parser.add_argument("--recipe", choices=RECIPES, default="listener")
    parser.add_argument("--pretrained", default="en_elmo_sm")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="sentences to train with; 0 for all")
    return parser.parse_args()


def _build(args: argparse.Namespace, precision: str) -> Language:
    config = make_config(lang=args.lang, pipeline=[args.component], pretrained=args.pretrained, recipe=args.recipe)
    config["components"]["elmo"]["model"]["precision"] = precision
    return load_model_from_config(config, auto_fill=True)


def _train(args: argparse.Namespace, precision: str, seed: int) -> bytes:
    """Return the trained pipeline."""
    fix_random_seed(seed)
    nlp = _build(args, precision)
    train = _read(nlp, args.train, limit=args.limit)
    optimizer = nlp.initialize(lambda: train)
    for _ in range(args.epochs):
        for batch in minibatch(train, BATCH_SIZE):
            nlp.update(batch, sgd=optimizer, drop=0.1)
    return nlp.to_bytes()


def _read(nlp: Language, path: Path, *, limit: int = 0) -> list[Example]:
    return list(Corpus(path, gold_preproc=True, limit=limit)(nlp))


def _summary(scores: list[float]) -> list[str]:
    """Return the mean, the standard deviation, and all of them, in percent."""
    percents = [100 * score for score in scores]
    deviation = f"{stdev(percents):.2f}" if len(percents) > 1 else ""
    return [f"{mean(percents):.2f}", deviation, " ".join(f"{percent:.2f}" for percent in percents)]


def _score(nlp: Language, examples: list[Example]) -> float:
    scores = nlp.evaluate(examples)
    return next(scores[key] for key in SCORES if key in scores)


if __name__ == "__main__":
    main()
