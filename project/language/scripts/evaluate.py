"""Score a pipeline: on gold tokens and from raw text, words never seen in training, multiword tokens, and confusion.

python -m project.language.scripts.evaluate MODEL TRAIN.spacy OUTPUT.json DEV.spacy [TEST.spacy]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from project.shared.pipelines.scoring import Scores, predict, score, score_multiword, score_raw, score_unseen

MOST = 30  # pairs of tags that are taken for each other


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Score a pipeline")
    for name in ("model", "train", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("data", type=Path, nargs="+", help="dev and, if there is one, test")
    args = parser.parse_args(arguments)
    nlp = spacy.load(args.model)
    seen = {token.text for doc in _read(args.train, nlp) for token in doc}
    found: dict[str, Any] = {"scores": {}}
    for path in args.data:
        docs = _read(path, nlp)
        gold = predict(nlp, docs, gold=True)
        start = time.perf_counter()
        raw = predict(nlp, docs, gold=any(doc.has_unknown_spaces for doc in docs))
        seconds = time.perf_counter() - start
        right = score(nlp, gold)
        if path == args.data[0]:
            found["speed"] = sum(len(example.predicted) for example in raw) / seconds
            found["confusion"] = confuse(gold) if "pos_acc" in right else []
        found["scores"][path.stem] = {
            "words": sum(map(len, docs)),
            "gold": right,
            "raw": score_raw(nlp, raw),
            "unseen": _keep(score_unseen(gold, seen), right),
            "multiword": _keep(score_multiword(raw), right),
        }
    srsly.write_json(args.output, found)


def _read(path: Path, nlp: Language) -> list[Doc]:
    return list(DocBin().from_disk(path).get_docs(nlp.vocab))


def _keep(scores: Scores, gold: Scores) -> Scores:
    """Return the scores of what the pipeline predicts, which gold annotation may have more of."""
    return {name: value for name, value in scores.items() if name in gold or name == "words"}


def confuse(examples: Sequence[Example]) -> list[list[Any]]:
    """Return gold UPOS, predicted UPOS and number of words of the mistakes on gold tokens, the most frequent first."""
    pairs = Counter(
        (gold.pos_, found.pos_)
        for example in examples
        for gold, found in zip(example.reference, example.predicted)
        if gold.pos and gold.pos != found.pos
    )
    return [[*pair, count] for pair, count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:MOST]]


if __name__ == "__main__":
    main(sys.argv[1:])
