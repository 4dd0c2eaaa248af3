"""How vectors are written, a module a format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..settings import Settings
from . import docs, hdf5, npy, parquet

__all__ = ["OUTPUTS", "Output"]


class Output(NamedTuple):
    """A format.

    Attributes:
        check: Raises ImportError where a package is missing.
        write: Writes the files of a shard, its name and one of the suffixes each, into a folder.
        suffixes: How the names of the files of a shard end.
        of_docs: Whether it takes Docs, not rows.
        merge: Makes one file of the shards; None where they stay files of their own.
    """

    check: Callable[[], object]
    write: Callable[[Path, str, Iterable[Any], Settings], object]
    suffixes: tuple[str, ...]
    of_docs: bool = False
    merge: Callable[[Path, Sequence[Path], Settings, Callable[[str], object]], object] | None = None


OUTPUTS: dict[str, Output] = {
    "parquet": Output(parquet.check, parquet.write, (".parquet",)),
    "npy": Output(npy.check, npy.write, (".npy", ".jsonl")),
    "spacy": Output(docs.check, docs.write, (".spacy",), of_docs=True),
    "allennlp": Output(hdf5.check, hdf5.write, (".hdf5",), merge=hdf5.merge),
    "elmoformanylangs": Output(hdf5.check, hdf5.write, (".hdf5",), merge=hdf5.merge),
}
