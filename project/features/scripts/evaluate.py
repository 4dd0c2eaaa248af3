"""Score a pipeline: spaCy's scores, and those of words never seen in training.

python evaluate.py MODEL DATA.spacy --train TRAIN.spacy --output scores.json
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.scorer import PRFScore
from spacy.tokens import Span, Token
from spacy.training import Corpus, Example


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
    srsly.write_json(args.output, {"scores": scores, "unseen": score_unseen(examples, seen)})


def score_unseen(examples: Iterable[Example], seen: set[str]) -> dict[str, Any]:
    """Score the words that training did not have, and the entities with such a word.

    Args:
        examples: Predictions beside the gold annotation.
        seen: The words that training had, letter for letter.

    Returns:
        The number of unseen words, their tag_acc, pos_acc, dep_uas and dep_las, and ents_f. As with spaCy's scores,
        words without annotation do not count.
    """
    right = dict.fromkeys(("tag_acc", "pos_acc", "dep_uas", "dep_las"), 0)
    known = dict(right)
    entities = PRFScore()
    n_words = 0
    for example in examples:
        predicted, gold = example.predicted, example.reference
        unseen = [token.text not in seen for token in gold]
        n_words += sum(unseen)
        for p, g in ((p, g) for p, g, is_unseen in zip(predicted, gold, unseen) if is_unseen):
            for name, is_known, is_right in _compare(p, g):
                known[name] += is_known
                right[name] += is_known and is_right
        entities.score_set(*(_spans(doc.ents, unseen) for doc in (predicted, gold)))
    shares = {name: right[name] / max(1, known[name]) for name in right}
    return {"words": n_words, **shares, "ents_f": entities.fscore}


def _compare(p: Token, g: Token) -> list[tuple[str, bool, bool]]:
    """Return the name of each score, whether there is a gold annotation, and whether the predicted one is the same."""
    has_head, is_head = g.has_head(), p.head.i == g.head.i
    return [
        ("tag_acc", bool(g.tag), p.tag == g.tag),
        ("pos_acc", bool(g.pos), p.pos == g.pos),
        ("dep_uas", has_head, is_head),
        ("dep_las", has_head, is_head and p.dep_.lower() == g.dep_.lower()),
    ]


def _spans(spans: Iterable[Span], unseen: list[bool]) -> set[tuple[str, int, int]]:
    return {(span.label_, span.start, span.end) for span in spans if any(unseen[span.start : span.end])}


if __name__ == "__main__":
    main(sys.argv[1:])
