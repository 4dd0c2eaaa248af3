"""Wheels without new processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import ZipFile

import spacy.cli
import srsly


def package_here(command: list[Any], **_: Any) -> str:
    """Do what `spacy package` does in this process, and pack what it wrote in place of `pip wheel`."""
    if "spacy" in command:
        _, _, _, _, model, folder, _, _, *named = command
        name = named[1] if named else None
        spacy.cli.package(
            Path(model), Path(folder), name=name, create_sdist=False, create_wheel=False, require_parent=True
        )
    else:
        pack(Path(command[-1]), Path(command[-2]))
    return ""


def pack(source: Path, folder: Path) -> None:
    """Write a wheel of the folder of a package."""
    meta = srsly.read_json(source / "meta.json")
    name = f"{meta['lang']}_{meta['name']}"
    metadata = [f"Name: {name}", f"Version: {meta['version']}", *(f"Requires-Dist: {r}" for r in meta["requirements"])]
    with ZipFile(folder / f"{name}-{meta['version']}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}-{meta['version']}.dist-info/METADATA", "\n".join(metadata))
        for path in sorted(source.rglob("*")):
            if path.is_file():
                archive.write(path, str(path.relative_to(source)))


def write_wheel(folder: Path, name: str, version: str) -> Path:
    """Write a wheel with nothing in it but its name and version."""
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n")
    return wheel
