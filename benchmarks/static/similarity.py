"""Which of two nouns is nearer to a third, by vectors and by WordNet."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import spacy

MIN_COUNT, N_NOUNS = 5, 3000  # the most frequent of the text, among words that are nothing but nouns
SIZE = 1000  # of them that are asked about
POINTERS = ("@", "@i")  # to what a sense is a kind of, or an instance of


class Triple(NamedTuple):
    """A noun, one that shares a synset or what it is a kind of with it, and one that shares neither in any sense."""

    noun: str
    near: str
    far: str


def make_triples(wordnet: Path, text: Path, *, seed: int = 0) -> list[Triple]:
    """Return questions about frequent nouns of a text, a noun in each. The same text gives the same ones.

    Args:
        wordnet: A folder with WordNet's database files.
        text: Words with spaces between them.
        seed: Of what is drawn.
    """
    synsets = {offset: _parents(line) | {offset} for offset, line in _entries(wordnet / "data.noun")}
    others = {word for kind in ("verb", "adj", "adv") for word, _ in _entries(wordnet / f"index.{kind}")}
    senses = {word: line.split()[-int(line.split()[2]) :] for word, line in _entries(wordnet / "index.noun")}
    counts = Counter(text.read_text(encoding="utf8").split())
    frequent = [word for word, n in counts.most_common() if n >= MIN_COUNT and word.isalpha()]
    nouns = [word for word in frequent if word in senses and word not in others][:N_NOUNS]
    usual = {noun: synsets[senses[noun][0]] for noun in nouns}
    possible = {noun: set[str]().union(*(synsets[sense] for sense in senses[noun])) for noun in nouns}
    rng, triples = random.Random(seed), list[Triple]()
    for noun in rng.sample(nouns, min(SIZE, len(nouns))):
        near = [other for other in nouns if other != noun and usual[other] & usual[noun]]
        far = [other for other in nouns if not possible[other] & possible[noun]]
        if near and far:
            triples.append(Triple(noun, rng.choice(near), rng.choice(far)))
    return triples


def nearer(vectors: Path, triples: list[Triple]) -> float:
    """Return the share of triples in which the near word has the higher cosine; a tie is a half, and so is chance."""
    word: Any = spacy.load(vectors).vocab.__getitem__
    cosines = ((word(t.noun).similarity(word(t.near)), word(t.noun).similarity(word(t.far))) for t in triples)
    return mean((near > far) + (near == far) / 2 for near, far in cosines)


def _entries(path: Path) -> list[tuple[str, str]]:
    """Return the first field of each line, and the line without its gloss."""
    lines = path.read_text(encoding="utf8").splitlines()
    return [(line.split(" ", 1)[0], line.split(" | ")[0]) for line in lines if not line.startswith(" ")]


def _parents(line: str) -> set[str]:
    fields = line.split()
    return {offset for pointer, offset in pairwise(fields) if pointer in POINTERS}
