"""Files of annotated text into train, dev and test: by their names, or by division."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from random import Random
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from project.shared.arguments import StepError
from project.shared.corpora import How, open_corpus, read_sentences

from .settings import SPLITS

# What names of files say; CoNLL-2003 calls dev and test `testa` and `testb`
NAMES = {"train": "train(?:ing)?", "dev": "dev(?:el|elopment)?|val(?:id|idation)?|testa", "test": "test(?:ing|b)?"}
WORDS = "|".join(f"(?P<{split}>{words})" for split, words in NAMES.items())
PART = re.compile(rf"(?<![a-z])(?:{WORDS})(?![a-z])", re.IGNORECASE)
SUFFIXES = (".conllu", ".conll", ".iob", ".iob2", ".bio", ".tsv", ".txt")  # of what is read of a folder
IN_A_BLOCK = 10  # sentences, where the file does not say where documents begin
MOST = 50  # sentences of a Doc: longer documents are cut, since a Doc is computed at once
FEW = 20  # documents, with fewer of which blocks of sentences are divided
HELD_OUT = 0.1  # of the sentences, each for dev and test
Parts = dict[str, list[Path]]


class Sentence(NamedTuple):
    """A sentence.

    Attributes:
        doc: Its Doc.
        document: The number of its document, 0 where the file does not say where documents begin.
        unit: The number of the document or block of sentences that is divided as a whole.
    """

    doc: Doc
    document: int
    unit: int


def find_parts(paths: Iterable[str], setting: str) -> Parts:
    """Return the files of each part, by their names, as fr_sequoia-ud-train.conllu or eng.testa.

    Args:
        paths: Files and folders. Of a folder all CoNLL-U is taken, or else what has the name of a part.
        setting: What the setting is called in messages.

    Returns:
        Files for train and, if there are any, for dev and test. One file alone and files without such names are train.

    Raises:
        StepError: Where there are no files, where only some have such names, or where none is for training.
    """
    files = list(dict.fromkeys(file for path in map(Path, paths) for file in _files_of(path)))
    if not files:
        remedy = "give files, or a folder with CoNLL-U, or with train, dev and test in the names of its files"
        raise StepError(f"{setting} = {', '.join(paths)}: nothing there that could be read; {remedy}")
    parts: Parts = defaultdict(list)
    for file in files:
        parts[_part_of(file) if len(files) > 1 else "train"].append(file)
    if set(parts) == {""}:
        return {"train": files}
    if parts[""]:
        remedy = "give one file, or files with train, dev or test in their names, as fr-train.conllu"
        raise StepError(f"{parts[''][0]}: for training or for testing? {remedy}")
    if not parts["train"]:
        raise StepError(f"{files[0]}: no file with train in its name beside it, so there is nothing to learn from")
    return {split: parts[split] for split in SPLITS if parts[split]}


def files_in(parts: Parts) -> list[Path]:
    """Return all files, those for training first."""
    return [file for split in SPLITS for file in parts.get(split, ())]


def _part_of(path: Path) -> str:
    """Return the part that the end of a name says, "" for none."""
    names = list(PART.finditer(path.name))
    return str(names[-1].lastgroup) if names else ""


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.is_file())
    conllu = [file for file in found if file.suffix.lower() == ".conllu"]
    return conllu or [
        file for file in found if _part_of(file) and (file.suffix.lower() in SUFFIXES or _part_of(Path(file.suffix)))
    ]


def read_parts(parts: Parts, nlp: Language, components: Sequence[str], how: How) -> dict[str, list[Doc]]:
    """Read the Docs of each part; what is missing of dev and test is held out of train.

    Args:
        parts: The files.
        nlp: Whose vocabulary it is.
        components: What is to learn from it.
        how: How it is read.

    Raises:
        CorpusError: For a file of which nothing can be used.
        StepError: Where there are too few sentences to hold some out.
    """
    sentences = {split: list(_read(files, nlp, components, how)) for split, files in parts.items()}
    missing = [] if "dev" in parts else ["dev"] if "test" in parts else ["dev", "test"]
    if missing:
        sentences |= divide(sentences["train"], missing, parts["train"][0])
    return {split: list(_make_docs(sentences[split])) for split in SPLITS if split in sentences}


def _read(files: Iterable[Path], nlp: Language, components: Sequence[str], how: How) -> Iterator[Sentence]:
    start = 0  # numbers of documents and units are new in each file
    for path in files:
        found = list(read_sentences(path, open_corpus(path, components, how), nlp.vocab))
        documents = [start + sentence.document if sentence.document else 0 for sentence, _ in found]
        size = min(IN_A_BLOCK, max(1, len(found) // FEW))
        has_many = len(set(documents)) >= FEW
        for i, (document, (_, doc)) in enumerate(zip(documents, found)):
            yield Sentence(doc, document, document if has_many and document else start + i // size)
        start += max(len(found), *documents) + 1


def divide(sentences: list[Sentence], held_out: Sequence[str], path: Path) -> dict[str, list[Sentence]]:
    """Hold out a tenth of the sentences for each part, by documents or blocks, always the same ones.

    Sentences that are alike go with the first of them.
    """
    first: dict[str, int] = {}  # the unit where a text is for the first time
    owners = [first.setdefault(sentence.doc.text.strip(), sentence.unit) for sentence in sentences]
    sizes = Counter(owners)
    if len(sizes) <= len(held_out):
        raise StepError(f"{path}: {len(first)} different sentences, too few to hold out some of them; give more")
    units = sorted(sizes)
    Random(0).shuffle(units)
    part_of: dict[int, str] = {}
    for i, split in enumerate(held_out, start=1):
        count = 0
        while count < max(1, HELD_OUT * len(sentences)) and len(units) > len(held_out) - i + 1:
            unit = units.pop()
            part_of[unit] = split
            count += sizes[unit]
    found: dict[str, list[Sentence]] = {split: [] for split in ("train", *held_out)}
    for sentence, owner in zip(sentences, owners):
        found[part_of.get(owner, "train")].append(sentence)
    return found


def _make_docs(sentences: Sequence[Sentence]) -> Iterator[Doc]:
    """Yield a Doc for each document, or for ten sentences where these are not known.

    Where a space follows most sentences, those that none follows end a paragraph, and are not joined to the next one.
    """
    is_spaced = 2 * sum(bool(sentence.doc[-1].whitespace_) for sentence in sentences) >= len(sentences)
    for document, group in groupby(sentences, key=lambda sentence: sentence.document):
        docs = [sentence.doc for sentence in group]
        size = MOST if document else IN_A_BLOCK
        for i in range(0, len(docs), size):
            doc = Doc.from_docs(docs[i : i + size], ensure_whitespace=is_spaced)
            doc.has_unknown_spaces = any(part.has_unknown_spaces for part in docs[i : i + size])  # which is not kept
            yield doc
