"""Spans as tags of words: "B-X" at the first word of an X, "I-X" at the others, "O" elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spacy.tokens import Doc, Span
from spacy.training.iob_utils import iob_to_biluo, tags_to_entities

Place = tuple[int, int, str]  # first token, the one behind the last, label


def make_tags(labels: Iterable[str]) -> list[str]:
    """Return all tags of labels. Raises ValueError where there are none."""
    labels = list(labels)
    if not labels:
        raise ValueError("a component without labels: initialize it with `nlp.initialize`, or load a trained pipeline")
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def find_words(doc: Doc | Span) -> list[int]:
    """Return the numbers of the tokens that are no whitespace, which has no tag."""
    return [token.i for token in doc if not token.is_space]


def encode(places: Iterable[Place], words: Sequence[int]) -> list[str]:
    """Return the tag of each word. Of spans that overlap, the first counts."""
    tags = ["O"] * len(words)
    for start, end, label in places:
        inside = [i for i, word in enumerate(words) if start <= word < end]
        if all(tags[i] == "O" for i in inside):
            for i, prefix in zip(inside, "B" + "I" * len(inside)):
                tags[i] = f"{prefix}-{label}"
    return tags


def decode(tags: Iterable[str], words: Sequence[int]) -> list[Place]:
    """Return the spans that the tags of words mean."""
    return [(words[first], words[last] + 1, label) for label, first, last in tags_to_entities(iob_to_biluo(tags))]
