"""Text made into two memory-mapped corpora and a vocabulary, once; memory does not grow with the text.

    manifest.json  vocab.txt  counts.npy  train/  heldout/
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence, TypeAlias

from ...text.readers import CorpusError
from ...util.files import read_json, write_json
from .mapped import Corpus
from .spool import HELDOUT, TRAIN, Document, DraftText
from .vocabulary import MARKERS, Vocabulary, check_words, choose_words

Manifest: TypeAlias = dict[str, Any]

SCHEMA = 1
MANIFEST = "manifest.json"


class Prepared(NamedTuple):
    """What a run reads.

    vocabulary: of both corpora; heldout: None where nothing was held out.
    """

    vocabulary: Vocabulary
    train: Corpus
    heldout: Corpus | None


def prepare(
    documents: Iterable[Document],
    folder: str | Path,
    *,
    sources: Mapping[str, Any],
    max_words: int | None = None,
    min_count: int = 1,
    vocabulary: Sequence[str] | None = None,
    heldout: float | Iterable[Document] = 0.01,
    seed: int = 0,
) -> Prepared:
    """Prepare documents in a folder: all of it, or nothing. A folder that has been prepared from the same sources with
    the same settings is opened as it is, and the documents are not read.

    documents: lists of sentences, which are lists of words.
    folder: made if it is missing.
    sources: facts (JSON) by which a change of the documents shows, as `describe_files` gives.
    max_words: size of the vocabulary at most, its three markers included; None for no limit. More than the text has: a
        warning.
    min_count: occurrences that a word of the vocabulary must have.
    vocabulary: words to take as they are, in their order, instead of the most frequent of the text.
    heldout: share (below 1) or number of documents that are not trained on; 0 for none; or such documents.
    seed: decides which are held out.
    Raises CorpusError where there are no words, too few documents or no vocabulary, where the folder has other things
        in it, was prepared in another way, or cannot be written.
    """
    folder = Path(folder)
    _check_settings(max_words, min_count, vocabulary, heldout)
    wanted = {
        "sources": dict(sources),
        "max_words": max_words,
        "min_count": min_count,
        "vocabulary": None if vocabulary is None else _digest(vocabulary),
        "heldout": heldout if isinstance(heldout, (int, float)) else "documents",
        "seed": seed,
    }
    if (folder / MANIFEST).exists():
        _check_same(folder, wanted)
        return open_prepared(folder)
    choose = partial(choose_words, max_words=max_words, min_count=min_count)
    with _staged(folder) as stage:
        text = DraftText(stage, documents, heldout, seed)
        found = text.count(choose if vocabulary is None else lambda counts: vocabulary)
        text.write(stage / "prepared", found)
        write_json(stage / "prepared" / MANIFEST, {"schema": SCHEMA, **wanted, "files": _sizes(stage / "prepared")})
        _move(stage / "prepared", folder)
    return open_prepared(folder)


def open_prepared(folder: str | Path) -> Prepared:
    """Open a prepared folder. Raises CorpusError or WeightsError where it is none, or its files are not whole."""
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        raise CorpusError(f"{folder}: no {MANIFEST} in it, so this is not a prepared corpus; prepare one")
    found, sizes = _read_manifest(folder)["files"], _sizes(folder)
    for name in found:
        if sizes.get(name) != found[name]:
            problem = f"has {sizes.get(name, 'no')} bytes where {found[name]} were written"
            raise CorpusError(f"{folder / name}: {problem}; remove the folder, so that it is prepared again")
    vocabulary = Vocabulary.read(folder)
    train, heldout = (Corpus(folder / name, vocabulary) for name in (TRAIN, HELDOUT))
    return Prepared(vocabulary, train, heldout if heldout.n_documents else None)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left of preparing a folder. Call it where no other process prepares it now."""
    for left in folder.parent.glob(_stage_prefix(folder) + "*"):
        shutil.rmtree(left, ignore_errors=True)


def _check_settings(
    max_words: int | None, min_count: int, vocabulary: Sequence[str] | None, heldout: float | Iterable[Document]
) -> None:
    if max_words is not None and max_words <= len(MARKERS):
        raise CorpusError(f"max_words = {max_words}: must be above {len(MARKERS)}, the number of markers")
    if min_count < 1:
        raise CorpusError(f"min_count = {min_count}: must be at least 1")
    if isinstance(heldout, (int, float)) and (heldout < 0 or heldout > 1 and heldout != int(heldout)):
        raise CorpusError(f"heldout = {heldout}: must be a share below 1, or a number of documents")
    if vocabulary is not None:
        check_words(vocabulary)


def _check_same(folder: Path, wanted: Manifest) -> None:
    manifest = _read_manifest(folder)
    different = [key for key, value in json.loads(json.dumps(wanted)).items() if manifest.get(key) != value]
    if different:
        found = "; ".join(f"{key}: {manifest.get(key)!r:.60} there, {wanted[key]!r:.60} now" for key in different)
        raise CorpusError(f"{folder}: was prepared in another way ({found}); choose another folder, or remove this one")


def _read_manifest(folder: Path) -> Manifest:
    manifest = read_json(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA or not isinstance(manifest.get("files"), dict):
        problem = f"schema = {manifest.get('schema')!r}: this version needs {SCHEMA}"
        raise CorpusError(f"{folder / MANIFEST}: {problem}; remove the folder, so that it is prepared again")
    return manifest


def _sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each file that a prepared folder has besides its manifest."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST)
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(files)}


def _digest(words: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(words).encode("utf8", "ignore"), digest_size=16).hexdigest()


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder beside another, on the same disk; both it and new parents are gone after an error."""
    if folder.is_file() or folder.is_dir() and any(folder.iterdir()):
        raise CorpusError(f"{folder}: holds something that is not a prepared corpus; choose another folder")
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=_stage_prefix(folder), dir=folder.parent) as stage:
            yield Path(stage)
    except BaseException as error:
        for parent in made:
            with suppress(OSError):
                parent.rmdir()
        if isinstance(error, OSError):
            problem = f"cannot be written ({error}); nothing was left there"
            raise CorpusError(f"{folder}: {problem}; make room, or choose another place") from error
        raise


def _stage_prefix(folder: Path) -> str:
    return f".{folder.name}-"


def _move(prepared: Path, folder: Path) -> None:
    if folder.exists():  # and is empty; not every system replaces folders
        folder.rmdir()
    os.replace(prepared, folder)
