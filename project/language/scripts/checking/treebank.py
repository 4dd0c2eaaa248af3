"""What a treebank has and lacks, read as a table; the step `treebank` reads what it means."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from spacy.parts_of_speech import IDS as UPOS
from spacy.vocab import Vocab

from project.shared.assets import CorpusError
from project.shared.corpora import How, LeftOut, read_docs
from project.shared.corpora.blocks import TEXT
from project.shared.corpora.lines import check_line, read_blocks

from ..parts import Parts, files_in
from .findings import Findings, name_some

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
LONG = 200  # words of a sentence
FEWEST = 100  # sentences
NEEDED = {
    "UPOS": "the report and the morphologizer need it",
    "XPOS": "there will be no tagger, but the morphologizer gives UPOS",
    "LEMMA": "there will be no lemmatizer",
    "FEATS": "the morphologizer will give UPOS alone",
    "HEAD": "there will be no parser",
}


@dataclass
class Survey:
    """What was found in a file.

    Attributes:
        texts: Of its sentences.
        values: How often each column has each value; UPOS, XPOS and DEPREL alone.
        filled: Columns that have any value but `_`.
        bad: Numbers of lines that are not well formed, and what is wrong.
        long: Numbers of lines at which sentences end that are far too long.
        tells_spaces: Whether any sentence says where spaces are, by `# text` or SpaceAfter=No.
    """

    texts: list[str] = field(default_factory=list)
    values: dict[str, Counter[str]] = field(default_factory=lambda: {c: Counter() for c in ("UPOS", "XPOS", "DEPREL")})
    filled: set[str] = field(default_factory=set)
    bad: dict[int, str] = field(default_factory=dict)
    long: list[int] = field(default_factory=list)
    tells_spaces: bool = False
    n_words: int = 0
    n_multiword: int = 0
    n_empty: int = 0


def survey(path: Path) -> Survey:
    """Read a file of CoNLL-U. Raises CorpusError where it, or most of it, cannot be read, or has no sentences."""
    found = Survey()
    names: tuple[str, ...] = COLUMNS
    unreadable: list[CorpusError] = []
    n_spaced = n_blocks = 0
    for block in read_blocks(path, is_checked=False):
        n_blocks += 1
        rows: list[dict[str, str]] = []
        number, text = 0, ""
        try:
            for number, line in block:
                check_line(path, number, line)
                if line.startswith("# global.columns"):
                    names = tuple(line.partition("=")[2].split()) or COLUMNS
                elif given := TEXT.match(line):
                    text = given[1]
                elif not line.startswith("#"):
                    values = line.split("\t")
                    if len(values) < 2:
                        found.bad[number] = "no columns, with tabs between them"
                        n_spaced += len(line.split()) > 2
                    rows.append(dict.fromkeys(COLUMNS, "_") | dict(zip(names, values)))
        except CorpusError as error:
            unreadable.append(error)
            found.bad[number] = str(error).removeprefix(f"{path}:{number}: ")
            continue
        _add(found, rows, text, number)
    if 2 * len(unreadable) > n_blocks:
        raise unreadable[0]
    if not found.texts:
        raise CorpusError(f"{path}: no sentences in it; give CoNLL-U")
    if 2 * n_spaced > found.n_words:
        raise CorpusError(f"{path}: columns have spaces between them, not tabs; save it with tabs")
    return found


def _add(found: Survey, rows: list[dict[str, str]], given: str, number: int) -> None:
    """Count a sentence, whose text is given or "", and which ends at a line."""
    text, n_words, n_roots, covered = "", 0, 0, 0
    for row in rows:
        key = row["ID"]
        span = re.fullmatch(r"(\d+)-(\d+)", key)
        if re.fullmatch(r"\d+\.\d+", key):
            found.n_empty += 1
            continue
        if span:
            found.n_multiword += 1
            covered = int(span[2])
        else:
            n_words += 1
            n_roots += row["HEAD"] == "0"
            for column, counts in found.values.items():
                counts[row[column]] += row[column] != "_"
            found.filled |= {column for column, value in row.items() if value != "_"}
            if key != str(n_words):
                found.bad.setdefault(number, f"ID {key!r} where {n_words} was expected")
            if row["UPOS"] not in UPOS and row["UPOS"] != "_":
                found.bad.setdefault(number, f"UPOS {row['UPOS']!r} is none of Universal Dependencies")
        has_space = "SpaceAfter=No" not in row["MISC"].split("|")
        found.tells_spaces |= not has_space
        if span or n_words > covered:
            text += row["FORM"] + " " * has_space
    if any(row["HEAD"] != "_" for row in rows) and n_roots != 1:
        found.bad.setdefault(number, f"{n_roots} roots")
    if n_words:
        found.tells_spaces |= bool(given) and "".join(text.split()) == "".join(given.split())
        found.texts.append(text.strip())
        found.n_words += n_words
        if n_words > LONG:
            found.long.append(number)


def check_treebank(parts: Parts, findings: Findings) -> list[Survey]:
    """Return what the files of a treebank have, and say what they lack."""
    surveys = {}
    for path in files_in(parts):
        with findings.collecting():
            surveys[path] = survey(path)
    missing: set[str] = set()
    for path, found in surveys.items():
        _describe(path, found, missing, findings)
    train = [found for path, found in surveys.items() if path in parts["train"]]
    for path, found in surveys.items():
        if path not in parts["train"] and train:
            _compare(train, path, found, findings)
    return list(surveys.values())


def _describe(path: Path, found: Survey, missing: set[str], findings: Findings) -> None:
    kinds = f"{found.n_multiword:,} multiword tokens, {found.n_empty:,} empty nodes"
    findings.infos.append(f"{path}: {len(found.texts):,} sentences, {found.n_words:,} words, {kinds}")
    if found.bad:
        lines = name_some(f"line {number} ({what})" for number, what in sorted(found.bad.items()))
        findings.warnings.append(f"{path}: sentences that end there may be left out: {lines}")
    for column, what in NEEDED.items():
        if column not in found.filled | missing:
            missing.add(column)
            findings.warnings.append(f"{path}: {column} is empty; {what}")
    if not found.filled & {"UPOS", "XPOS", "HEAD"}:
        findings.errors.append(f"{path}: UPOS, XPOS and HEAD are all empty, so that there is nothing to learn")
    if not found.tells_spaces:
        what = "no sentence has SpaceAfter=No or its `# text`, so that its spaces are unknown"
        findings.warnings.append(f"{path}: {what}; there will be no scores from raw text")
    if found.long:
        lines = name_some(found.long)
        findings.warnings.append(
            f"{path}: sentences of more than {LONG} words (to lines {lines}): is a blank line missing?"
        )
    for column in ("UPOS", "XPOS"):
        if once := sorted(value for value, n in found.values[column].items() if n == 1):
            findings.warnings.append(
                f"{path}: {column} that occur once, so that they are not learned: {name_some(once)}"
            )


def _compare(train: list[Survey], path: Path, found: Survey, findings: Findings) -> None:
    same = len(set(found.texts) & {text for survey in train for text in survey.texts})
    if same:
        share = f"{same:,} of {len(found.texts):,} sentences"
        findings.warnings.append(f"{path}: {share} are in the training part, too: scores will flatter")
    for column, counts in found.values.items():
        if new := sorted(value for value, n in counts.items() if n and not any(s.values[column][value] for s in train)):
            findings.warnings.append(f"{path}: {column} that the training part does not have: {name_some(new)}")


def check_entities(parts: Parts, findings: Findings) -> tuple[list[str], int]:
    """Say which entities files have. Return the texts of their sentences, and how many words these have."""
    texts: list[str] = []
    n_words = 0
    known: set[str] = set()  # in the training part, whose files come first
    for path in files_in(parts):
        with findings.collecting():
            left_out, labels, n_before = LeftOut(), Counter[str](), len(texts)
            for doc in read_docs(path, Vocab(), ("ner",), How(left_out=left_out)):
                labels.update(ent.label_ for ent in doc.ents)
                texts.append(doc.text)
                n_words += len(doc)
            if left_out.count > len(texts) - n_before:
                raise CorpusError(f"{path}: most sentences cannot be used, as {left_out.reasons[0]}")
            if left_out.count:
                first = f"the first is {left_out.reasons[0]}"
                findings.warnings.append(f"{path}: sentences that will be left out: {left_out.count:,}; {first}")
            if not labels:
                raise CorpusError(f"{path}: no tags of entities in it, as B-PER")
            counts = ", ".join(f"{label} {n:,}" for label, n in labels.most_common())
            findings.infos.append(f"{path}: entities: {counts}")
            if path in parts["train"]:
                known |= labels.keys()
            elif new := sorted(labels.keys() - known):
                findings.warnings.append(f"{path}: labels that the training part does not have: {name_some(new)}")
    return texts, n_words
