"""Score a pipeline: spaCy's scores on gold tokens and from raw text, and those of words never seen in training.

python -m project.features.scripts.evaluate MODEL DATA.spacy --train TRAIN.spacy --output scores.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.training import Corpus

from project.shared.pipelines.scoring import predict, score_raw, score_unseen


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="Score a pipeline")
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--train", type=Path, required=True, help="what the pipeline was trained on")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args(arguments)
    nlp = spacy.load(args.model)
    seen = {token.text for example in Corpus(args.train)(nlp) for token in example.reference}
    examples = list(Corpus(args.data, gold_preproc=True)(nlp))
    if not examples:
        sys.exit(f"{args.data}: no sentences in it; give a file with at least one")
    scores = nlp.evaluate(examples)  # on copies of the examples
    for example, doc in zip(examples, nlp.pipe([example.predicted for example in examples])):
        example.predicted = doc
    raw = score_raw(nlp, predict(nlp, [example.reference for example in Corpus(args.data)(nlp)], gold=False))
    measured: dict[str, Any] = {"scores": scores, "unseen": score_unseen(examples, seen), "raw": raw}
    tokens = [token for example in examples for token in example.reference]
    if all(token.tag_ and token.tag_ == token.pos_ for token in tokens):  # UPOS stands where a corpus has no XPOS
        measured["tags_are_upos"] = True
    srsly.write_json(args.output, measured)


if __name__ == "__main__":
    main(sys.argv[1:])
