"""What readers return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab


@dataclass
class Sentence:
    """What a file says of one sentence.

    Attributes:
        line: The number of its first line.
        values: Keyword arguments of `Doc`.
        cats: Its categories.
    """

    line: int
    values: dict[str, Any]
    cats: dict[str, float] = field(default_factory=dict)

    def make_doc(self, vocab: Vocab) -> Doc:
        """Return the sentence as a Doc. Raises ValueError where spaCy does not accept it."""
        doc = Doc(vocab, **self.values)
        doc.cats = self.cats
        return doc


class Reading(NamedTuple):
    """A file that was opened.

    Attributes:
        description: As what it is read, for people.
        sentences: Its sentences, in order; they can be taken once.
    """

    description: str
    sentences: Iterator[Sentence]
