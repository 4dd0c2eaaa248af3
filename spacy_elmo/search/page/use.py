"""A use of a word in its context, and the uses that are looked at together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from spacy.tokens import Token


class Use(NamedTuple):
    """A word in its context.

    Attributes:
        left: The text before it.
        word: The word.
        right: The text after it.
        source: Where the text comes from; "" where there is nothing to say.
        sense: Its sense; None where it is not known.
    """

    left: str
    word: str
    right: str
    source: str = ""
    sense: str | None = None


class Entry(NamedTuple):
    """Uses that are looked at together.

    Attributes:
        name: What a menu calls them: the word.
        uses: One or more.
        vectors: (layers, uses, width), the vectors of the word in each use, from the lowest layer to the top.
        layers: What each layer is called. Empty for "layer 0" and so on.
        about: What the uses are. "" for their number and the name.
    """

    name: str
    uses: Sequence[Use]
    vectors: np.ndarray
    layers: Sequence[str] = ()
    about: str = ""


def entry_of(tokens: Sequence[Token], senses: Sequence[str] = ()) -> Entry:
    """Return uses by what their Docs know, named by the word.

    Args:
        tokens: The uses, with ELMo vectors.
        senses: The sense of each use, if it is known.
    """
    known: Sequence[str | None] = senses or [None] * len(tokens)
    uses = [
        Use(token.doc.text[: token.idx], token.text, token.doc.text[token.idx + len(token) :], sense=sense)
        for token, sense in zip(tokens, known)
    ]
    return Entry(tokens[0].text, uses, np.stack([token._.elmo_layers for token in tokens], axis=1))
