"""Annotated text in CoNLL-U, IOB2 or TSV, sentence by sentence, with errors that name the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.parts_of_speech import IDS as UPOS
from spacy.tokens import Doc
from spacy.vocab import Vocab

from project.shared.assets import CorpusError

Rows = list[tuple[int, str]]  # the lines of a sentence, numbered from 1
NAMED_ENTITY = re.compile(r"(?:^|\|)(?:NE|name)=([^|\s]+)")
IOB = {"U-": "B-", "L-": "I-"}  # from the BILUO scheme


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


def read_docs(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Read a Doc for each sentence.

    Args:
        path: The file. Its suffix says its format: .conllu, .tsv, and IOB2 for all others.
        vocab: The vocabulary of the Docs.

    Yields:
        The sentences of the file, in order.

    Raises:
        CorpusError: For a file that is missing, empty, not UTF-8 or not well formed.
    """
    reader = {".conllu": read_conllu, ".tsv": read_tsv}.get(path.suffix, read_iob)
    n_sentences = 0
    for sentence in reader(path):
        n_sentences += 1
        try:
            yield sentence.make_doc(vocab)
        except ValueError as error:
            raise CorpusError(f"{path}:{sentence.line}: not a sentence that spaCy accepts: {error}") from error
    if not n_sentences:
        raise CorpusError(f"{path}: no sentences in it; give a file with at least one")


def read_conllu(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a CoNLL-U file.

    They have UPOS, XPOS (UPOS where it is empty), FEATS, LEMMA, HEAD and DEPREL, and entities where MISC has NE=B-TYPE,
    in the IOB or the BILUO scheme. In a file that has any entity, all other words are in none.
    """
    sentences = []
    for rows in _blocks(path):
        words, spaced = _conllu_words(path, [row for row in rows if not row[1].startswith("#")])
        if words:
            sentences.append(Sentence(words[0][0], _conllu_values(path, words, spaced)))
    has_entities = any("ents" in sentence.values for sentence in sentences)
    for sentence in sentences:
        if has_entities:
            sentence.values.setdefault("ents", ["O"] * len(sentence.values["words"]))
        yield sentence


def _conllu_words(path: Path, rows: Rows) -> tuple[list[tuple[int, list[str]]], list[bool]]:
    """Return number and columns of the lines of words, and which words a space follows.

    The words of a multiword token stand together; empty nodes are left out.
    """
    words: list[tuple[int, list[str]]] = []
    spaced: list[bool] = []
    joined: dict[int, bool] = {}  # number of a word: whether a space follows, where a multiword token says it
    for number, line in rows:
        columns = line.split("\t")
        if len(columns) != 10:
            raise CorpusError(f"{path}:{number}: {len(columns)} columns where CoNLL-U has 10, with tabs between them")
        is_spaced = "SpaceAfter=No" not in columns[9].split("|")
        if found := re.fullmatch(r"(\d+)-(\d+)", columns[0]):
            first, last = int(found[1]), int(found[2])
            joined |= {**dict.fromkeys(range(first, last), False), last: is_spaced}
        elif not re.fullmatch(r"\d+\.\d+", columns[0]):
            if columns[0] != str(len(words) + 1):
                raise CorpusError(f"{path}:{number}: ID = {columns[0]!r}: must be {len(words) + 1}, the next word")
            words.append((number, columns))
            spaced.append(joined.get(len(words), is_spaced))
    return words, spaced


def _conllu_values(path: Path, words: list[tuple[int, list[str]]], spaced: list[bool]) -> dict[str, Any]:
    _, forms, lemmas, upos, xpos, feats, heads, deps, _, misc = map(list, zip(*(columns for _, columns in words)))
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
    entities = [NAMED_ENTITY.search(value) for value in misc]
    if any(entities):
        tags = [found[1] if found else "O" for found in entities]
        values["ents"] = [IOB.get(tag[:2], tag[:2]) + tag[2:] for tag in tags]
        _check_iob(path, [number for number, _ in words], values["ents"])
    return values


def _known(values: list[str]) -> list[str]:
    return ["" if value == "_" else value for value in values]


def _heads(path: Path, words: list[tuple[int, list[str]]], heads: list[str]) -> list[int]:
    """Return the index of each word's head, its own for the root."""
    indices = []
    for i, ((number, _), head) in enumerate(zip(words, heads)):
        if not head.isdecimal() or int(head) > len(words) or int(head) == i + 1:
            raise CorpusError(f"{path}:{number}: HEAD = {head!r}: must be 0 or the ID of another word of the sentence")
        indices.append(int(head) - 1 if int(head) else i)
    for i, (number, _) in enumerate(words):
        ancestor = i
        for _ in words:
            ancestor = indices[ancestor]
        if indices[ancestor] != ancestor:
            raise CorpusError(f"{path}:{number}: HEAD = {heads[i]!r}: leads in a circle, and to no root")
    return indices


def read_iob(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of an IOB2 file: a word and its tag a line, and empty lines between sentences.

    Word and tag are the first and the last column, with tabs or spaces between them.
    """
    for rows in _blocks(path):
        rows = [row for row in rows if not row[1].startswith("-DOCSTART-")]
        columns = [line.split("\t") if "\t" in line else line.split() for _, line in rows]
        for (number, line), row in zip(rows, columns):
            if len(row) < 2 or not row[0].strip():
                raise CorpusError(f"{path}:{number}: {line!r}: must be a word and its tag, with a tab between them")
        tags = [row[-1].strip() for row in columns]
        _check_iob(path, [number for number, _ in rows], tags)
        if rows:
            starts = [i == 0 for i in range(len(rows))]
            values = {"words": [row[0].strip() for row in columns], "ents": tags, "sent_starts": starts}
            yield Sentence(rows[0][0], values)


def _check_iob(path: Path, numbers: list[int], tags: list[str]) -> None:
    for number, before, tag in zip(numbers, ["O", *tags], tags):
        if not re.fullmatch(r"O|[BI]-\S+", tag):
            raise CorpusError(f"{path}:{number}: tag {tag!r}: must be O, B-TYPE or I-TYPE")
        if tag.startswith("I-") and before[2:] != tag[2:]:
            raise CorpusError(
                f"{path}:{number}: {tag} opens inside an entity, after {before}: IOB2 starts each entity with B-"
            )


def read_tsv(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a file with a category and a text, split into words at spaces, a line."""
    labels: dict[str, float] = {}
    sentences = []
    for rows in _blocks(path):
        for number, line in rows:
            label, tab, text = line.partition("\t")
            if not tab or not label.strip() or not text.split():
                raise CorpusError(f"{path}:{number}: must be a category and a text, with a tab between them")
            labels[label] = 0.0
            sentences.append((number, label, text.split()))
    for number, label, words in sentences:
        yield Sentence(number, {"words": words}, labels | {label: 1.0})


def _blocks(path: Path) -> Iterator[Rows]:
    """Yield the lines between empty lines."""
    rows: Rows = []
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    rows.append((number, line.rstrip("\r\n")))
                elif rows:
                    yield rows
                    rows = []
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file; give the path of a corpus") from None
    except IsADirectoryError:
        raise CorpusError(f"{path}: is a directory; give a file") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 text ({error}); convert it first") from None
    if rows:
        yield rows
