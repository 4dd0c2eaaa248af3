"""A folder of wheels that knows what each was made from, so that none is made twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import srsly

from spacy_elmo.util.staging import staged

FILE = "wheels.json"


class WheelFolder:
    """Wheels that are there whole or not at all.

    Args:
        folder: Made with the first wheel.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.digests, self.tried = _read(folder / FILE)
        self.kept: list[str] = []

    def keep(self, digest: str, make: Callable[[Path], Path]) -> Path:
        """Return the path of a wheel, which is made where it is not there.

        Args:
            digest: Of what it is made from.
            make: Makes it in a folder, and returns its path.
        """
        for name, known in self.digests.items():
            if known == digest and (self.folder / name).is_file():
                self.kept.append(name)
                return self.folder / name
        with TemporaryDirectory() as stage:
            made = make(Path(stage))
            with staged(self.folder, [made.name]) as place:
                shutil.move(made, place / made.name)
        self.digests[made.name] = digest
        self.kept.append(made.name)
        self._write()
        return self.folder / made.name

    def remove_others(self) -> None:
        """Remove the wheels that were made before, and are not of those that were kept."""
        for name in set(self.digests) - set(self.kept):
            (self.folder / name).unlink(missing_ok=True)
            del self.digests[name]
        self._write()

    def is_tried(self) -> bool:
        """Return whether these very wheels were tried."""
        return self.tried == self.digests and set(self.kept) == set(self.digests)

    def note_trial(self) -> None:
        """Remember that the wheels were tried."""
        self.tried = dict(self.digests)
        self._write()

    def _write(self) -> None:
        with staged(self.folder, [FILE]) as stage:
            facts = {"made": dict(sorted(self.digests.items())), "tried": dict(sorted(self.tried.items()))}
            (stage / FILE).write_text(json.dumps(facts, indent=2), encoding="utf8")


def _read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was made and tried, nothing where that is not known."""
    try:
        facts = srsly.read_json(path)
        return _names(facts["made"]), _names(facts["tried"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}, {}


def _names(facts: Any) -> dict[str, str]:
    """Return digests by names of files of the folder; nothing else is removed or taken for a wheel."""
    return {name: str(digest) for name, digest in facts.items() if name == Path(name).name and name.endswith(".whl")}
