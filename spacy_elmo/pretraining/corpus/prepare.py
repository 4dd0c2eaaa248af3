"""Text made into two memory-mapped corpora and a vocabulary, once; memory does not grow with the text.

manifest.json  vocab.txt  counts.npy  train/  dev/
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

from ...bilm.characters import UNK
from ...text.readers import CorpusError, Document
from ...util.digests import digest_file
from ...util.files import write_json
from ...util.lock import LockedError, lock
from ...util.staging import new_folder
from .manifest import DEV_1, MANIFEST, SCHEMA, Manifest, find_differences, read_manifest
from .mapped import Corpus
from .sampling import count_tokens
from .spool import DEV, TRAIN, Spool
from .vocabulary import MARKERS, MUCH_UNKNOWN, UNK_ID, Vocabulary, check_words, choose_words, warn_of_unknown


@dataclass(frozen=True)
class CorpusSettings:
    """How a text becomes a corpus.

    Attributes:
        sources: Facts (JSON) by which a change of the text shows, as `describe_files` gives.
        max_words: Size of the vocabulary at most, its three markers included. None for no limit.
        min_count: Occurrences that a word of the vocabulary must have.
        vocabulary: Words to take as they are, in their order, instead of the most frequent of the text. None to count.
        dev_size: Share (below 1) or number of documents that are held out. 0 for none.
        seed: Decides which are held out.

    Raises:
        CorpusError: A number cannot be, or the vocabulary has not its markers in front or a word twice.
    """

    sources: Mapping[str, Any] = field(default_factory=dict)
    max_words: int | None = None
    min_count: int = 1
    vocabulary: Sequence[str] | None = None
    dev_size: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_words is not None and self.max_words <= len(MARKERS):
            raise CorpusError(f"max_words = {self.max_words}: must be above {len(MARKERS)}, the number of markers")
        if self.min_count < 1:
            raise CorpusError(f"min_count = {self.min_count}: must be at least 1")
        if self.dev_size < 0 or (self.dev_size > 1 and self.dev_size != int(self.dev_size)):
            raise CorpusError(f"dev_size = {self.dev_size}: must be a share below 1, or a number of documents")
        if self.vocabulary is not None:
            check_words(self.vocabulary)

    def describe(self, *, has_dev: bool) -> Manifest:
        """Return the settings as they stand in a manifest.

        Args:
            has_dev: Whether documents to hold out were given, so that none are chosen by dev_size.
        """
        return {
            "sources": dict(self.sources),
            "max_words": self.max_words,
            "min_count": self.min_count,
            "vocabulary": None if self.vocabulary is None else _digest(self.vocabulary),
            "dev_size": "documents" if has_dev else self.dev_size,
            "seed": self.seed,
        }


class Prepared(NamedTuple):
    """What a run reads.

    Attributes:
        vocabulary: Of both corpora.
        train: What is trained on.
        dev: What is held out; None where nothing is.
        notices: Lines for people on how it was prepared.
    """

    vocabulary: Vocabulary
    train: Corpus
    dev: Corpus | None
    notices: tuple[str, ...] = ()


def prepare_corpus(
    documents: Iterable[Document],
    folder: str | Path,
    settings: CorpusSettings,
    *,
    dev: Iterable[Document] | None = None,
) -> Prepared:
    """Prepare documents in a folder: all of it, or nothing.

    A folder that was prepared from the same sources with the same settings is opened as it is, and the documents are
    not read.

    Args:
        documents: What to train on.
        folder: Made if it is missing.
        settings: How to prepare them.
        dev: Documents that are held out. None to choose them from the others by `settings.dev_size`.

    Returns:
        The corpora and their vocabulary.

    Raises:
        CorpusError: There are no words, too few documents or no vocabulary, or the folder has other things in it, was
            prepared in another way, or cannot be written.
        LockedError: Another process is preparing text in that folder.
    """
    folder = Path(folder)
    wanted = settings.describe(has_dev=dev is not None)
    if (folder / MANIFEST).exists():
        _remove_left(folder)
        _check_same(folder, wanted)
        return open_prepared(folder)
    given = settings.vocabulary
    choose = partial(choose_words, max_words=settings.max_words, min_count=settings.min_count)
    with _staged(folder) as stage:
        if stage is not None:
            text = Spool(stage, documents, dev, dev_size=settings.dev_size, seed=settings.seed)
            vocabulary = text.count(choose if given is None else lambda counts: given)
            text.write(stage / "prepared", vocabulary)
            manifest = {"schema": SCHEMA, **wanted, **_describe_files(stage / "prepared")}
            write_json(stage / "prepared" / MANIFEST, manifest)
            _move(stage / "prepared", folder)
            return open_prepared(folder)._replace(notices=_notices(settings, len(vocabulary)))
    return prepare_corpus(documents, folder, settings, dev=dev)


def open_prepared(folder: str | Path) -> Prepared:
    """Open a prepared folder. Raises CorpusError or WeightsError where it is none, or its files are not whole.

    All files are read once, and compared with the digests of what was written.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise CorpusError(f"{folder}: no {MANIFEST} in it, so this is not a prepared corpus; prepare one")
    manifest, remedy = read_manifest(folder), "remove the folder, so that it is prepared again"
    sizes = _sizes(folder)
    for name, size in manifest["files"].items():
        if sizes.get(name) != size:
            problem = f"has {sizes.get(name, 'no')} bytes where {size} were written"
            raise CorpusError(f"{folder / name}: {problem}; {remedy}")
    for name, digest in manifest.get("digests", {}).items():  # the first versions noted none
        if digest_file(folder / name) != digest:
            raise CorpusError(f"{folder / name}: is damaged, its bytes are not those that were written; {remedy}")
    vocabulary = Vocabulary.read(folder)
    dev = Corpus(folder / (DEV if (folder / DEV).is_dir() else DEV_1), vocabulary)
    return Prepared(vocabulary, Corpus(folder / TRAIN, vocabulary), dev if dev.n_documents else None)


def describe_prepared(prepared: Prepared) -> Iterator[str]:
    """Yield lines for people on what a run reads."""
    yield from prepared.notices
    train, dev, vocabulary = prepared.train, prepared.dev, prepared.vocabulary
    unknown = float(vocabulary.counts[UNK_ID] / vocabulary.counts[UNK_ID:].sum())
    text = f"text: {train.n_words:,} words in {train.n_documents:,} documents"
    yield f"{text}, vocabulary of {len(vocabulary):,}; {unknown:.1%} of the words are {UNK}"
    if unknown > MUCH_UNKNOWN:
        yield warn_of_unknown("the text", unknown)
    if (train.weights != 1).any():
        n_tokens = count_tokens(train.sentences[train.documents], train.weights)
        yield f"sampled: a pass over the text reads {n_tokens:,} tokens where the whole has {train.n_tokens:,}"
    if dev is None:
        yield "no text is held out: perplexities are those of the training text"
    else:
        yield f"held out: {dev.n_words:,} words in {dev.n_documents:,} documents"


def _notices(settings: CorpusSettings, n_words: int) -> tuple[str, ...]:
    if settings.vocabulary is not None or settings.max_words is None or n_words >= settings.max_words:
        return ()
    found = f"the text has {n_words} words that occur {settings.min_count} times"
    return (f"vocabulary: {found}, fewer than max_words = {settings.max_words}; it has these",)


def _check_same(folder: Path, wanted: Manifest) -> None:
    different = find_differences(read_manifest(folder), json.loads(json.dumps(wanted)))
    if different:
        remedy = "give it as it was, choose another folder by paths.corpus, or remove this one"
        raise CorpusError(f"{folder}: was prepared in another way ({'; '.join(different)}); {remedy}")


def _sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each file that a prepared folder has besides its manifest."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST)
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(files)}


def _describe_files(folder: Path) -> Manifest:
    sizes = _sizes(folder)
    return {"files": sizes, "digests": {name: digest_file(folder / name) for name in sizes}}


def _digest(words: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(words).encode("utf8", "ignore"), digest_size=16).hexdigest()


@contextmanager
def _staged(folder: Path) -> Iterator[Path | None]:
    """Yield an empty folder beside another, on the same disk; both it and new parents are gone after an error.

    Yields None where another process has prepared the folder in the meantime. What killed ones left is removed.
    """
    try:
        with new_folder(folder.parent), _alone(folder):
            if (folder / MANIFEST).exists():
                yield None
                return
            if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
                raise CorpusError(f"{folder}: holds something that is not a prepared corpus; choose another folder")
            stage = _beside(folder, "unfinished")
            try:
                stage.mkdir()
                yield stage
            finally:
                shutil.rmtree(stage, ignore_errors=True)
    except LockedError:
        raise
    except OSError as error:
        problem = f"cannot be written ({error}); nothing was left there"
        raise CorpusError(f"{folder}: {problem}; make room, or choose another place") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from preparing a folder, and remove what killed ones left of it."""
    with lock(_beside(folder, "lock"), doing=f"is preparing text in {folder}"):
        before = folder.parent.glob(f".{escape(folder.name)}-????????")  # what earlier versions called it
        for left in (_beside(folder, "unfinished"), *before):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _remove_left(folder: Path) -> None:
    """Remove what was left by a process that was killed when the folder had its name already."""
    if _beside(folder, "lock").exists():
        with suppress(OSError), _alone(folder):
            pass


def _beside(folder: Path, what: str) -> Path:
    return folder.parent / f".{folder.name}.{what}"


def _move(prepared: Path, folder: Path) -> None:
    if folder.exists():  # and is empty; not every system replaces folders
        folder.rmdir()
    os.replace(prepared, folder)
