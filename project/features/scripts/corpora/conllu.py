"""CoNLL-U: ten columns a word, with parts of speech, heads, and entities in MISC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.parts_of_speech import IDS as UPOS

from project.shared.assets import CorpusError

from .lines import Line, read_blocks
from .sentences import Reading, Sentence
from .tags import opens_with_i, to_iob2

NAME = "CoNLL-U"
GIVES = {"tagger", "morphologizer", "parser", "ner"}
N_COLUMNS = 10
ID, RANGE, EMPTY_NODE = (re.compile(form) for form in (r"\d{1,9}([-.]\d{1,9})?", r"(\d{1,9})-(\d{1,9})", r"\d+\.\d+"))
NAMED_ENTITY = re.compile(r"(?:^|\|)(?:NE|name)=([^|\s]+)")
Word = tuple[int, list[str]]  # the number of a line, and its columns


def recognises(sample: list[Line]) -> bool:
    """Return whether at least half of the lines have the columns of CoNLL-U."""
    rows = [line.split("\t") for _, line in sample if not line.startswith("#")]
    return 0 < len(rows) <= 2 * sum(len(row) == N_COLUMNS and ID.fullmatch(row[0]) is not None for row in rows)


def read(path: Path, sample: list[Line], columns: str) -> Reading:
    """Read a file.

    Its sentences have UPOS, XPOS (UPOS where it is empty), FEATS, LEMMA, HEAD and DEPREL, and entities where MISC has
    NE=B-TYPE or name=B-TYPE, in any scheme. In a file that has any entity, all other words are in none.
    """
    sentences = []
    for lines in read_blocks(path):
        words, spaced = _read_words(path, [line for line in lines if not line[1].startswith("#")])
        if words:
            sentences.append((words, spaced))
    return Reading(NAME, _make_sentences(path, sentences))


def _make_sentences(path: Path, sentences: list[tuple[list[Word], list[bool]]]) -> Iterator[Sentence]:
    tags = [_find_tags(words) for words, _ in sentences]
    has_entities, is_iob1 = any(map(any, tags)), opens_with_i([tag or "O" for tag in found] for found in tags)
    for (words, spaced), found in zip(sentences, tags):
        values = _make_values(path, words, spaced)
        if has_entities:
            numbers = [number for number, _ in words]
            values["ents"] = to_iob2(path, numbers, [tag or "O" for tag in found], is_iob1=is_iob1)
        yield Sentence(words[0][0], values)


def _find_tags(words: Sequence[Word]) -> list[str]:
    """Return the tag of the entity of each word, "" where it has none."""
    matches = (NAMED_ENTITY.search(columns[-1]) for _, columns in words)
    return [found[1] if found else "" for found in matches]


def _read_words(path: Path, lines: list[Line]) -> tuple[list[Word], list[bool]]:
    """Return number and columns of the lines of words, and which words a space follows.

    The words of a multiword token stand together; empty nodes are left out.
    """
    words: list[Word] = []
    spaced: list[bool] = []
    joined: dict[int, bool] = {}  # number of a word: whether a space follows, where a multiword token says it
    for number, line in lines:
        columns = line.split("\t")
        if len(columns) != N_COLUMNS:
            raise CorpusError(f"{path}:{number}: {len(columns)} columns where CoNLL-U has 10, with tabs between them")
        is_spaced = "SpaceAfter=No" not in columns[9].split("|")
        if found := RANGE.fullmatch(columns[0]):
            first, last = int(found[1]), int(found[2])
            if first != len(words) + 1 or not first <= last < first + len(lines):
                raise CorpusError(f"{path}:{number}: ID = {columns[0]!r}: must be the range of the words that follow")
            joined |= {**dict.fromkeys(range(first, last), False), last: is_spaced}
        elif not EMPTY_NODE.fullmatch(columns[0]):
            if columns[0] != str(len(words) + 1):
                raise CorpusError(f"{path}:{number}: ID = {columns[0]!r}: must be {len(words) + 1}, the next word")
            words.append((number, columns))
            spaced.append(joined.get(len(words), is_spaced))
    return words, spaced


def _make_values(path: Path, words: list[Word], spaced: list[bool]) -> dict[str, Any]:
    _, forms, lemmas, upos, xpos, feats, heads, deps, *_ = map(list, zip(*(columns for _, columns in words)))
    for (number, _), form, pos in zip(words, forms, upos):
        if not form.strip():
            raise CorpusError(f"{path}:{number}: FORM is empty; every word needs one")
        if pos not in UPOS and pos != "_":
            raise CorpusError(f"{path}:{number}: UPOS = {pos!r}: not one of the Universal part-of-speech tags")
    xpos = [pos if tag == "_" else tag for pos, tag in zip(upos, xpos)]
    values = {"words": forms, "spaces": spaced, "tags": _known(xpos), "pos": _known(upos), "lemmas": _known(lemmas)}
    if any(feat != "_" for feat in feats):
        values["morphs"] = _known(feats)
    if any(head != "_" for head in heads):
        values |= {"heads": _heads(path, words, heads), "deps": _known(deps)}
    else:
        values["sent_starts"] = [i == 0 for i in range(len(words))]
    return values


def _known(values: list[str]) -> list[str]:
    return ["" if value == "_" else value for value in values]


def _heads(path: Path, words: list[Word], heads: list[str]) -> list[int]:
    """Return the index of each word's head, its own for the root."""
    indices = []
    for i, ((number, _), head) in enumerate(zip(words, heads)):
        if not re.fullmatch(r"\d{1,9}", head) or int(head) > len(words) or int(head) == i + 1:
            raise CorpusError(f"{path}:{number}: HEAD = {head!r}: must be 0 or the ID of another word of the sentence")
        indices.append(int(head) - 1 if int(head) else i)
    for i, (number, _) in enumerate(words):
        ancestor = i
        for _ in words:
            ancestor = indices[ancestor]
        if indices[ancestor] != ancestor:
            raise CorpusError(f"{path}:{number}: HEAD = {heads[i]!r}: leads in a circle, and to no root")
    return indices
