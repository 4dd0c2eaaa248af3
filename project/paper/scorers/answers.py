"""Answers to questions as the script of SQuAD 1.1 scores them: exact match and F1 of words, by the best gold answer."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize(text: str) -> str:
    """Return a text in lower case, without punctuation and articles, with single spaces."""
    bare = re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(PUNCTUATION))
    return " ".join(bare.split())


def exact_match(predicted: str, gold: str) -> float:
    """Return 1 where both are the same but for case, punctuation, articles and spaces, or else 0."""
    return float(normalize(predicted) == normalize(gold))


def word_f1(predicted: str, gold: str) -> float:
    """Return the F1 of words, counted as often as they occur; 0 where none is shared."""
    found, wanted = normalize(predicted).split(), normalize(gold).split()
    shared = sum((Counter(found) & Counter(wanted)).values())
    return 2 * shared / (len(found) + len(wanted)) if shared else 0.0


def score_texts(pairs: Iterable[tuple[str, Sequence[str]]]) -> dict[str, float]:
    """Score answers.

    Args:
        pairs: The predicted answer of each question, and its gold answers, at least one.

    Returns:
        The means over questions, `em` and `f1`, from 0 to 1.
    """
    scores = [[max(score(found, gold) for gold in golds) for score in (exact_match, word_f1)] for found, golds in pairs]
    n = max(len(scores), 1)
    return {"em": sum(em for em, _ in scores) / n, "f1": sum(f1 for _, f1 in scores) / n}


def get_texts(doc: Doc, key: str) -> list[str]:
    """Return the texts of a group of spans, none where there is no group."""
    return [span.text for span in doc.spans.get(key, [])]


def score_answers(examples: Iterable[Example], **kwargs: Any) -> dict[str, float]:
    """Score `doc.spans["answer"]` by the gold `doc.spans["answers"]`: `answer_em` and `answer_f1`.

    A Doc without an answer is wrong; one without gold answers is left out.
    """
    both = [(get_texts(eg.predicted, "answer"), get_texts(eg.reference, "answers")) for eg in examples]
    scores = score_texts((found[0] if found else "", golds) for found, golds in both if golds)
    return {f"answer_{name}": value for name, value in scores.items()}


@registry.scorers("spacy-elmo-paper.answer_scorer.v1")
def make_answer_scorer() -> Callable[..., dict[str, float]]:
    """Return `score_answers`, for configs."""
    return score_answers
