"""Bring annotated text and raw text, and convert what tasks learn from to spaCy's binary format.

python -m scripts.corpora [--sample SHARE] [--tasks TASK,TASK] [--sst FOLDER] [--squad FOLDER] [--snli FOLDER]

The Docs of each split are shuffled, always in the same way: so a share of them is the first of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import spacy
import srsly
from spacy.tokens import Doc, DocBin
from tqdm import tqdm
from wasabi import msg

from project.shared.arguments import StepError, clear_errors
from project.shared.workspace import Workspace
from spacy_elmo.util.digests import digest_file
from spacy_elmo.util.staging import staged

from .experiments import COMPARED
from .sources.datasets import DATASETS, NOTES, SPLITS, Notes, Part, count_share, find_files, read_notes
from .sources.static_vectors import make_vectors
from .tasks import TASKS, choose_tasks, share, task_parser


@clear_errors
def main(workspace: Workspace, arguments: Sequence[str]) -> None:
    parser = task_parser("Convert what tasks learn from to spaCy's binary format")
    parser.add_argument("--sample", type=share, default=1.0, help="the share of the Docs that is taken")
    args = parser.parse_args(arguments)
    tasks = choose_tasks(args)
    for name in dict.fromkeys(TASKS[task].dataset for task in tasks):
        given = "" if DATASETS[name].folder else getattr(args, name)
        try:
            _convert(workspace.corpus / name, name, find_files(workspace, name, given), args.sample)
        except StepError as error:
            if args.tasks or given:
                raise
            msg.warn(f"{name}: its tasks are left out. {error}")
    if {*tasks} & {*COMPARED}:
        try:
            make_vectors(workspace, args.sample)
        except StepError as error:
            msg.warn(f"floret: static vectors are left out. {error}")


def _convert(folder: Path, name: str, files: dict[str, list[Path]], sample: float) -> None:
    digests = {"/".join(path.parts[-2:]): digest_file(path, "md5") for paths in files.values() for path in paths}
    known = read_notes(folder)
    if known and (known.sample, known.files) == (sample, digests):
        msg.info(f"{folder}: converted before, from the same files")
        return
    nlp = spacy.blank("en")
    parts = {}
    with staged(folder, [NOTES, *(f"{split}.spacy" for split in SPLITS)]) as stage:
        for split, paths in files.items():
            read = (doc for path in paths for doc in DATASETS[name].read(path, nlp))
            docs = list(tqdm(read, desc=f"{name} {split}", unit=" Docs", leave=False, disable=None))
            docs = take_sample(docs, sample)
            file = stage / f"{split}.spacy"
            DocBin(docs=docs).to_disk(file)
            parts[split] = Part(docs=len(docs), words=sum(map(len, docs)), md5=digest_file(file, "md5"))
        notes = Notes(sample=sample, files=digests, splits=parts)
        srsly.write_json(stage / NOTES, notes.model_dump())
    sizes = ", ".join(f"{split} {part.docs:,} Docs, {part.words:,} words" for split, part in parts.items())
    msg.good(f"{name}: {sizes}")


def take_sample(docs: list[Doc], sample: float) -> list[Doc]:
    """Return a share of Docs, shuffled."""
    docs = list(docs)
    Random(0).shuffle(docs)
    return docs[: count_share(sample, len(docs), sum(map(len, docs)))]


if __name__ == "__main__":
    main(Workspace(Path.cwd()), sys.argv[1:])
