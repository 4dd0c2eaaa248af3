"""HDF5: one file, with a dataset a sentence, as `allennlp elmo` and `elmoformanylangs test` write them.

AllenNLP's keys are the numbers of the sentences, and `sentence_to_index` is a JSON object of texts and keys. The keys
of ELMoForManyLangs are the words, with tabs between them. Shards are files of their own, which are merged in the end.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ...text.readers import CorpusError
from ..embedder import Row
from ..settings import Settings

TEXTS = "texts"  # of a shard: the text, or the words, of each of its datasets "0", "1", ...
INDEX = "sentence_to_index"
LONGEST_INDEX = 2**28  # characters of all texts together, which memory has to hold
ESCAPES = {".": "$period$", "/": "$backslash$"}  # as elmoformanylangs spells what HDF5 takes for a path


def check() -> None:
    """Raise ImportError where what this needs is not installed."""
    try:
        import h5py  # noqa: F401
    except ImportError as error:
        raise ImportError('HDF5 needs h5py: pip install "spacy-elmo[hdf5]"') from error


def write(stage: Path, name: str, rows: Iterable[Row], settings: Settings) -> None:
    """Write a shard: (words, width) a sentence, or (layers, words, width) of all layers."""
    import h5py

    texts = []
    with h5py.File(name, "w", driver="core", backing_store=False) as file:  # HDF5 itself does not survive a full disk
        for i, row in enumerate(rows):
            file[str(i)] = row.vectors if row.layers is None else row.layers
            texts.append(row.text if settings.format == "allennlp" else "\t".join(row.words))
        file.create_dataset(TEXTS, (len(texts),), dtype=h5py.string_dtype(), data=texts)
        file.flush()
        (stage / f"{name}.hdf5").write_bytes(file.id.get_file_image())


def merge(path: Path, parts: Sequence[Path], settings: Settings, notify: Callable[[str], object]) -> None:
    """Write all sentences of the shards into one file.

    Raises:
        CorpusError: A shard cannot be read.
        OSError: The disk has no room for them.
    """
    import h5py

    needed = sum(part.stat().st_size for part in parts)
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {needed / 2**30:,.1f} GiB are needed to merge")
    with h5py.File(path, "w", libver="latest") as file:
        for key, value in settings.describe().items():
            file.attrs[key] = value
        index: dict[str, str] = {}
        n, size, again = 0, 0, 0
        for part in parts:
            try:
                with h5py.File(part) as shard:
                    for i, text in enumerate(shard[TEXTS].asstr()[()]):
                        key = str(n) if settings.format == "allennlp" else spell_key(text)
                        if key in file:
                            again += 1  # the same words have the same vectors
                            continue
                        shard.copy(str(i), file, key)
                        n, size = n + 1, size + len(text)
                        if settings.format == "allennlp" and size <= LONGEST_INDEX:
                            index[text] = key
            except (OSError, KeyError) as error:
                remedy = f"remove {part.name} and run the same command again"
                raise CorpusError(f"{part}: not a whole HDF5 file ({error}); {remedy}") from error
        if again:
            notify(f"{again:,} sentences are there several times; they have one key")
        if settings.format == "allennlp" and size <= LONGEST_INDEX:
            file.create_dataset(INDEX, (1,), dtype=h5py.string_dtype(), data=[json.dumps(index)])
        elif settings.format == "allennlp":
            notify(f"{INDEX} is left out: memory would have to hold all texts")


def spell_key(text: str) -> str:
    """Return the key of words with tabs between them, as elmoformanylangs spells it."""
    for character, spelled in ESCAPES.items():
        text = text.replace(character, spelled)
    return text
