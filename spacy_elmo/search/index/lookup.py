"""What is known of each word of an index: columns of numbers, and the values that the numbers stand for."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...embedding.job import Job
from ...text.readers import CorpusError
from ...util.digests import describe_file
from ...util.files import read_json, write_json
from ...util.staging import staged
from ...util.types import Ints1d
from .files import (
    ANNOTATED,
    ANNOTATIONS,
    REMEDY,
    REQUIRED,
    SENTENCES,
    Texts,
    column_files,
    load_array,
    save_array,
)


class _Column:
    """A value a row, each value kept once."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}
        self.rows = array("I")

    def extend(self, values: Sequence[str]) -> None:
        self.rows.extend([self.values.setdefault(value, len(self.values)) for value in values])


def describe_texts(folder: Path, number: int) -> tuple[Job, Texts, list[int]]:
    """Write the lookup of a folder of vectors that is done.

    Args:
        folder: The folder of the index.
        number: Of the folder in it.

    Returns:
        Its job, what `index.json` says of it, and the shape of a word.
    """
    texts = Texts(number, [], [], 0, {})
    folder /= texts.name
    job = Job(folder)
    notes = [job.note(shard) or {} for shard in job.shards]
    rows = [note["words"] for note in notes]
    sentences, more = _write_lookup(folder, [texts.shard(i, ".jsonl") for i in range(len(rows))])
    texts = Texts(number, job.manifest["inputs"], rows, sentences, {})
    texts.files.update({name: describe_file(folder / name) for name in (*texts.names(), *more)})
    return job, texts, list(np.load(folder / texts.shard(0, ".npy"), mmap_mode="r").shape[1:])


def _write_lookup(folder: Path, parts: Sequence[str]) -> tuple[int, list[str]]:
    """Write what each row is, and where each sentence begins.

    Returns:
        How many sentences there are, and the names of the files of what is annotated.
    """
    words, sentences = _Column(), array("q")
    annotated = {name: _Column() for name in ANNOTATIONS}
    for part in parts:
        offset = 0
        with (folder / part).open("rb") as lines:
            for line in lines:
                given = json.loads(line)
                sentences.extend((len(words.rows), offset))
                words.extend(given["words"])
                nothing = [[""] * len(ANNOTATIONS)] * len(given["words"])
                for column, values in zip(annotated.values(), zip(*given.get("annotations", nothing))):
                    column.extend(values)
                offset += len(line)
    known = {name: column for name, column in annotated.items() if any(column.values)}
    with staged(folder, [*REQUIRED, *ANNOTATED]) as stage:
        for name, column in {"words": words, **known}.items():
            of_rows, of_values = column_files(name)
            save_array(stage / of_rows, np.frombuffer(column.rows, dtype="uint32"))
            write_json(stage / of_values, {"values": list(column.values)})
        save_array(stage / SENTENCES, np.frombuffer(sentences, dtype="int64").reshape(-1, 2))
    return len(sentences) // 2, [file for name in known for file in column_files(name)]


def find_rows(folder: Path, texts: Texts, name: str, is_wanted: Callable[[str], bool]) -> Ints1d:
    """Return the rows of some texts whose value in a column is wanted, in rising order.

    Args:
        folder: Of the index.
        texts: The texts; where they have no such column, no row is found.
        name: Of the column.
        is_wanted: Called with each value.

    Raises:
        CorpusError: The files are not those of the column.
    """
    rows, values = column_files(name)
    if rows not in texts.names():
        return np.empty(0, dtype="int64")
    path = folder / texts.name
    known = read_json(path / values).get("values")
    if not isinstance(known, list) or not all(isinstance(value, str) for value in known):
        raise CorpusError(f"{path / values}: not a list of values; {REMEDY}")
    wanted = [number for number, value in enumerate(known) if is_wanted(value)]
    return np.flatnonzero(np.isin(load_array(path / rows, [sum(texts.rows)], "uint32"), wanted))
