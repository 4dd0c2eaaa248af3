"""Sentences and their sentiment: sentence polarity, and the trees of the Stanford Sentiment Treebank (SST-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.shared.assets import CorpusError
from project.shared.corpora import How, read_docs
from project.shared.corpora.lines import read_lines

PARTS = re.compile(r"\(|\)|[^()\s]+")
BRACKETS = {"-LRB-": "(", "-RRB-": ")"}  # in trees
LABELS = tuple("01234")  # from very negative to very positive


def read_polarity(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Yield a Doc for each sentence of a file with a category, a tab and words between spaces a line.

    Raises:
        CorpusError: As of `read_docs`.
    """
    yield from read_docs(path, vocab, ["textcat"], How("category,text"))


def read_trees(path: Path, vocab: Vocab, *, phrases: bool = False) -> Iterator[Doc]:
    """Yield a Doc for each tree of a file of SST, as `(3 (2 The) (4 best))`, with one of five `cats`.

    Args:
        path: `train.txt`, `dev.txt` or `test.txt` of SST's own archive (trainDevTestTrees_PTB.zip): a tree a line.
        vocab: Of the Docs.
        phrases: Whether each phrase within a tree is a Doc as well, behind its sentence, as the paper trains. The same
            phrase with the same label comes once.

    Raises:
        CorpusError: The file is missing, empty or not UTF-8, or a line is no such tree.
    """
    number, seen = 0, set()
    for number, line in read_lines(path):
        if line.strip():
            for label, words in reversed(_parse(line, f"{path}:{number}")):
                if not phrases or (label, *words) not in seen:
                    seen.add((label, *words))
                    doc = Doc(vocab, words=words)
                    doc.cats = {**dict.fromkeys(LABELS, 0.0), label: 1.0}
                    yield doc
                if not phrases:
                    break
    if not number:
        raise CorpusError(f"{path}: empty; get it again")


def _parse(line: str, place: str) -> list[tuple[str, list[str]]]:
    """Return label and words of all phrases of a tree, the whole of it last."""
    found: list[tuple[str, list[str]]] = []
    labels: list[tuple[str, int]] = []  # of phrases that are open, and how many words are before them
    words: list[str] = []
    parts = PARTS.findall(line)
    for before, part in zip(["", *parts], parts):
        if before == "(":
            labels.append((part, len(words)))
            if part not in LABELS:
                raise CorpusError(f"{place}: the label {part!r}: must be {', '.join(LABELS)}, behind each bracket")
        elif part == ")" and labels:
            label, start = labels.pop()
            found.append((label, words[start:]))
        elif part not in "()" and labels:
            words.append(BRACKETS.get(part, part))
        elif part != "(" or (found and not labels):
            raise CorpusError(f"{place}: {part!r} outside of a tree; give a tree a line, as (3 (2 The) (4 best))")
    if labels or not found or not all(phrase for _, phrase in found):
        raise CorpusError(f"{place}: a tree that does not end, or without words; get the file again")
    return found
