"""What is noted of a prepared text: from what it was made, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ...text.readers import CorpusError
from ...util.files import read_json

Manifest: TypeAlias = dict[str, Any]

SCHEMA = 2
MANIFEST = "manifest.json"
DEV_1 = "heldout"  # what schema 1 called the dev text, in names of keys and of the folder
MOST_NAMES = 3  # of files, that a message lists


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a prepared folder, of any schema. Raises CorpusError or WeightsError where it is none."""
    manifest = read_json(folder / MANIFEST)
    if manifest.get("schema") not in (1, SCHEMA) or not isinstance(manifest.get("files"), dict):
        problem = f"schema = {manifest.get('schema')!r}: this version needs {SCHEMA}"
        raise CorpusError(f"{folder / MANIFEST}: {problem}; remove the folder, so that it is prepared again")
    return _with_new_names(manifest) if manifest["schema"] == 1 else manifest


def _with_new_names(manifest: Manifest) -> Manifest:
    """Return a manifest of schema 1 with the keys of today's."""
    sources = manifest.get("sources") or {}
    renamed = {key.replace(DEV_1, "dev"): value for key, value in sources.items()}
    return {**manifest, "sources": renamed, "dev_size": manifest.get(DEV_1)}


def find_differences(manifest: Manifest, wanted: Manifest) -> list[str]:
    """Return for people what was not as it is wanted now.

    Args:
        manifest: Of a prepared folder.
        wanted: The settings of a manifest, as JSON has them.
    """
    before, now = (dict(_facts({key: values.get(key) for key in wanted})) for values in (manifest, wanted))
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if "held-out text" in keys:  # how it is read goes with it
        keys = [key for key in keys if not key.startswith("dev ")]
    return [_tell(key, before.get(key), now.get(key)) for key in keys]


def _facts(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings by their names for people."""
    sources = settings.get("sources")
    sources = dict(sources) if isinstance(sources, dict) else {"sources": sources}
    dev, size = sources.pop("dev", None), settings.get("dev_size")
    yield "text", sources.pop("train", None)
    yield "held-out text", dev if size == "documents" else size
    yield from sources.items()
    yield from ((key, value) for key, value in settings.items() if key not in ("sources", "dev_size"))


def _tell(key: str, before: Any, now: Any) -> str:
    old, new = (_tell_value(key, value) for value in (before, now))
    return f"{key}: {old} has changed" if old == new else f"{key}: was {old}, now {new}"


def _tell_value(key: str, value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(file, dict) and "name" in file for file in value):
        names = [str(file["name"]) for file in value]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        return f"{', '.join(names[:MOST_NAMES])}{more}"
    if key == "held-out text" and isinstance(value, (int, float)):
        return f"a share of {value:g}" if 0 < value < 1 else f"{value:g} documents"
    if key == "vocabulary":
        return "counted" if value is None else "the given list of words"
    return f"{value!r:.60}"
