"""Convert a corpus to spaCy's binary format.

python -m scripts.convert TASK [--name NAME --train FILE --dev FILE --test FILE] [--lang LANG]
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import spacy
import srsly
from spacy.tokens import Doc, DocBin
from wasabi import msg

from project.shared.assets import REMEDY, CorpusError, bring
from project.shared.workspace import Workspace
from spacy_elmo.util.files import WeightsError

from .corpora import read_docs
from .tasks import SPLITS, TASKS, TaskFiles, task_parser

SOURCES = "sources.json"
# What some Doc must have for a component, and what that is in a file
NEEDED: dict[str, tuple[Callable[[Doc], object], str]] = {
    "tagger": (lambda doc: doc.has_annotation("TAG"), "XPOS"),
    "morphologizer": (lambda doc: doc.has_annotation("POS"), "UPOS"),
    "ner": (lambda doc: doc.ents, "tags of entities"),
    "parser": (lambda doc: doc.has_annotation("DEP"), "HEAD and DEPREL"),
    "textcat": (lambda doc: doc.cats, "categories"),
}


def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    args = _parse(arguments)
    try:
        files = _given_files(workspace, args) or _own_files(workspace, args.task)
        _convert(args.task, files, TaskFiles(workspace, args.task, args.name).corpus, args.lang)
    except (CorpusError, WeightsError, OSError) as error:
        msg.fail(str(error), exits=1)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = task_parser("Convert a corpus to spaCy's binary format")
    parser.add_argument("--lang", default="en")
    for split in SPLITS:
        parser.add_argument(f"--{split}", default="", help="a file in CoNLL-U, IOB2 or TSV")
    return parser.parse_args(arguments)


def _given_files(workspace: Workspace, args: argparse.Namespace) -> dict[str, Path]:
    """Return the files by their split, or nothing where none is given."""
    given = {split: workspace.find(getattr(args, split)) for split in SPLITS if getattr(args, split)}
    if given and not {"train", "dev"} <= set(given):
        raise CorpusError("train and dev must be given together: one is learned from, the other chooses the best")
    if given and not args.name:
        raise CorpusError("name is missing: a corpus of your own needs one, for its folder and its tables")
    if args.name and not given and args.name != TASKS[args.task].corpus:
        raise CorpusError(f"name = {args.name}: train and dev are missing, the files of the corpus of this name")
    return given


def _own_files(workspace: Workspace, task: str) -> dict[str, Path]:
    """Return the files by their split below `assets/`, brought there where they are missing."""
    files = {split: workspace.assets / TASKS[task].file(split) for split in SPLITS}

    def find_missing() -> list[Path]:
        return [path for path in files.values() if not path.is_file()]

    bring(workspace, files["train"].parent, is_there=lambda: not find_missing(), make=_split_polarity)
    if missing := find_missing():
        own = "name files of your own with --vars.train, --vars.dev, --vars.test and --vars.name"
        raise CorpusError(f"{missing[0]}: no such file. {REMEDY}, or {own}")
    return files


def _split_polarity(folder: Path) -> None:
    """Sentence polarity has no official split: a tenth each for dev and test by a checksum of the sentence."""
    if not (folder / "sentence_polarity.zip").is_file():
        return
    lines: dict[str, list[str]] = {split: [] for split in SPLITS}
    try:
        with ZipFile(folder / "sentence_polarity.zip") as archive:
            texts = {label: archive.read(f"sentence_polarity/rt-polarity.{label}") for label in ("pos", "neg")}
    except (BadZipFile, KeyError) as error:
        raise CorpusError(f"{folder}/sentence_polarity.zip: not the whole corpus ({error}); get it again") from error
    for label, text in texts.items():
        for line in text.decode("latin-1").split("\n"):
            if sentence := " ".join(line.split()):
                split = {8: "dev", 9: "test"}.get(zlib.crc32(sentence.encode("utf8")) % 10, "train")
                lines[split].append(f"{label}\t{sentence}")
    for split in SPLITS:
        (folder / f"{split}.tsv").write_text("\n".join(lines[split]) + "\n", encoding="utf8")


def _convert(task: str, files: dict[str, Path], folder: Path, lang: str) -> None:
    sources = {"lang": lang, "files": {split: str(path) for split, path in files.items()}, "md5": _digests(files)}
    if (folder / SOURCES).is_file() and srsly.read_json(folder / SOURCES) == sources:
        msg.info(f"{folder}: converted before, from the same files")
        return
    nlp = spacy.blank(lang)
    docs = {split: list(read_docs(path, nlp.vocab)) for split, path in files.items()}
    for split, path in files.items():
        _check(task, docs[split], path)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SOURCES, *(f"{split}.spacy" for split in SPLITS)):
        (folder / name).unlink(missing_ok=True)
    for split in docs:
        DocBin(docs=docs[split], store_user_data=False).to_disk(folder / f"{split}.spacy")
        msg.good(f"{split}: {len(docs[split]):,} sentences, {sum(map(len, docs[split])):,} words")
    srsly.write_json(folder / SOURCES, sources)  # the last: it says that all is there


def _digests(files: dict[str, Path]) -> dict[str, str]:
    for path in files.values():
        if not path.is_file():
            raise CorpusError(f"{path}: no such file; give the path of a corpus")
    return {split: hashlib.md5(path.read_bytes()).hexdigest() for split, path in files.items()}


def _check(task: str, docs: list[Doc], path: Path) -> None:
    for component in TASKS[task].pipeline:
        is_there, name = NEEDED[component]
        if not any(map(is_there, docs)):
            raise CorpusError(f"{path}: no {name} in it, which the {component} needs")


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
