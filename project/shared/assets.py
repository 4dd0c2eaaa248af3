"""Files below `assets/`, from the data folder or from their public addresses."""

from __future__ import annotations

import lzma
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import srsly
from wasabi import msg
from weasel.cli.assets import fetch_asset
from weasel.util import get_checksum

from spacy_elmo.util.staging import staged

from .arguments import StepError
from .workspace import Workspace

DATA = "SPACY_ELMO_DATA"
REMEDY = f"Where there is no network, set {DATA} to a folder with the archives of the corpora"


class CorpusError(StepError):
    """A corpus that cannot be had or read; the message names the file, the line if there is one, and the remedy."""


def bring(workspace: Workspace, folder: Path, *, is_there: Callable[[], bool], make: Callable[[Path], None]) -> None:
    """Bring a folder below `assets/`: from the data folder, or else from its public addresses.

    Args:
        workspace: The project.
        folder: The folder, below its `assets/`.
        is_there: Tells whether the folder has all that is needed; then nothing more is done.
        make: Makes what is needed of what was downloaded into the folder.

    Raises:
        CorpusError: For a broken archive, and for a download that fails.
    """
    if not is_there():
        _unpack(workspace, folder)
    if not is_there():
        _download(workspace, folder)
    if not is_there():
        make(folder)


def _unpack(workspace: Workspace, folder: Path) -> None:
    """Take a folder from the data folder, if that has an archive of its name, as tagging-ud_english_ewt.tar.xz."""
    data = workspace.repository / (os.environ.get(DATA) or "../shared/data")
    archive = data / "archives" / f"{'-'.join(folder.relative_to(workspace.assets).parts)}.tar.xz"
    if archive.is_file():
        msg.info(f"Unpacking {archive.name}")
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=workspace.assets, prefix=".unpacking-") as stage:
            with open_archive(archive) as file:
                file.extractall(stage, filter="data")
            for part in sorted((Path(stage) / folder.relative_to(workspace.assets)).glob("*")):
                if (folder / part.name).is_dir():
                    shutil.rmtree(folder / part.name)
                part.replace(folder / part.name)


@contextmanager
def open_archive(path: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar archive whose checksum is right to its end. Raises CorpusError for one that is broken."""
    try:
        with tarfile.open(path) as archive:
            archive.getmembers()
            while archive.fileobj.read(2**20):
                pass  # compressed files have their checksums behind the end of the archive
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        raise CorpusError(f"{path}: not a whole archive ({error}); remove it, and get it again") from error
    try:
        with tarfile.open(path) as archive:
            yield archive
    except tarfile.TarError as error:  # of members that lead out of the folder, too
        raise CorpusError(f"{path}: not to be unpacked ({error}); remove it, and get it again") from error


def _download(workspace: Workspace, folder: Path) -> None:
    """Fetch what project.yml names for a folder and is not there yet."""
    project_file = workspace.root / "project.yml"
    for entry in srsly.read_yaml(project_file)["assets"] if project_file.is_file() else []:
        dest = workspace.root / entry["dest"]
        if dest.parent == folder and not dest.is_file():
            _fetch(workspace, entry["url"], dest, entry.get("checksum"))


def _fetch(workspace: Workspace, url: str, dest: Path, checksum: str | None) -> None:
    """Download a file: all of it, or none."""
    msg.info(f"Downloading {url}")
    with staged(dest.parent, [dest.name]) as stage:
        part = stage / dest.name
        try:
            fetch_asset(workspace.root, url, part)
        except OSError as error:  # of the network too
            raise CorpusError(f"{dest}: cannot be downloaded from {url} ({type(error).__name__}). {REMEDY}") from error
        if not part.is_file():  # fetch_asset has printed what went wrong, no more
            raise CorpusError(f"{dest}: cannot be downloaded from {url}. {REMEDY}")
        if checksum not in (None, get_checksum(part)):
            raise CorpusError(f"{url}: has changed since its checksum was noted in project.yml. {REMEDY}")
