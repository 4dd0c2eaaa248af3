"""Make raw text fit to be read: clean, each paragraph once, without sentences of the treebank's dev and test parts.

python -m scripts.raw_text --lang LANG [--name NAME]

    corpus/NAME/text/train.txt, heldout.txt   a paragraph a line, a blank line between documents
    corpus/NAME/text/notes.json               figures, and what was left out
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import srsly
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from tqdm import tqdm
from wasabi import msg

from project.shared.arguments import StepError, clear_errors
from project.shared.assets import CorpusError
from project.shared.workspace import Workspace
from spacy_elmo.text.readers import describe_files
from spacy_elmo.util.staging import staged

from .cleaning.alphabet import Alphabet
from .cleaning.encodings import NO_TEXT
from .cleaning.files import EMPTY, find_text, open_file
from .cleaning.heldout import HeldOut, read_back
from .cleaning.lines import Document
from .cleaning.paragraphs import DOUBLE, HELD_OUT, Seen, Sentences, find_fault, key_of
from .cleaning.tally import Tally
from .progress import announce
from .settings import SPLITS, Job, read_job

NOTES, TRAIN, HELDOUT = "notes.json", "train.txt", "heldout.txt"
LOOKED_AT = 5_000  # characters of a file by which its language shows
VERSION = 2  # of how text is cleaned; another one does it again


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    job, settings = read_job(workspace, list(arguments), "Clean raw text")
    announce(job, settings, "text")
    files = find_text(settings.text)
    tally = Tally()
    digests = _describe(files, tally)
    sources = _digest([VERSION, {str(path): found for path, found in digests.items()}, _describe_treebank(job)])
    if _sources_of(job.text / NOTES) == sources:
        msg.info(f"{job.text}: cleaned before, from the same files")
        return
    with staged(job.text, [NOTES, TRAIN, HELDOUT]) as stage:
        _Cleaner(job, tally).run(digests, stage)
        srsly.write_json(stage / NOTES, {**tally.report(), "sources": sources})
    for line in tally.describe_left_out():
        msg.warn(line)
    figures = tally.figures
    msg.good(f"{job.text}: {figures['words']:,} words to train on, {figures['heldout_words']:,} held out")


class _Cleaner:
    """What is known of a language and of what was read so far."""

    def __init__(self, job: Job, tally: Tally):
        self.tally = tally
        self.alphabet = read_alphabet(job)
        self.sentences = Sentences(read_sentences(job))
        self.seen = Seen()
        self.heldout = HeldOut()

    def run(self, digests: dict[Path, tuple[int, str]], stage: Path) -> None:
        """Read files, and write what is left of them. Raises StepError where nothing is."""
        size = sum(size for size, _ in digests.values())
        bar = tqdm(total=size, desc="Reading text", unit="B", unit_scale=True, leave=False, disable=None)
        whole = stage / "whole.txt"
        with bar, whole.open("w", encoding="utf8", errors="replace", newline="\n") as out:
            firsts: dict[str, Path] = {}
            for path, (n_bytes, digest) in digests.items():
                start = bar.n
                first = firsts.setdefault(digest, path) if n_bytes else path
                if first is path:
                    self._read(path, out, bar)
                else:
                    self.tally.files["the same as another"].append(f"{path} ({first.name})")
                bar.update(start + n_bytes - bar.n)
        self._divide(whole, stage)
        whole.unlink()
        self.tally.figures.update(files=len(digests), bytes=size)

    def _read(self, path: Path, out: TextIO, bar: tqdm[object]) -> None:
        start = bar.n
        faults: Counter[str] = Counter()
        sample = ""
        try:
            with open_file(path, self.alphabet, faults, lambda n: bar.update(start + n - bar.n)) as file:
                self.tally.encodings[file.encoding.name] += 1
                for document in file.documents:
                    kept = self._choose(document, faults, is_markup=file.is_markup)
                    if kept:
                        sample += " ".join(kept)[:LOOKED_AT] if len(sample) < LOOKED_AT else ""
                        self.heldout.add(kept, sum(map(self.alphabet.words, kept)))
                        out.write("\n".join(kept) + "\n\n")
        except CorpusError as error:
            _leave_out(self.tally, path, error)
            if not sample:
                return
        self.tally.paragraphs += faults
        if sample and self.alphabet.is_far(sample):
            self.tally.far.append(str(path))
        elif not sample:
            reason = faults.most_common(1)[0][0] if faults else "no text in it"
            self.tally.files["nothing is left of them"].append(f"{path} ({reason})")
        self.tally.figures["files_used"] += bool(sample)

    def _choose(self, document: Document, faults: Counter[str], *, is_markup: bool) -> Document:
        """Return the paragraphs of a document that are kept."""
        keys = list(map(key_of, document))
        held_out = self.sentences.find(keys)
        kept = []
        for i, (text, key) in enumerate(zip(document, keys)):
            fault = find_fault(text, key, self.alphabet, is_markup=is_markup)
            if not fault and i in held_out:
                fault = HELD_OUT
            if not fault and self.seen.is_double(key):
                fault = DOUBLE
            if fault:
                faults[fault] += 1
            else:
                kept.append(text)
        return kept

    def _divide(self, whole: Path, stage: Path) -> None:
        """Write text to train on and held-out text."""
        chosen = self.heldout.choose()
        paths = (stage / TRAIN, stage / HELDOUT)
        counts = Counter(words=0, heldout_words=0, documents=0, paragraphs=0)
        with (
            paths[0].open("w", encoding="utf8", newline="\n") as train,
            paths[1].open("w", encoding="utf8", newline="\n") as heldout,
        ):
            for i, document in enumerate(read_back(whole)):
                parts = {TRAIN: document, HELDOUT: []} if i not in chosen else {TRAIN: [], HELDOUT: document}
                if not chosen:  # few paragraphs, of few documents
                    n = len(document) - max(1, len(document) // 10)
                    parts = {TRAIN: document[:n], HELDOUT: document[n:]}
                for out, name, key in ((train, TRAIN, "words"), (heldout, HELDOUT, "heldout_words")):
                    if parts[name]:
                        out.write("\n".join(parts[name]) + "\n\n")
                        counts[key] += round(sum(map(self.alphabet.words, parts[name])))
                counts["documents"] += 1
                counts["paragraphs"] += len(document)
        if not counts["words"] or not counts["heldout_words"]:
            lines = self.tally.describe_left_out()
            reason = "two paragraphs are needed, one to learn from and one to hold out"
            raise StepError("\n".join([f"too little text is left: {reason}; name more with --vars.text", *lines]))
        self.tally.figures.update(counts)


def read_alphabet(job: Job) -> Alphabet:
    """Return what the treebank's text looks like."""
    docs = [doc for split in SPLITS for doc in _read_docs(job.annotated / f"{split}.spacy")]
    return Alphabet((doc.text for doc in docs), sum(map(len, docs)))


def read_sentences(job: Job) -> Iterator[str]:
    """Yield the sentences of the dev and test parts, which are measured by; those with entities, too."""
    for folder in (job.treebank, job.ner):
        for split in SPLITS[1:]:
            for doc in _read_docs(folder / f"{split}.spacy"):
                spans = doc.sents if doc.has_annotation("SENT_START") else [doc[:]]
                yield from (span.text for span in spans)


def _read_docs(path: Path) -> list[Doc]:
    return list(DocBin().from_disk(path).get_docs(Vocab())) if path.is_file() else []


def _describe(files: Sequence[Path], tally: Tally) -> dict[Path, tuple[int, str]]:
    """Return size and digest of each file that can be read."""
    found = {}
    for path in files:
        try:
            facts = describe_files([path])[0]
            found[path] = (facts["bytes"], facts["digest"])
        except (ValueError, OSError) as error:
            _leave_out(tally, path, error)
    return found


def _describe_treebank(job: Job) -> list[str]:
    paths = [folder / f"{split}.spacy" for folder in (job.treebank, job.ner) for split in SPLITS]
    if not (train := job.annotated / "train.spacy").is_file():
        raise StepError(f"{train}: no such file; run the step `treebank` first")
    return [facts["digest"] for facts in describe_files(path for path in paths if path.is_file())]


def _sources_of(path: Path) -> str:
    try:
        return str(srsly.read_json(path)["sources"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _digest(values: object) -> str:
    return hashlib.blake2b(json.dumps(values).encode("utf8"), digest_size=16).hexdigest()


def _leave_out(tally: Tally, path: Path, error: BaseException) -> None:
    """Name a file, by what is wrong with it."""
    reason = str(error).removeprefix(f"{path}: ")
    if reason in (EMPTY, NO_TEXT):
        tally.files[reason].append(str(path))
    else:
        tally.files["not to be read"].append(f"{path} ({reason})")


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
