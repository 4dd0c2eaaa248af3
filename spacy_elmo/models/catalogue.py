"""Models that others published: what they are, where they come from, and where they lie once they are downloaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..util.files import WeightsError, read_json

CATALOGUE = Path(__file__).with_name("catalogue.json")
CACHE = "SPACY_ELMO_CACHE"
LIST, DOWNLOAD = "python -m spacy elmo models", "python -m spacy elmo download"


class PublishedFile(NamedTuple):
    """A file to download.

    Attributes:
        name: What it is called here.
        urls: Addresses, all of the same file.
        checksum: "ALGORITHM:HEX" as its authors state it, None where they do not.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str | None


class Published(NamedTuple):
    """A model of the catalogue. What its authors do not state is None.

    Attributes:
        name: What `pretrained` is set to.
        lang: Code of its language.
        domain: The text that it was trained on.
        format: "allennlp", "elmoformanylangs" or "bilm-tf".
        dimensions: Layers, cells and projection.
        parameters: Their number.
        bytes: About the bytes that are downloaded.
        license: Of the weights.
        page: Where its authors describe it.
        archive: What the weights are unpacked from, "zip" or "tar"; None where files stay as they are.
        files: What to download; none where no address is known.
    """

    name: str
    lang: str | None
    domain: str | None
    format: str
    dimensions: str | None
    parameters: int | None
    bytes: int | None
    license: str | None
    page: str
    archive: str | None
    files: tuple[PublishedFile, ...]

    @property
    def folder(self) -> Path:
        """Where it lies once it is downloaded."""
        return cache_folder() / self.name

    @property
    def path(self) -> Path:
        """What the formats read: the one file that stays as it is, or else the folder."""
        return self.folder / self.files[0].name if len(self.files) == 1 and not self.archive else self.folder

    @property
    def facts(self) -> dict[str, str]:
        """What the meta of the model says, as far as it is known."""
        facts = {"name": self.name, "lang": self.lang, "license": self.license, "url": self.page}
        facts["training_data"] = self.domain
        return {key: value for key, value in facts.items() if value}

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**self._asdict(), "files": [file._asdict() for file in self.files]}


@cache
def read_catalogue() -> dict[str, Published]:
    """Return the published models by name."""
    return {entry["name"]: _published(entry) for entry in read_json(CATALOGUE)["models"]}


def find_published(name: str) -> Published:
    """Return a model of the catalogue.

    Raises:
        WeightsError: For a name that is not in it.
    """
    models = read_catalogue()
    if name not in models:
        near = get_close_matches(name, models, n=1)
        hint = f"; did you mean {near[0]}" if near else ""
        raise WeightsError(f"no published model is named {name!r}{hint}; `{LIST}` prints all")
    return models[name]


def known_facts(name: object, path: Path) -> dict[str, str]:
    """Return what the catalogue says of a model by its name, if it was found in its place; else nothing."""
    model = read_catalogue().get(name) if isinstance(name, str) else None
    return model.facts if model is not None and model.path == path else {}


def find_downloaded(name: str) -> Path | None:
    """Return the path of a downloaded model, or None for a name that is not in the catalogue.

    Raises:
        WeightsError: For a model that is in it and not downloaded.
    """
    model = read_catalogue().get(name)
    if model is not None and not model.folder.exists():
        raise WeightsError(f"{name}: a published model that is not downloaded; get it by `{DOWNLOAD} {name}`")
    return None if model is None else model.path


def catalogue_rows(models: Iterable[Published]) -> Iterator[tuple[str, ...]]:
    """Yield the header of a table, and the row of each model."""
    yield ("name", "lang", "text", "dimensions", "size", "licence", "format")
    for model in models:
        size = f"{model.bytes / 1e6:,.0f} MB" if model.bytes else "no address" if not model.files else ""
        facts = (model.name, model.lang, model.domain, model.dimensions, size, model.license, model.format)
        yield tuple(fact or "" for fact in facts)


def cache_folder() -> Path:
    """Return the folder of downloaded models: what `SPACY_ELMO_CACHE` names, or else a place of the system's."""
    if given := os.environ.get(CACHE):
        return Path(os.path.expanduser(given))
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "spacy-elmo"


def _published(entry: dict[str, Any]) -> Published:
    files = [PublishedFile(file["name"], tuple(file["urls"]), file.get("checksum")) for file in entry["files"]]
    return Published(**{"archive": None, **entry, "files": tuple(files)})
