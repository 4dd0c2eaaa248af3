"""Convert a corpus to spaCy's binary format.

python -m scripts.convert TASK [--name NAME --train FILE --dev FILE --test FILE] [--columns COLUMNS] [--lang LANG]

In place of a dev and a test file, a share of the sentences of the train file may be held out, as 0.1.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

import spacy
import srsly
from spacy.tokens import Doc, DocBin
from tqdm import tqdm
from wasabi import msg

from project.shared.arguments import clear_errors, language
from project.shared.assets import REMEDY, CorpusError, bring
from project.shared.corpora import How, make_docs, open_corpus
from project.shared.corpora.polarity import split_polarity
from project.shared.workspace import Workspace
from spacy_elmo.util.files import check_file

from .tasks import SOURCES, SPLITS, TASKS, TaskFiles, read_sources, task_parser

HELDOUT = ("dev", "test")
LONG = 200  # words a sentence, more than which no corpus has on average
Shares = dict[str, float]  # of the sentences of train that are held out
# What some Doc must have for a component, and what that is in a file
NEEDED: dict[str, tuple[Callable[[Doc], object], str]] = {
    "tagger": (lambda doc: doc.has_annotation("TAG"), "XPOS"),
    "morphologizer": (lambda doc: doc.has_annotation("POS"), "UPOS"),
    "ner": (lambda doc: doc.ents, "tags of entities"),
    "parser": (lambda doc: doc.has_annotation("DEP"), "HEAD and DEPREL"),
    "textcat": (lambda doc: doc.cats, "categories"),
}


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    args = _parse(arguments)
    shares = {split: share for split in HELDOUT if (share := _share(split, getattr(args, split))) is not None}
    files = _given_files(workspace, args, shares) or _own_files(workspace, args.task)
    _convert(args, files, shares, TaskFiles(workspace, args.task, args.name).corpus)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = task_parser("Convert a corpus to spaCy's binary format")
    parser.add_argument("--lang", default="en", type=language)
    for split in SPLITS:
        parser.add_argument(f"--{split}", default="", help="a file of annotated text")
    parser.add_argument("--columns", default="", help="what they hold, as _,word,tag or text,category")
    return parser.parse_args(arguments)


def _share(split: str, value: str) -> float | None:
    """Return the share of train that is held out, None where the value is no number but a file."""
    try:
        share = float(value)
    except ValueError:
        return None
    if not 0 < share < 1:
        raise CorpusError(f"{split} = {value}: must be a file, or the share of train that is held out, as 0.1")
    return share


def _given_files(workspace: Workspace, args: argparse.Namespace, shares: Shares) -> dict[str, Path]:
    """Return the files by their split, or nothing where none is given."""
    values = {split: getattr(args, split) for split in SPLITS if split not in shares}
    given = {split: workspace.find(value) for split, value in values.items() if value}
    if (given or shares) and not {"train", "dev"} <= given.keys() | shares.keys():
        reason = "one is learned from, the other chooses the best; dev may be a share of train, as 0.1"
        raise CorpusError(f"train and dev must be given together: {reason}")
    if sum(shares.values()) >= 1:
        raise CorpusError(f"dev = {args.dev}, test = {args.test}: no sentences are left to train on")
    if given and not args.name:
        raise CorpusError("name is missing: a corpus of your own needs one, for its folder and its tables")
    if args.name and not given and args.name != TASKS[args.task].corpus:
        raise CorpusError(f"name = {args.name}: train and dev are missing, the files of the corpus of this name")
    if args.columns and not given:
        raise CorpusError(f"columns = {args.columns}: train and dev are missing, the files that have them")
    return given


def _own_files(workspace: Workspace, task: str) -> dict[str, Path]:
    """Return the files by their split below `assets/`, brought there where they are missing."""
    files = {split: workspace.assets / TASKS[task].file(split) for split in SPLITS}

    def find_missing() -> list[Path]:
        return [path for path in files.values() if not path.is_file()]

    bring(workspace, files["train"].parent, is_there=lambda: not find_missing(), make=split_polarity)
    if missing := find_missing():
        own = "name files of your own with --vars.train, --vars.dev, --vars.test and --vars.name"
        raise CorpusError(f"{missing[0]}: no such file. {REMEDY}, or {own}")
    return files


def _convert(args: argparse.Namespace, files: dict[str, Path], shares: Shares, folder: Path) -> None:
    named = {split: str(files.get(split, files["train"])) for split in SPLITS if split in files or split in shares}
    sources = {"lang": args.lang, "files": named, "md5": _digests(files, shares, args.columns)}
    if read_sources(folder) == sources:
        msg.info(f"{folder}: converted before, from the same files")
        return
    nlp = spacy.blank(args.lang)
    how = How(args.columns, split=lambda form: [token.text for token in nlp.make_doc(form)])
    corpora: dict[str, DocBin] = {}
    categories: dict[str, set[str]] = {}
    for split, path in files.items():
        pipeline = TASKS[args.task].pipeline
        reading = open_corpus(path, pipeline, how)
        msg.info(f"{path}: {reading.description}")
        docs = tqdm(make_docs(path, reading, nlp.vocab), desc=split, unit=" sentences", leave=False, disable=None)
        parts = _divide(list(docs), shares, path) if shares and split == "train" else {split: docs}
        for part, docs in parts.items():
            corpora[part], categories[part] = _pack(docs, pipeline, path)
            if unknown := sorted(categories[part] - categories["train"]):
                raise CorpusError(f"{path}: category {unknown[0]!r} is not in {files['train']}, so nothing learns it")
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SOURCES, *(f"{split}.spacy" for split in SPLITS)):
        (folder / name).unlink(missing_ok=True)
    for split, corpus in corpora.items():
        corpus.to_disk(folder / f"{split}.spacy")
        n_words = sum(map(len, corpus.tokens))
        msg.good(f"{split}: {len(corpus):,} sentences, {n_words:,} words")
        if n_words > LONG * len(corpus):
            msg.warn(f"{split}: {n_words // len(corpus):,} words a sentence; are empty lines between them missing?")
    srsly.write_json(folder / SOURCES, sources)  # the last: it says that all is there


def _digests(files: dict[str, Path], shares: Shares, columns: str) -> dict[str, str]:
    """Return a digest for each split: of its file, and of how it is read and divided."""
    digests = {}
    for split in SPLITS:
        if split in files or split in shares:
            path = files.get(split, files["train"])
            check_file(path, missing="give the path of a corpus")
            digest = hashlib.md5(path.read_bytes())
            how = [columns] if columns else []
            how += [f"{name} {share}" for name, share in shares.items() if split in (name, "train")]
            for setting in how:
                digest.update(setting.encode("utf8"))
            digests[split] = digest.hexdigest()
    return digests


def _divide(docs: list[Doc], shares: Shares, path: Path) -> dict[str, list[Doc]]:
    """Hold out shares of the sentences, always the same ones; those that are alike stay together."""
    texts = list(dict.fromkeys(doc.text for doc in docs))
    sizes = {split: max(1, round(share * len(texts))) for split, share in shares.items()}
    if len(texts) <= sum(sizes.values()):
        raise CorpusError(
            f"{path}: {len(texts)} different sentences, too few to hold out {sum(sizes.values())} of them"
        )
    Random(0).shuffle(texts)
    splits = dict.fromkeys(texts, "train")
    for split, size in sizes.items():
        splits |= dict.fromkeys([texts.pop() for _ in range(size)], split)
    return {split: [doc for doc in docs if splits[doc.text] == split] for split in ("train", *shares)}


def _pack(docs: Iterable[Doc], pipeline: Sequence[str], path: Path) -> tuple[DocBin, set[str]]:
    """Return Docs in spaCy's binary format, and their categories. Raises CorpusError where a pipe can learn nothing."""
    corpus = DocBin(store_user_data=False)
    categories: set[str] = set()
    missing = dict.fromkeys(pipeline)
    for doc in docs:
        corpus.add(doc)
        categories |= doc.cats.keys()
        for component in [name for name in missing if NEEDED[name][0](doc)]:
            del missing[component]
    for component in missing:
        raise CorpusError(f"{path}: no {NEEDED[component][1]} in it, which the {component} needs")
    return corpus, categories


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
