"""Installed distributions as wheels again, by the list of files that pip keeps of each.

What is installed is what was tried. `pip download` would need a network and, where torch was built for CPUs alone,
bring another build of it with gigabytes of CUDA, since that build is not on PyPI.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
from collections.abc import Iterator
from importlib.metadata import Distribution, PackagePath
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from project.shared.arguments import StepError

OF_THE_INSTALLATION = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD", "RECORD.jws", "RECORD.p7s")
CHUNK = 2**20


def repack(dist: Distribution, folder: Path) -> Path:
    """Write a distribution as a wheel and return its path.

    Args:
        dist: As it is installed.
        folder: Where the wheel goes.

    Raises:
        StepError: It has no list of files, was installed from a folder (editable), or a file is gone.
    """
    base = f"{_escape(dist.metadata['Name'])}-{_escape(dist.version)}"
    wheel, info = folder / f"{base}-{_tag(dist)}.whl", f"{base}.dist-info"
    record = []
    with ZipFile(wheel, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for path, name in sorted(_files(dist, base), key=lambda entry: entry[1]):
            source = Path(str(path.locate()))
            if not source.is_file():
                raise StepError(f"{source}: is gone from {dist.metadata['Name']}; install it again by pip")
            record.append(_add(archive, source, name))
        record.append(f"{info}/RECORD,,")
        archive.writestr(ZipInfo(f"{info}/RECORD"), "".join(f"{line}\n" for line in record))
    return wheel


def describe(dist: Distribution) -> str:
    """Return what tells an installed distribution from another."""
    return hashlib.md5((dist.read_text("RECORD") or dist.version).encode()).hexdigest()


def _files(dist: Distribution, base: str) -> Iterator[tuple[PackagePath, str]]:
    """Yield the files of a distribution with their names in a wheel; pip makes all others anew."""
    name = dist.metadata["Name"]
    if json.loads(dist.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable"):
        raise StepError(f"{name}: is installed from a folder (editable), so it has no files of its own; pip install it")
    if dist.files is None:
        raise StepError(f"{name}: another program than pip installed it, without a list of files; pip install it")
    made = {entry.name for entry in dist.entry_points if entry.group in ("console_scripts", "gui_scripts")}
    for path in dist.files:
        parts = [part for part in path.parts if part != ".."]
        if path.suffix == ".pyc" or (path.parent.name.endswith(".dist-info") and path.name in OF_THE_INSTALLATION):
            continue
        if ".." not in path.parts:
            own = path.parts[0].endswith(".dist-info")  # its name may be written in another way
            yield path, "/".join((f"{base}.dist-info", *path.parts[1:]) if own else path.parts)
        elif parts[0].lower() not in ("bin", "scripts"):
            yield path, "/".join((f"{base}.data", "data", *parts))
        elif path.name not in made and path.stem not in made:
            yield path, f"{base}.data/scripts/{path.name}"


def _add(archive: ZipFile, source: Path, name: str) -> str:
    """Write a file into a wheel, and return its line for the list of files."""
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | stat.S_IMODE(source.stat().st_mode)) << 16
    entry.file_size = source.stat().st_size
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, archive.open(entry, "w") as target:
        for chunk in _read(file, is_script=".data/scripts/" in name):
            target.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    encoded = base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    quoted = f'"{name}"' if "," in name else name
    return f"{quoted},sha256={encoded},{size}"


def _read(file: IO[bytes], *, is_script: bool) -> Iterator[bytes]:
    """Yield a file in chunks; a script for Python begins as pip wants it, to write the path of its Python there."""
    if is_script:
        first = file.readline()
        yield b"#!python\n" if re.match(rb"#!.*python", first) else first
    while chunk := file.read(CHUNK):
        yield chunk


def _tag(dist: Distribution) -> str:
    """Return for which Pythons and platforms the distribution is, as names of wheels have it."""
    lines = (dist.read_text("WHEEL") or "").splitlines()
    tags = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    if not tags or any(len(tag) != 3 for tag in tags):
        raise StepError(f"{dist.metadata['Name']}: was not installed from a wheel; pip install it")
    return "-".join(".".join(dict.fromkeys(tag[i] for tag in tags)) for i in range(3))


def _escape(text: str) -> str:
    return re.sub(r"[^\w.+!]+", "_", text, flags=re.ASCII)
