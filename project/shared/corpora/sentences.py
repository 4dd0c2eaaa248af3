"""How files are read, and what readers return."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.shared.assets import CorpusError

from .merging import Splitter

MULTIWORD = "multiword"  # the spans of a Doc that are multiword tokens
MOST = 20  # reasons that are kept
LONGEST = 300  # characters of one


class LeftOut:
    """Sentences that cannot be used.

    Attributes:
        count: How many.
        reasons: File, line and reason of the first of them.
    """

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def add(self, reason: str) -> None:
        """Note a sentence."""
        self.count += 1
        if len(self.reasons) < MOST:
            self.reasons.append(reason[:LONGEST])


@dataclass(frozen=True)
class How:
    """How a file is read.

    Attributes:
        columns: What its columns hold, as `_,word,tag` or `text,category`; "" to find it out.
        split: What the tokenizer makes of a text. Multiword tokens that it does not split into their words become one
            token. None keeps all words.
        xpos_only: Leave tags out where there is no XPOS, instead of taking UPOS.
        left_out: Where sentences are noted that cannot be used; None raises an error for the first of them.
    """

    columns: str = ""
    split: Splitter | None = None
    xpos_only: bool = False
    left_out: LeftOut | None = None

    @contextmanager
    def leaving_out(self) -> Iterator[None]:
        """Note the error of a sentence, and go on, where that is asked for."""
        try:
            yield
        except CorpusError as error:
            if self.left_out is None:
                raise
            self.left_out.add(str(error))


@dataclass
class Sentence:
    """What a file says of one sentence.

    Attributes:
        line: The number of its first line.
        values: Keyword arguments of `Doc`.
        cats: Its categories.
        multiword: Start and end of its multiword tokens.
        document: The number of its document, where the file says where these begin.
    """

    line: int
    values: dict[str, Any]
    cats: dict[str, float] = field(default_factory=dict)
    multiword: list[tuple[int, int]] = field(default_factory=list)
    document: int = 0

    def make_doc(self, vocab: Vocab) -> Doc:
        """Return the sentence as a Doc. Raises ValueError where spaCy does not accept it."""
        doc = Doc(vocab, **self.values)
        doc.cats = self.cats
        if self.multiword:
            doc.spans[MULTIWORD] = [doc[start:end] for start, end in self.multiword]
        return doc


class Reading(NamedTuple):
    """A file that was opened.

    Attributes:
        description: As what it is read, for people.
        sentences: Its sentences, in order; they can be taken once.
        how: How it is read.
    """

    description: str
    sentences: Iterator[Sentence]
    how: How
