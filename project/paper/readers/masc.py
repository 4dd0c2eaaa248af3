"""Words of MASC and their senses in the New Oxford American Dictionary: a sentence a line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from project.shared.assets import CorpusError

from .records import Record, Text, read_records


class Instance(Record):
    """A word whose sense is known, as `SenseTag`."""

    i: int = Field(ge=0)
    lemma: Text
    pos: Text
    sense: Text
    wordnet: list[Text] = Field(default_factory=list)


class Sentence(Record):
    """Words, and those whose sense is known."""

    tokens: list[Text] = Field(min_length=1)
    instances: list[Instance]


class SenseTag(NamedTuple):
    """A word whose sense is known.

    Attributes:
        place: The number of the word in its sentence, from 0.
        lemma: Its lemma.
        pos: Its part of speech, as "NOUN".
        sense: Its sense.
        wordnet: The senses of WordNet that this one is mapped to, none where it is not mapped.
    """

    place: int
    lemma: str
    pos: str
    sense: str
    wordnet: tuple[str, ...]


class TaggedSentence(NamedTuple):
    """The words of a sentence, and those whose sense is known."""

    words: list[str]
    tags: list[SenseTag]


def read_senses(path: Path) -> Iterator[TaggedSentence]:
    """Yield the sentences of a file.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is no such sentence.
    """
    for place, sentence in read_records(path, Sentence):
        for found in sentence.instances:
            if found.i >= len(sentence.tokens):
                problem = f"{found.i} is no word of {len(sentence.tokens)}, from 0 on"
                raise CorpusError(f"{place}: instances: i: {problem}; mend the file")
        tags = [SenseTag(tag.i, tag.lemma, tag.pos, tag.sense, tuple(tag.wordnet)) for tag in sentence.instances]
        yield TaggedSentence(sentence.tokens, tags)
