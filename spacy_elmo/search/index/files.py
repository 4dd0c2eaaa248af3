"""The files of an index.

    index.json             written last: model and layers, and the texts, rows and digests of each folder
    texts-N/               what one call added: the output of `embed_files` in the format "npy", words in float16
    texts-N/words.npy      (rows,) uint32, the number of the word of each row
    texts-N/words.json     the words by their numbers
    texts-N/lemma.npy      the same of lemmas, where texts have them, with lemma.json; so are `pos` and `tag`
    texts-N/sentences.npy  (sentences, 2) int64, the first row of each sentence, and where its line of JSON begins
    texts-N/graph.usearch  where an approximate search was asked for
    texts-N/projection.npy (width, components) float32, what vectors are multiplied with before they are in the graph

What `index.json` names is the index: a folder that it does not name is still being written.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...embedding.settings import Layers, parse_layers
from ...text.readers import CorpusError
from ...util.digests import check_described
from ...util.files import WeightsError, read_json, write_json
from ...util.staging import staged

SCHEMA = 2
INDEX, LOCK, TEXTS = "index.json", "lock", "texts-"
SENTENCES, GRAPH, PROJECTION = "sentences.npy", "graph.usearch", "projection.npy"
ANNOTATIONS = ("lemma", "pos", "tag")
REMEDY = "copy the whole index again, or build it again"


def column_files(name: str) -> tuple[str, str]:
    """Return the files of a column: the number of each row, and the values by their numbers."""
    return f"{name}.npy", f"{name}.json"


REQUIRED = (*column_files("words"), SENTENCES)
ANNOTATED = tuple(file for name in ANNOTATIONS for file in column_files(name))


@dataclass(frozen=True)
class Texts:
    """What one call has added.

    Attributes:
        number: Of its folder, from 0 on.
        inputs: Name, size and digest of each file of text.
        rows: How many words each shard has.
        sentences: How many there are.
        files: What `describe_file` says of each file.
    """

    number: int
    inputs: list[dict[str, Any]]
    rows: list[int]
    sentences: int
    files: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{TEXTS}{self.number:06}"

    def shard(self, number: int, suffix: str) -> str:
        """Return the name of a file of a shard."""
        return f"part-{number:06}{suffix}"

    def names(self) -> Iterator[str]:
        """Yield the names of all files."""
        for number in range(len(self.rows)):
            yield from (self.shard(number, ".npy"), self.shard(number, ".jsonl"))
        yield from REQUIRED
        yield from (name for name in (*ANNOTATED, GRAPH, PROJECTION) if name in self.files)

    @property
    def has_graph(self) -> bool:
        """Whether an approximate search is possible."""
        return GRAPH in self.files


class Shard(NamedTuple):
    """Where the rows of a shard are.

    Attributes:
        texts: That it is a part of.
        start: The first row of these texts in the index.
        number: Of the shard in them.
        first: Its first row in the index.
        rows: How many it has.
    """

    texts: Texts
    start: int
    number: int
    first: int
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What `index.json` says.

    Attributes:
        model: Name or path of the model.
        digest: Of its weights.
        lang: The language whose tokenizer cut the texts.
        layers: As of `parse_layers`.
        shape: (layers, width) of a word where all layers are there, else (width,).
        texts: In the order in which they were added.
    """

    model: str
    digest: str
    lang: str
    layers: str
    shape: list[int]
    texts: list[Texts] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Words of all texts."""
        return sum(sum(texts.rows) for texts in self.texts)

    @property
    def sentences(self) -> int:
        """Sentences of all texts."""
        return sum(texts.sentences for texts in self.texts)

    def shards(self) -> Iterator[Shard]:
        """Yield all shards, in the order of their rows."""
        first = 0
        for texts in self.texts:
            start = first
            for number, rows in enumerate(texts.rows):
                yield Shard(texts, start, number, first, rows)
                first += rows

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON has of it."""
        values = asdict(self)
        for texts in values["texts"]:
            del texts["number"]
        return {"schema": SCHEMA, **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Manifest:
        """Return what `to_dict` gave, once it is known that it is such a thing."""
        texts = [Texts(i, **given) for i, given in enumerate(values["texts"])]
        given = {key: values[key] for key in ("model", "digest", "lang", "layers")}
        counts = [*values["shape"], *(n for part in texts for n in (*part.rows, part.sentences))]
        inputs = [file[key] for part in texts for file in part.inputs for key in ("name", "digest")]
        if not all(isinstance(text, str) for text in (*given.values(), *inputs)):
            raise ValueError("a name or a digest that is no text")
        if not all(type(n) is int and n > 0 for n in counts) or len(values["shape"]) not in (1, 2):
            raise ValueError("a count that is no whole number above 0")
        if not texts or not all(isinstance(part.files, dict) for part in texts):
            raise ValueError("no texts, or no files of them")
        parse_layers(values["layers"])
        return cls(**given, shape=values["shape"], texts=texts)


def read_manifest(folder: Path) -> Manifest:
    """Return what an index says of itself.

    Raises:
        CorpusError: There is no index, it is unfinished, of another version, or broken.
    """
    path = folder / INDEX
    if not path.exists():
        if (folder / f"{TEXTS}{0:06}").is_dir():
            remedy = "wait for the command that builds it, or start it again: it goes on"
            raise CorpusError(f"{folder}: an index that is not finished; {remedy}")
        raise CorpusError(f"{folder}: no index, as it has no {INDEX}; `python -m spacy elmo index` builds one")
    try:
        values = read_json(path)
        schema = values.get("schema")
        if schema != SCHEMA and isinstance(schema, int):
            other = f"an index of layout {schema}, and this version of spacy-elmo has {SCHEMA}"
            raise CorpusError(f"{path}: {other}; remove the index and build it again")
        if schema != SCHEMA:
            raise ValueError(f"schema = {schema!r}")
        return Manifest.from_dict(values)
    except (WeightsError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CorpusError(f"{path}: cannot be read ({error}); {REMEDY}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `index.json`, as a whole or not at all."""
    with staged(folder, [INDEX]) as stage:
        write_json(stage / INDEX, manifest.to_dict())


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check that the files of an index are those that it was built with: their sizes, and samples of what they hold.

    Raises:
        CorpusError: A file is missing, truncated or changed.
    """
    for texts in manifest.texts:
        for name in texts.names():
            path, facts = folder / texts.name / name, texts.files.get(name)
            try:
                check_described(path, facts)
            except OSError as error:
                raise CorpusError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from error
            except WeightsError as error:
                size, before = path.stat().st_size, facts.get("bytes") if isinstance(facts, dict) else None
                problem = f"has {size:,} bytes, and had {before}" if size != before else "has changed"
                raise CorpusError(f"{path}: {problem} when the index was built; {REMEDY}") from error


def load_array(path: Path, shape: Sequence[int], dtype: str) -> np.ndarray:
    """Return an array that is mapped.

    Raises:
        CorpusError: It is not the array that the index says.
    """
    try:
        values = np.load(path, mmap_mode="r")
        if values.shape != tuple(shape) or values.dtype != dtype:
            raise ValueError(f"{values.dtype} of shape {values.shape}, not {dtype} of {tuple(shape)}")
    except (OSError, ValueError, EOFError) as error:
        raise CorpusError(f"{path}: not the array that {INDEX} speaks of ({error}); {REMEDY}") from error
    return values


def save_array(path: Path, values: np.ndarray) -> None:
    """Write an array for `load_array`."""
    data = io.BytesIO()  # NumPy itself does not say why a disk refuses
    np.save(data, values)
    path.write_bytes(data.getbuffer())


def spell_layers(layers: Layers) -> str:
    """Return the text that `parse_layers` makes these layers of."""
    if layers.all:
        return "all"
    return ",".join(map(repr, layers.mix)) if isinstance(layers.mix, (list, tuple)) else str(layers.mix)
