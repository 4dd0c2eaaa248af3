"""Sizes and digests, by which it shows that a file is no longer the one that was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .files import WeightsError

SMALL = 2**23  # bytes of a file that is read as a whole whenever the model is loaded
BLOCK, N_BLOCKS = 2**16, 64  # of a larger one, so many parts of this size are read, the first and the last among them


def digest_file(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file, read in pieces: a gigabyte takes about a second.

    Args:
        path: The file.
        algorithm: A name that hashlib knows.
    """
    return _digest(path, whole=True, algorithm=algorithm)


def describe_file(path: Path) -> dict[str, Any]:
    """Return the size of a file, its digest, and the digest of its sample where loading checks no more than this."""
    size = path.stat().st_size
    facts: dict[str, Any] = {"bytes": size, "sha256": _digest(path, whole=True)}
    return facts if size <= SMALL else {**facts, "sample": _digest(path, whole=False)}


def check_described(path: Path, facts: Any, *, whole: bool = False) -> None:
    """Check that a file is the one that was described.

    Args:
        path: The file.
        facts: What `describe_file` returned of it.
        whole: Whether all of a large file is read (1 s a GB), and not the sample alone.

    Raises:
        WeightsError: Where it is another one, or has changed.
    """
    facts = facts if isinstance(facts, Mapping) else {}
    size, key = path.stat().st_size, "sha256"
    if size > SMALL and not whole:
        key = "sample"
    if size != facts.get("bytes") or _digest(path, whole=key == "sha256") != facts.get(key):
        problem = "not the file that config.json was written with, or it has changed since"
        raise WeightsError(f"{path}: {problem}; copy the whole model directory again, or write it again")


def _digest(path: Path, *, whole: bool, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb", buffering=0) as file:
        for part in _all(file) if whole else _sample(file, path.stat().st_size):
            digest.update(part)
    return digest.hexdigest()


def _all(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(2**20):
        yield part


def _sample(file: BinaryIO, size: int) -> Iterator[bytes]:
    for i in range(N_BLOCKS):
        file.seek((size - BLOCK) * i // (N_BLOCKS - 1))
        yield file.read(BLOCK)
