"""The files of a model, in a folder or a zip file, which is not unpacked onto the disk. No more is read than asked."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from ...util.files import LONGEST_TEXT, WeightsError, check_file, file_in, parse_json

ENCODER, TOKENS, CONFIG = "encoder.pkl", "token_embedder.pkl", "config.json"
PICKLES, WORDS, CHARACTERS = (ENCODER, TOKENS), "word.dic", "char.dic"
FILES = (ENCODER, TOKENS, CONFIG, WORDS, CHARACTERS)
CONVERTED = "weights.safetensors"  # of a model directory, which `convert` may have put into the same folder
ZIP_START = b"PK\x03\x04"


class Files(Protocol):
    """The files of a model by name."""

    def where(self, name: str) -> str:
        """Return what messages call a file."""

    def has(self, name: str) -> bool:
        """Return whether a file is there."""

    def open(self, name: str, limit: int) -> BinaryIO:
        """Open a file that can be sought in. Raises WeightsError where it is missing or has more bytes than limit."""


def recognises(path: str | Path) -> bool:
    """Return whether a path is a folder with such pickles, a file in one, or a zip file that has them, or is broken."""
    path = Path(path)
    if path.is_dir():
        return any((path / name).exists() for name in PICKLES) and not (path / CONVERTED).exists()
    if path.name in (*PICKLES, WORDS, CHARACTERS):
        return recognises(path.parent)
    if not _is_zip(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_folders(archive))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # reading it says what is wrong


def read_text(files: Files, name: str) -> str:
    """Return the text of a UTF-8 file. Raises WeightsError, with the line, where it is none."""
    with files.open(name, LONGEST_TEXT) as file:
        data = file.read()
    try:
        return data.decode("utf8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"not UTF-8 text ({error.reason})"
        raise WeightsError(f"{files.where(name)}:{line}: {problem}; copy or download it again") from error


def read_json(files: Files, name: str) -> dict:
    """Return the object in a JSON file. Raises WeightsError where there is none."""
    return parse_json(read_text(files, name), files.where(name))


@contextmanager
def open_files(path: Path) -> Iterator[Files]:
    """Open the model at a path that was recognised.

    Raises:
        WeightsError: For a zip file that is broken, has several models, or a member that leads out of it.
    """
    if not _is_zip(path):
        yield Folder(path if path.is_dir() else path.parent)
        return
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise WeightsError(f"{path}: not a whole ZIP archive ({error}); download it again") from error
        yield Archive(path, archive)


class Folder:
    """A model in a folder.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def where(self, name: str) -> str:
        return str(self.folder / name)

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def open(self, name: str, limit: int) -> BinaryIO:
        path = self.folder
        for part in PurePosixPath(name).parts:
            path = file_in(path, part)
        check_file(path, missing="copy or unpack the whole model")
        _check_size(self.where(name), path.stat().st_size, limit)
        return path.open("rb")


class Archive:
    """A model in a zip file.

    Args:
        path: The file, for messages.
        archive: The same, open.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile):
        self.path, self.archive = path, archive
        self.members: dict[str, zipfile.ZipInfo] = {}
        for member in archive.infolist():
            self._check(member)
            self.members[member.filename] = member
        folders = _folders(archive)
        if len(folders) != 1:
            names = ", ".join(folders) or "none"
            raise WeightsError(f"{path}: must have one model, has {names}; unpack it, and name one")
        self.folder = folders[0]

    def where(self, name: str) -> str:
        return f"{self.path}: {name}"

    def has(self, name: str) -> bool:
        return str(PurePosixPath(self.folder, name)) in self.members

    def open(self, name: str, limit: int) -> BinaryIO:
        if not self.has(name):
            raise WeightsError(f"{self.where(name)}: not in the archive; download it again")
        member = self.members[str(PurePosixPath(self.folder, name))]
        _check_size(self.where(name), member.file_size, limit)
        try:
            return io.BytesIO(self.archive.read(member))
        except Exception as error:  # of any of the ways to compress
            remedy = "download it again, or unpack it by another program and name the folder"
            raise WeightsError(f"{self.where(name)}: cannot be unpacked ({error}); {remedy}") from error

    def _check(self, member: zipfile.ZipInfo) -> None:
        """Refuse members that no archive of a model has: those that would be written elsewhere, links, second ones."""
        name = member.filename.replace("\\", "/")
        parts, problem = name.split("/"), ""
        if name.startswith("/") or ".." in parts or ":" in parts[0]:
            problem = "leads out of the archive"
        elif stat.S_ISLNK(member.external_attr >> 16):
            problem = "is a link"
        elif member.filename in self.members:
            problem = "is there twice"
        if problem:
            raise WeightsError(f"{self.path}: the member {name!r:.200} {problem}; take another archive")


def _is_zip(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as file:
        return os.path.isfile(path) and file.read(len(ZIP_START)) == ZIP_START
    return False


def _folders(archive: zipfile.ZipFile) -> list[str]:
    """Return the folders of an archive that have pickles of a model, `.` for its root."""
    names = (PurePosixPath(name) for name in archive.namelist())
    return sorted({str(name.parent) for name in names if name.name in PICKLES})


def _check_size(where: str, size: int, limit: int) -> None:
    if size > limit:
        problem = f"{size:,} bytes, where the model needs {limit:,} at most"
        raise WeightsError(f"{where}: {problem}; is it of another model, or made to fill the memory?")
