"""A place in a text, marked by square brackets."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import spacy

from ..text.sentences import configure_sentences
from ..text.tokenize import check_language

_BRACKETS = re.compile(r"([^\[\]]*)\[([^\[\]]*)\]([^\[\]]*)")
_EXAMPLE = '"We sat on the [bank] of the river ."'
_FILLER = "word"  # stands in an empty place while the text is tokenized
_get_sentences = configure_sentences()
_blank = lru_cache(maxsize=8)(spacy.blank)  # making one takes ten times as long as reading a sentence


class Place(NamedTuple):
    """A word of a text, or a gap in it.

    Attributes:
        sentences: The words of the text. In a gap, there is some word that means nothing.
        sentence: Number of the sentence with the place.
        word: Number of the word in it.
        text: The word; None for a gap.
    """

    sentences: list[list[str]]
    sentence: int
    word: int
    text: str | None


def read_place(text: str, lang: str = "en") -> Place:
    """Return the place that a text has in square brackets.

    Args:
        text: One or more sentences with a word in brackets, or with nothing in them: "[]".
        lang: The language whose tokenizer to use. Words with spaces between them mostly stay as they are.

    Raises:
        ValueError: There is no place or more than one, what is in brackets is not one word, or spaCy does not have the
            language.
    """
    found = _BRACKETS.fullmatch(text)
    if found is None:
        problem = "more than one pair of brackets, or half of one" if {"[", "]"} & set(text) else "no word in brackets"
        raise ValueError(f"{text!r}: has {problem}; mark one word, as in {_EXAMPLE}")
    before, inside, after = found.groups()
    given = inside.strip()
    if inside and not given:
        raise ValueError(f"{text!r}: has only spaces in its brackets; write a word there, or [] for an empty place")
    check_language(lang)
    doc = _blank(lang).make_doc(before + (given or _FILLER) + after)
    start, end = len(before), len(before) + len(given or _FILLER)
    tokens = [token for token in doc if token.idx < end and token.idx + len(token) > start]
    if [(token.idx, token.idx + len(token)) for token in tokens] != [(start, end)]:
        words = ", ".join(repr(token.text) for token in tokens if not token.is_space)
        kind = f"{len(tokens)} words for the tokenizer ({words})" if len(tokens) > 1 else f"a part of the word {words}"
        raise ValueError(f"[{inside}]: is {kind}; put one whole word in brackets")
    sentences = [[token for token in span if not token.is_space] for span in _get_sentences([doc])[0]]
    sentences = [sentence for sentence in sentences if sentence]
    number, word = next((i, s.index(tokens[0])) for i, s in enumerate(sentences) if tokens[0] in s)
    return Place([[token.text for token in sentence] for sentence in sentences], number, word, given or None)
