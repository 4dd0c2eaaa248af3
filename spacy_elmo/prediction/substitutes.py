"""Words that fit a sentence, and mean there what the word in it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..bilm.inference import Encoder
from .expected import Expected
from .language_model import LanguageModel

N_CANDIDATES = 100  # the likeliest words, which are put into the sentence


class Substitute(NamedTuple):
    """A word in place of another.

    Attributes:
        word: The word.
        cosine: Between its vector in the sentence and that of the other word.
        probability: From 0 to 1, of both directions, see `Expected`.
    """

    word: str
    cosine: float
    probability: float


def find_substitutes(
    model: LanguageModel, expected: Expected, *, words: Sequence[str] | None = None, top: int = 10
) -> list[Substitute]:
    """Return substitutes for the word at a place, the nearest in meaning first.

    Each candidate is put into the sentence. Its vector there is the mean of the layers of the LSTMs; layer 0, the
    spelling, is left out.

    Args:
        model: The model.
        expected: What it expects at the place.
        words: The candidates, those outside the vocabulary left out. None for the 100 words that both directions
            together expect most. Other spellings of the word in capitals are no candidates.
        top: How many to return at most.

    Raises:
        ValueError: The place is a gap, or a table of words refuses one of the sentence.
    """
    place = expected.place
    if place.text is None:
        raise ValueError("[]: a substitute is for a word; write one into the brackets")
    if words is None:
        words = [word for word, _ in expected.likeliest(top=N_CANDIDATES)]
    ranks = {word: rank["both"] for word in words if (rank := expected.rank(word)) is not None}
    chosen = [word for word in ranks if word.casefold() != place.text.casefold()]
    sentence = place.sentences[place.sentence]
    variants = [[*sentence[: place.word], word, *sentence[place.word + 1 :]] for word in (place.text, *chosen)]
    try:
        layers = Encoder(model.model).encode(variants, layers=range(1, model.model.config.n_outputs))
    except KeyError as error:
        raise ValueError(f"{model.source}: {error.args[0]}") from error
    vectors = layers[:, place.word :: len(sentence)].mean(axis=0)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    cosines = vectors[1:] @ vectors[0]
    order = np.argsort(-cosines, kind="stable")[:top].tolist()
    return [Substitute(chosen[i], float(cosines[i]), ranks[chosen[i]].probability) for i in order]
