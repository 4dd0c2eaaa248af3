"""A published model comes into the cache: whole, checked, and under its own name, or not at all."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..formats import WeightsError, find_format, load
from ..formats.allennlp.hdf5 import import_h5py
from ..util.digests import digest_file
from ..util.files import read_json, write_json
from ..util.lock import lock
from ..util.staging import WriteError, staged, to_disk
from .catalogue import Published, PublishedFile, find_published
from .fetch import CHUNK, LARGEST, DownloadError, fetch

BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, RuntimeError)  # the last: secret
OPTIONS, WEIGHTS = "options.json", "weights.hdf5"


def download(name: str) -> Path:
    """Download a published model into the cache, where `pretrained = NAME` finds it.

    Args:
        name: Of the catalogue.

    Returns:
        The path that is loaded. Where the model was there already, its files have been compared with what came.

    Raises:
        WeightsError: For a name that is unknown, a model without an address, and files that have changed.
        DownloadError: Where the network does not give what it should.
        LockedError: Where another process downloads the same model.
        WriteError: Where the cache cannot be written.
    """
    model = find_published(name)
    if not model.files:
        raise WeightsError(f"{name}: no address of its weights is known; its authors are at {model.page}")
    if model.format == "allennlp":
        import_h5py(model.folder)
    cache = model.folder.parent
    with _writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with lock(cache / f".{name}.lock", doing=f"is downloading {name}"):
            record = cache / f"{name}.json"
            if model.folder.exists():
                _check_contents(model, record)
            else:
                _download(model, record)
    return model.path


def _download(model: Published, record: Path) -> None:
    known = _read_record(record, "downloads")
    parts = record.with_name(f".partial-{model.name}")
    parts.mkdir(exist_ok=True)
    for file in model.files:
        if not (parts / file.name).exists():
            fetch(file.urls, parts / file.name)
        _check_checksum(file, parts / file.name, known.get(file.name), record)
    downloads = {file.name: _digest(parts / file.name) for file in model.files}
    ready = parts / "ready"
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir()
    try:
        if model.archive:
            _unpack(_join([parts / file.name for file in model.files]), model.archive, ready)
        else:
            for file in model.files:
                (parts / file.name).replace(ready / file.name)
        _check_model(ready / model.path.relative_to(model.folder), model.format)
    except (WeightsError, DownloadError) as error:
        shutil.rmtree(parts, ignore_errors=True)
        raise DownloadError(f"{model.name}: what was downloaded is not the model ({error}); try again later") from error
    contents = {path.name: _digest(path) for path in sorted(ready.iterdir())}
    with staged(record.parent, [record.name]) as stage:
        write_json(stage / record.name, {"downloads": downloads, "contents": contents})
    for path in ready.iterdir():
        to_disk(path)
    ready.rename(model.folder)
    shutil.rmtree(parts, ignore_errors=True)


def _check_checksum(file: PublishedFile, path: Path, recorded: str | None, record: Path) -> None:
    """Compare a download with what its authors say, or with what came the first time."""
    stated = file.checksum
    if stated and _digest(path, stated.partition(":")[0]) != stated:
        path.unlink()
        raise DownloadError(f"{file.urls[0]}: not the file that its authors state ({stated}); try again")
    if recorded and _digest(path) != recorded:
        path.unlink()
        problem = f"not the file that came the first time, as {record} has it"
        raise DownloadError(f"{file.urls[0]}: {problem}; if you trust the new one, remove that record")


def _check_contents(model: Published, record: Path) -> None:
    contents = _read_record(record, "contents")
    for name in contents or [path.name for path in model.folder.iterdir()]:
        path = model.folder / name
        if not path.is_file() or _digest(path) != contents.get(name):
            problem = f"{path}: not the file that was downloaded, or it has changed since"
            raise WeightsError(f"{problem}; remove {model.folder}, and download {model.name} again")


def _read_record(record: Path, key: str) -> dict[str, str]:
    values = read_json(record).get(key) if record.exists() else {}
    return values if isinstance(values, dict) else {}


def _check_model(path: Path, kind: str) -> None:
    """Check that what came can be read, as far as its format is read here."""
    if kind in ("allennlp", "bilm-tf") or find_format(path) is not None:
        load(path, with_head=False)
    elif path.suffix == ".zip":
        with _opening(path), zipfile.ZipFile(path) as archive:
            if (broken := archive.testzip()) is not None:
                raise DownloadError(f"{broken} in it is damaged")


def _join(parts: list[Path]) -> Path:
    """Return the archive, which may have come in parts."""
    if len(parts) == 1:
        return parts[0]
    whole = parts[0].with_name("archive")
    with whole.open("wb") as file:
        for path in parts:
            with path.open("rb") as part:
                shutil.copyfileobj(part, file)
    return whole


def _unpack(archive: Path, kind: str, folder: Path) -> None:
    """Take weights and options out of an archive, and nothing else, under names of our own."""
    with _opening(archive):
        for name, file in _zip_members(archive) if kind == "zip" else _tar_members(archive):
            target = folder / (OPTIONS if name == OPTIONS else WEIGHTS)
            if target.exists():
                raise DownloadError(f"there are two files for {target.name} in it")
            with target.open("xb") as copy:
                while chunk := file.read(CHUNK):
                    if copy.tell() > LARGEST:
                        raise DownloadError(f"{name} in it is longer than {LARGEST:,} bytes")
                    copy.write(chunk)


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as members:
        for info in members.infolist():
            if _is_wanted(info.filename):
                with members.open(info) as file:
                    yield Path(info.filename).name, file


def _tar_members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive, "r|*") as members:
        for info in members:
            file = members.extractfile(info) if info.isfile() and _is_wanted(info.name) else None
            if file is not None:
                yield Path(info.name).name, file


def _is_wanted(name: str) -> bool:
    last = Path(name).name
    return last == OPTIONS or (last.endswith(".hdf5") and not last.startswith("."))  # as macOS adds to its archives


@contextmanager
def _opening(archive: Path) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise DownloadError(f"{archive.name} is not a whole archive: {error}") from error


@contextmanager
def _writing(cache: Path) -> Iterator[None]:
    """Name the cache where the system refuses to write to it."""
    try:
        yield
    except (DownloadError, WriteError):
        raise
    except OSError as error:
        if error.strerror is None:  # of ours, as of the lock
            raise
        raise WriteError(
            f"{error.filename or cache}: cannot be written ({error.strerror}); SPACY_ELMO_CACHE names another place"
        ) from error


def _digest(path: Path, algorithm: str = "sha256") -> str:
    """Return "ALGORITHM:HEX" of a file."""
    return f"{algorithm}:{digest_file(path, algorithm)}"
