"""Words of MASC and their senses in the New Oxford American Dictionary: a sentence a line of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from project.shared.assets import CorpusError

from .records import read_records


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
    for number, record in read_records(path, tokens=list, instances=list):
        words = record["tokens"]
        if not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise CorpusError(f"{path}:{number}: tokens: must be words; get the file again")
        tags = []
        for given in record["instances"]:
            try:
                tags.append(_read_tag(given, len(words)))
            except (KeyError, TypeError, ValueError) as error:
                raise CorpusError(f"{path}:{number}: not a tagged word ({error}): {given!r:.100}") from error
        yield TaggedSentence(words, tags)


def _read_tag(given: Any, n_words: int) -> SenseTag:
    tag = SenseTag(given["i"], given["lemma"], given["pos"], given["sense"], tuple(given.get("wordnet", ())))
    if type(tag.place) is not int or not 0 <= tag.place < n_words:
        raise ValueError(f"i = {tag.place!r}: there are {n_words} words, from 0 on")
    if not all(isinstance(value, str) and value for value in (*tag[1:4], *tag.wordnet)):
        raise ValueError("lemma, pos, sense and wordnet must be text")
    return tag
