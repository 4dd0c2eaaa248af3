"""Static vectors of raw text: a table of floret, as a folder that `[initialize] vectors` takes."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path
from random import Random

import spacy
import srsly
from pydantic import BaseModel
from spacy.training.initialize import convert_vectors
from tqdm import tqdm
from wasabi import msg

from benchmarks.static.__main__ import FLORET
from project.shared.arguments import StepError
from project.shared.workspace import Workspace
from spacy_elmo.text.readers import read_documents
from spacy_elmo.text.tokenize import cut_text
from spacy_elmo.util.digests import digest_file
from spacy_elmo.util.staging import staged

from .datasets import NOTES, bring_folder

TEXT = "lm-en"  # of the folder below assets/
NAME = "floret"
WIDTH = 300


class TableNotes(BaseModel, strict=True):
    """What is known of a table: the share of the documents that it was trained on, their digests, and its own."""

    sample: float
    files: dict[str, str]
    words: int
    md5: str


def read_table_notes(workspace: Workspace) -> TableNotes | None:
    """Return what is known of the table, None where it is not there."""
    try:
        notes = TableNotes.model_validate_json((workspace.corpus / NAME / NOTES).read_bytes())
    except (OSError, ValueError):
        return None
    return notes if find_vectors(workspace).is_dir() else None


def find_vectors(workspace: Workspace) -> Path:
    """Return the folder for `[initialize] vectors`."""
    return workspace.corpus / NAME / "vectors"


def make_vectors(workspace: Workspace, sample: float) -> None:
    """Train a table, if it is not there.

    Args:
        workspace: The project.
        sample: The share of the documents that it is trained on.

    Raises:
        StepError: The package or the text is missing.
    """
    try:
        floret = import_module("floret")
    except ImportError as error:
        raise StepError(f"floret cannot be imported ({error}): pip install -e '.[benchmarks]'") from error
    texts = bring_folder(workspace, TEXT, [workspace.assets / TEXT / "train"]) / "train"
    files = {path.name: digest_file(path, "md5") for path in sorted(texts.glob("*.txt"))}
    known = read_table_notes(workspace)
    if known and (known.sample, known.files) == (sample, files):
        msg.info(f"{find_vectors(workspace)}: trained before, on the same text")
        return
    folder = workspace.corpus / NAME
    shutil.rmtree(folder, ignore_errors=True)
    with staged(folder, [NOTES, "vectors"]) as stage:
        text, table = stage / "text.txt", stage / "table.floret"
        n_words = _write_text(text, [texts / name for name in files], sample)
        msg.info(f"{NAME}: training vectors on {n_words:,} words, by one thread, so that they are always the same")
        verbose = 2 if sys.stderr.isatty() else 0
        trained = floret.train_unsupervised(str(text), model="cbow", dim=WIDTH, thread=1, verbose=verbose, **FLORET)
        trained.save_floret_vectors(str(table))
        nlp = spacy.blank("en")
        convert_vectors(nlp, table, truncate=0, prune=-1, mode="floret")
        nlp.to_disk(stage / "vectors")
        notes = TableNotes(sample=sample, files=files, words=n_words, md5=digest_file(table, "md5"))
        text.unlink()
        table.unlink()
        srsly.write_json(stage / NOTES, notes.model_dump())
    msg.good(f"{NAME}: wrote {find_vectors(workspace)}")


def _write_text(path: Path, texts: list[Path], sample: float) -> int:
    """Write some of the documents, a sentence a line with spaces between its words; return the number of words."""
    n, random = 0, Random(0)
    with path.open("w", encoding="utf8") as file:
        documents = (document for text in texts for document in read_documents(text))
        for document in tqdm(documents, desc=NAME, unit=" documents", leave=False, disable=None):
            if random.random() < sample:
                for sentence in (sentence for paragraph in document for sentence in cut_text(paragraph, "en")):
                    file.write(" ".join(sentence) + "\n")
                    n += len(sentence)
    return n
