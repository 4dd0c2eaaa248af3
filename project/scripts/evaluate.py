"""Score a pipeline: spaCy's scores, and those of words never seen in training.

python scripts/evaluate.py MODEL DATA.spacy --train TRAIN.spacy --output scores.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Iterable

import spacy
import srsly
from spacy.scorer import PRFScore
from spacy.tokens import Span
from spacy.training import Corpus, Example


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--train", type=Path, required=True, help="what the pipeline was trained on")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    nlp = spacy.load(args.model)
    seen = {token.text for example in Corpus(args.train)(nlp) for token in example.reference}
    examples = list(Corpus(args.data, gold_preproc=True)(nlp))
    if not examples:
        sys.exit(f"{args.data}: no sentences in it; give a file with at least one")
    scores = nlp.evaluate(examples)  # on copies of the examples
    for example, doc in zip(examples, nlp.pipe([example.predicted for example in examples])):
        example.predicted = doc
    srsly.write_json(args.output, {"scores": scores, "unseen": score_unseen(examples, seen)})


def score_unseen(examples: Iterable[Example], seen: set[str]) -> dict[str, Any]:
    """Return scores of the words that are not in `seen`, letter for letter, and of the entities with such a word.

    RETURNS: the number of these words, their tag_acc, pos_acc, dep_uas and dep_las, and ents_f.
    """
    right = {"tag_acc": 0, "pos_acc": 0, "dep_uas": 0, "dep_las": 0}
    entities = PRFScore()
    n_words = 0
    for example in examples:
        predicted, gold = example.predicted, example.reference
        unseen = [token.text not in seen for token in gold]
        n_words += sum(unseen)
        for p, g in ((p, g) for p, g, is_unseen in zip(predicted, gold, unseen) if is_unseen):
            right["tag_acc"] += p.tag_ == g.tag_
            right["pos_acc"] += p.pos_ == g.pos_
            right["dep_uas"] += p.head.i == g.head.i
            right["dep_las"] += p.head.i == g.head.i and p.dep_.lower() == g.dep_.lower()
        entities.score_set(*(_spans(doc.ents, unseen) for doc in (predicted, gold)))
    shares = {name: count / max(1, n_words) for name, count in right.items()}
    return {"words": n_words, **shares, "ents_f": entities.fscore}


def _spans(spans: Iterable[Span], unseen: list[bool]) -> set[tuple[str, int, int]]:
    return {(span.label_, span.start, span.end) for span in spans if any(unseen[span.start : span.end])}


if __name__ == "__main__":
    main()
