"""Files below `assets/`, from the data folder or from their public addresses."""

from __future__ import annotations

import lzma
import os
import tarfile
from pathlib import Path

import srsly
from corpora import CorpusError
from tasks import PROJECT
from wasabi import msg
from weasel.cli.assets import fetch_asset
from weasel.util import get_checksum

ASSETS = PROJECT / "assets"
DATA = "SPACY_ELMO_DATA"
REMEDY = f"Where there is no network, set {DATA} to a folder with the archives of the corpora"


def asset(name: str) -> Path:
    """Return the path of a file or folder below `assets/`."""
    return ASSETS / name


def unpack(folder: Path) -> None:
    """Bring a folder below `assets/` from the data folder, if it has an archive of its name, as
    tagging-ud_english_ewt.tar.xz. Raises CorpusError for one that is broken."""
    data = PROJECT.parent / (os.environ.get(DATA) or "../shared/data")
    archive = data / "archives" / f"{'-'.join(folder.relative_to(ASSETS).parts)}.tar.xz"
    if archive.is_file():
        msg.info(f"Unpacking {archive.name}")
        try:
            with tarfile.open(archive) as file:
                file.extractall(ASSETS, filter="data")
        except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
            raise CorpusError(f"{archive}: not a whole archive ({error}); get it again") from error


def download(folder: Path) -> None:
    """Fetch what project.yml has for a folder, and is not there yet. Raises CorpusError where that fails."""
    project_file = PROJECT / "project.yml"
    for entry in srsly.read_yaml(project_file)["assets"] if project_file.is_file() else []:
        dest = PROJECT / entry["dest"]
        if dest.parent == folder and not dest.is_file():
            _fetch(entry["url"], dest, entry.get("checksum"))


def _fetch(url: str, dest: Path, checksum: str | None) -> None:
    """Download a file: all of it, or none."""
    part = dest.with_name(f"{dest.name}.part")
    try:
        fetch_asset(PROJECT, url, part, checksum)
    except OSError as error:  # of the network too
        raise CorpusError(f"{dest}: cannot be downloaded from {url} ({type(error).__name__}). {REMEDY}") from error
    if checksum not in (None, get_checksum(part)):
        raise CorpusError(f"{url}: has changed since its checksum was noted in project.yml. {REMEDY}")
    part.replace(dest)
