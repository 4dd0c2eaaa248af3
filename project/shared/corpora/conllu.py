"""CoNLL-U: up to ten columns a word, with parts of speech, heads, and entities in MISC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from spacy.parts_of_speech import IDS as UPOS

from project.shared.assets import CorpusError

from .blocks import COLUMNS, Block, Word, find_columns, opens_document, read_block
from .lines import Line, read_blocks
from .merging import merge
from .sentences import How, Reading, Sentence
from .tags import opens_with_i, to_iob2

NAME = "CoNLL-U"
GIVES = {"tagger", "morphologizer", "trainable_lemmatizer", "parser", "ner"}
ID = re.compile(r"\d{1,9}([-.]\d{1,9})?")
FEATURES = re.compile(r"_|[^=|]+=[^=|]+(\|[^=|]+=[^=|]+)*")
NAMED_ENTITY = re.compile(r"(?:^|\|)(?:NE|name)=([^|\s]+)")


def recognises(sample: list[Line]) -> bool:
    """Return whether at least half of the lines have the columns of CoNLL-U."""
    rows = [line.split("\t") for _, line in sample if not line.startswith("#")]
    return 0 < len(rows) <= 2 * sum(len(row) == len(COLUMNS) and ID.fullmatch(row[0]) is not None for row in rows)


def read(path: Path, sample: list[Line], how: How) -> Reading:
    """Read a file.

    Its sentences have UPOS, XPOS (UPOS where it is empty), FEATS, LEMMA, HEAD and DEPREL, and entities where MISC has
    NE=B-TYPE or name=B-TYPE, in any scheme. In a file that has any entity, all other words are in none. The last
    columns may be missing in the whole file, or any where `# global.columns` names those that are there. Spaces are
    unknown where no sentence of the file has SpaceAfter=No, or a `# text` that is made of its words.
    """
    names = find_columns(path, sample)
    blocks = []
    document = 0
    for lines in read_blocks(path, is_checked=False):
        document += opens_document(lines)
        with how.leaving_out():
            block = read_block(path, lines, names, document)
            if block.words:
                blocks.append(block)
    return Reading(NAME, _make_sentences(path, blocks, how), how)


def _make_sentences(path: Path, blocks: list[Block], how: How) -> Iterator[Sentence]:
    tags = [_find_tags(block.words) for block in blocks]
    has_entities, is_iob1 = any(map(any, tags)), opens_with_i([tag or "O" for tag in found] for found in tags)
    tells_spaces = any(block.tells_spaces for block in blocks)
    for block, found in zip(blocks, tags):
        with how.leaving_out():
            values = _make_values(path, block, how)
            if has_entities:
                numbers = [number for number, _ in block.words]
                values["ents"] = to_iob2(path, numbers, [tag or "O" for tag in found], is_iob1=is_iob1)
            values, multiword = merge(values, block.multiword, how.split)
            if not tells_spaces:
                del values["spaces"]
            yield Sentence(block.words[0][0], values, multiword=multiword, document=block.document)


def _find_tags(words: Sequence[Word]) -> list[str]:
    """Return the tag of the entity of each word, "" where it has none."""
    matches = (NAMED_ENTITY.search(row[-1]) for _, row in words)
    return [found[1] if found else "" for found in matches]


def _make_values(path: Path, block: Block, how: How) -> dict[str, Any]:
    words = block.words
    _, forms, lemmas, upos, xpos, feats, heads, deps, *_ = map(list, zip(*(row for _, row in words)))
    for (number, _), pos, feat in zip(words, upos, feats):
        if pos not in UPOS and pos != "_":
            raise CorpusError(f"{path}:{number}: UPOS = {pos!r}: not one of the Universal part-of-speech tags")
        if not FEATURES.fullmatch(feat):
            raise CorpusError(f"{path}:{number}: FEATS = {feat!r}: must be pairs as Number=Sing, with | between them")
    if not how.xpos_only:
        xpos = [pos if tag == "_" else tag for pos, tag in zip(upos, xpos)]
    values = {
        "words": forms,
        "spaces": block.spaced,
        "tags": _known(xpos),
        "pos": _known(upos),
        "lemmas": _known(lemmas),
    }
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
    try:
        TopologicalSorter({i: [head] for i, head in enumerate(indices) if head != i}).prepare()
    except CycleError as error:
        i = min(error.args[1])
        raise CorpusError(f"{path}:{words[i][0]}: HEAD = {heads[i]!r}: leads in a circle, and to no root") from error
    return indices
