"""The words that a language model expects at a place."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from ..pretraining.corpus.vocabulary import MARKERS
from ..util.types import Floats1d
from .language_model import LanguageModel
from .place import Place, read_place

Side: TypeAlias = Literal["left", "right", "both"]
SIDES: tuple[Side, ...] = ("left", "right", "both")


class Rank(NamedTuple):
    """How likely a word is.

    Attributes:
        rank: Its number among all words by their probability, from 1.
        probability: From 0 to 1.
    """

    rank: int
    probability: float


class Expected:
    """What a model expects at a place: by what is left of it, by what is right of it, and by both.

    "both" is a product of experts: the two probabilities of a word are multiplied, and the products divided by their
    sum. How often a word is in itself is in both of them, and is not divided out. A probability is over the whole
    vocabulary with its markers; lists and ranks are of words alone.

    Args:
        place: The place.
        words: The vocabulary, its three markers first.
        left: (vocabulary,), log probabilities by what is left of the place.
        right: (vocabulary,), those by what is right of it.

    Attributes:
        place: The place.
        probabilities: (vocabulary,) float64 for "left", "right" and "both"; each sums to 1.
    """

    def __init__(self, place: Place, words: tuple[str, ...], left: Floats1d, right: Floats1d):
        self.place = place
        self.words = words
        both = left + right
        both -= both.max()
        product = np.exp(both)
        self.probabilities = dict(zip(SIDES, (np.exp(left), np.exp(right), product / product.sum())))
        self._index = {word: i for i, word in enumerate(words) if word not in MARKERS}

    def likeliest(self, side: Side = "both", top: int = 10) -> list[tuple[str, float]]:
        """Return the likeliest words, the first first, with their probabilities.

        Args:
            side: By what is "left" of the place, "right" of it, or by "both".
            top: How many, where the vocabulary has as many.
        """
        values = self.probabilities[side]
        order = len(MARKERS) + np.argsort(-values[len(MARKERS) :], kind="stable")
        return [(self.words[i], float(values[i])) for i in order[:top]]

    def rank(self, word: str) -> dict[Side, Rank] | None:
        """Return how likely a word is by each side; None for a word outside the vocabulary.

        Args:
            word: Any string, in the spelling of the text.
        """
        i = self._index.get(word)
        if i is None:
            return None
        return {
            side: Rank(1 + int((values[len(MARKERS) :] > values[i]).sum()), float(values[i]))
            for side, values in self.probabilities.items()
        }


def expect(model: LanguageModel, text: str, *, lang: str | None = None) -> Expected:
    """Return what a model expects at the place that a text has in brackets.

    The model reads the sentences before the place too. The word in the brackets is not read.

    Args:
        model: The model.
        text: As of `read_place`: "We sat on the [bank] of the river ."
        lang: The language whose tokenizer to use. None for that of the model, or English where it has none.

    Raises:
        ValueError: For a text without one place, a language that spaCy does not have, and words that the model refuses.
    """
    place = read_place(text, lang or model.meta.get("lang") or "en")
    left, right = model.log_probabilities(place.sentences, place.sentence, place.word)
    return Expected(place, model.head.words, left, right)
