"""Ambiguous words in context, and how well each layer of a model tells their senses apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Token

from .examples import EXAMPLES

TIE = 1e-5  # cosines of equal vectors differ by this much at most, in float32


def example_uses(nlp: Language, word: str) -> tuple[list[Token], list[str]]:
    """Return the uses of an example word, and the sense of each.

    Args:
        nlp: A pipeline with an `elmo` component.
        word: A word of `EXAMPLES`.

    Raises:
        ValueError: For another word.
    """
    if word not in EXAMPLES:
        raise ValueError(f"no example for {word!r}: choose one of {', '.join(EXAMPLES)}, or give a --text of your own")
    pairs = [(sentence, sense) for sense, sentences in EXAMPLES[word].items() for sentence in sentences]
    docs = nlp.pipe(pairs, as_tuples=True)
    found = [(token, sense) for doc, sense in docs for token in find_word(doc, word)]
    return [token for token, _ in found], [sense for _, sense in found]


def find_word(doc: Doc, word: str) -> Iterator[Token]:
    """Yield the tokens that are a word in exactly this spelling."""
    return (token for token in doc if token.text == word)


def similarities(tokens: Sequence[Token], *, layer: int) -> np.ndarray:
    """Return (tokens, tokens), the cosines between the vectors of one layer."""
    vectors = np.stack([token._.elmo_layers[layer] for token in tokens])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


def nearest_uses(cosines: np.ndarray) -> list[int]:
    """Return, for each use, the number of the nearest other use."""
    return _others(cosines).argmax(axis=1).tolist()


def separation(cosines: np.ndarray, senses: Sequence[str]) -> float:
    """Return the share of uses whose nearest neighbour has the same sense.

    Where several neighbours are equally near, each counts for its part. In layer 0 all are, so that its share is what
    chance gives.

    Args:
        cosines: (uses, uses), see `similarities`.
        senses: The sense of each use.
    """
    others = _others(cosines)
    nearest = others >= others.max(axis=1, keepdims=True) - TIE
    same = np.asarray(senses)[:, None] == np.asarray(senses)
    return float(((nearest & same).sum(axis=1) / nearest.sum(axis=1)).mean())


def _others(cosines: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(cosines), dtype=bool), -np.inf, cosines)
