"""Make Docs of the treebank and of files with entities, and teach the tokenizer how the treebank splits text.

python -m scripts.treebank --lang LANG [--name NAME]

    corpus/NAME/tokenizer/                        a blank pipeline
    corpus/NAME/treebank/{train,dev,test}.spacy   Docs with several sentences
    corpus/NAME/ner/{train,dev,test}.spacy        Docs with entities, if there are any
    corpus/NAME/treebank/notes.json               figures, and what was left out
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from wasabi import msg

from project.shared.arguments import clear_errors
from project.shared.corpora import MULTIWORD, CorpusError, How, LeftOut
from project.shared.workspace import Workspace
from spacy_elmo.util.digests import digest_file
from spacy_elmo.util.files import check_file
from spacy_elmo.util.staging import staged

from .parts import Parts, find_parts, read_parts
from .progress import announce
from .settings import SPLITS, Job, Settings, read_job
from .tokenizer import Taught, find_differences, make_blank, teach

NOTES = "notes.json"
VERSION = 2  # of how treebanks are read; another one does it again
LOW = 0.95  # token_f of the dev part, below which a warning says what differs
EXAMPLES, LONGEST = 10, 30  # pieces that it shows, and characters of each
# Annotation that components learn from, by spaCy's name and that of CoNLL-U
ANNOTATION = {"TAG": "XPOS", "POS": "UPOS", "MORPH": "FEATS", "LEMMA": "LEMMA", "DEP": "HEAD", "ENT_IOB": "entities"}
Docs = dict[str, list[Doc]]


class Notes:
    """What is said of the step, and its figures."""

    def __init__(self) -> None:
        self.notes: list[dict[str, str]] = []
        self.figures: dict[str, Any] = {}

    def add(self, level: str, text: str) -> None:
        """Keep and print a line; level is "info" or "warning"."""
        self.notes.append({"level": level, "text": text})
        (msg.warn if level == "warning" else msg.info)(text)


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, list(arguments), "Make Docs of the treebank, and teach the tokenizer")
    announce(job, settings, "treebank")
    parts = find_parts(settings.treebank, "treebank") if settings.treebank else {}
    entities = find_parts(settings.ner, "ner") if settings.ner else {}
    sources = _digest(settings, parts, entities)
    if _sources_of(job) == sources:
        msg.info(f"{job.treebank}: made before, from the same files")
        return
    nlp = make_blank(settings.lang, settings.segmenter)
    notes = Notes()
    docs = _read(parts, nlp, "morphologizer", notes) if parts else {}
    if docs:
        _find_tags(docs, notes)
        notes.figures |= _describe(docs)
    named = _read(entities, nlp, "ner", notes) if entities else docs
    if entities:
        notes.figures["ner"] = _describe(named)
    has_entities = all(any(doc.ents for doc in named[split]) for split in ("train", "dev"))
    if not docs and not has_entities:
        raise CorpusError("ner: no entities in its train or dev part, and there is no treebank; nothing can be learned")
    shown = docs or named
    taught = teach(nlp, shown["train"], shown["dev"])
    _describe_tokenizer(nlp, shown["dev"], taught, notes)
    for folder in (job.treebank, job.ner, job.tokenizer):
        shutil.rmtree(folder, ignore_errors=True)
    job.tokenizer.mkdir(parents=True)
    nlp.to_disk(job.tokenizer)
    if has_entities:
        _write(job.ner, named)
    elif entities:
        notes.add("warning", "ner: no entities in its train or dev part, so no component learns them")
    _write(job.treebank, docs, {"notes": notes.notes, "figures": notes.figures, "sources": sources})
    for split, found in _describe(shown).items():
        msg.good(f"{split}: {found['sentences']:,} sentences, {found['words']:,} words")


def _digest(settings: Settings, parts: Parts, entities: Parts) -> str:
    """Return a digest of all that decides what is made."""
    found: list[Any] = [VERSION, settings.lang, settings.segmenter]
    for given in (parts, entities):
        for split, path in ((split, path) for split, paths in given.items() for path in paths):
            check_file(path, missing="give the path of a corpus")
            found.append([split, str(path), digest_file(path)])
    return hashlib.md5(json.dumps(found).encode("utf8")).hexdigest()


def _sources_of(job: Job) -> Any:
    """Return the digest of what was made, None where it is not there whole."""
    try:
        return srsly.read_json(job.treebank / NOTES)["sources"]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(parts: Parts, nlp: Language, component: str, notes: Notes) -> Docs:
    """Read the Docs of each part, and say what was left out."""
    left_out = LeftOut()

    def split(form: str) -> list[str]:
        return [token.text for token in nlp.make_doc(form)]

    docs = read_parts(parts, nlp, (component,), How(split=split, xpos_only=True, left_out=left_out))
    for reason in left_out.reasons:
        notes.add("warning", f"A sentence was left out: {reason}")
    if left_out.count > len(left_out.reasons):
        notes.add("warning", f"{left_out.count - len(left_out.reasons):,} more sentences were left out")
    notes.figures["left_out"] = notes.figures.get("left_out", 0) + left_out.count
    missing = [split for split in SPLITS if split not in parts and split in docs]
    if missing:
        notes.add("info", f"{' and '.join(missing)}: held out of {', '.join(path.name for path in parts['train'])}")
    return docs


def _find_tags(docs: Docs, notes: Notes) -> None:
    """Leave TAG out where it says no more than POS, and say what annotation is missing."""
    train = docs["train"]
    if all(token.tag_ in ("", token.pos_) for doc in train for token in doc if not _is_in(doc, token.i)):
        if _has(train, "TAG"):
            notes.add("info", "XPOS says no more than UPOS, so it is left out")
        for token in (token for found in docs.values() for doc in found for token in doc):
            token.tag_ = ""
    there = [name for name in ANNOTATION if all(_has(docs[split], name) for split in ("train", "dev"))]
    missing = [ANNOTATION[name] for name in ANNOTATION if name not in there and name != "ENT_IOB"]
    if not {"TAG", "POS", "DEP"} & set(there):
        raise CorpusError("treebank: neither UPOS nor XPOS nor HEAD in its train and dev parts; nothing can be learned")
    if missing:
        notes.add("info", f"The treebank has no {', '.join(missing)} in train and dev, so no component learns it")
    notes.figures["annotation"] = [ANNOTATION[name] for name in there]


def _has(docs: list[Doc], name: str) -> bool:
    return any(doc.has_annotation(name) for doc in docs)


def _is_in(doc: Doc, i: int) -> bool:
    """Return whether a token is a multiword token, whose tags are joined."""
    return any(span.start <= i < span.end for span in doc.spans.get(MULTIWORD, ()))


def _describe(docs: Docs) -> dict[str, Any]:
    """Return the numbers of each part."""
    return {
        split: {
            "docs": len(found),
            "sentences": sum(len(list(doc.sents)) for doc in found),
            "words": sum(map(len, found)),
            "tags": len({token.tag_ or token.pos_ for doc in found for token in doc} - {""}),
            "multiword_tokens": sum(len(doc.spans.get(MULTIWORD, ())) for doc in found),
            "entities": sum(len(doc.ents) for doc in found),
        }
        for split, found in docs.items()
    }


def _describe_tokenizer(nlp: Language, dev: list[Doc], taught: Taught, notes: Notes) -> None:
    """Say how well the tokenizer splits the dev part, and which pieces differ where that is bad."""
    notes.figures["special_cases"] = len(taught.cases)
    if taught.before is None or taught.after is None:
        return
    notes.figures |= {"token_f_before": round(taught.before, 4), "token_f": round(taught.after, 4)}
    learned = f"{taught.after:.2%} with {len(taught.cases):,} special cases"
    notes.add("info", f"Token F of the tokenizer on dev: {taught.before:.2%}, {learned}")
    if taught.after < LOW:
        differences = find_differences(nlp, dev).most_common(EXAMPLES)
        pairs = ((_shorten(" ".join(gold)), _shorten(" | ".join(own)), n) for (gold, own), n in differences)
        shown = "; ".join(f"{gold} is split {own} ({n})" for gold, own, n in pairs)
        remedy = "set another segmenter if the language has one, or scores from raw text will stay low"
        notes.add("warning", f"The tokenizer splits text otherwise than the treebank: {shown}. {remedy}")


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _write(folder: Path, docs: Docs, notes: dict[str, Any] | None = None) -> None:
    with staged(folder, [NOTES, *(f"{split}.spacy" for split in SPLITS)]) as stage:
        for split, found in docs.items():
            DocBin(docs=found).to_disk(stage / f"{split}.spacy")
        if notes:
            srsly.write_json(stage / NOTES, notes)


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
