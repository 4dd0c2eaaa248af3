"""An index that is open: the uses of words that are nearest to a word in its context."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial, reduce
from operator import eq
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...embedding.embedder import Embedder
from ...embedding.settings import parse_layers
from ...text.readers import CorpusError
from ...tokens.mix import Mix, check_mix, resolve_mix
from ...util.checks import check_size
from ...util.types import Floats1d, Floats2d, Floats3d, Ints1d
from .approximate import find_candidates
from .exact import BLOCK, mix_block, nearest_rows, shard_cosines
from .files import (
    REMEDY,
    SENTENCES,
    Manifest,
    Shard,
    Texts,
    check_files,
    column_files,
    load_array,
    read_manifest,
)
from .lookup import find_rows
from .query import embed_query, load_embedder, span_of

DEFAULT = "average"  # layers of a search, where the index has all


class Neighbor(NamedTuple):
    """A word in a sentence of the index that is near to a query.

    Attributes:
        cosine: Between its vector and that of the query.
        place: Of its sentence, as FILE:LINE#SENTENCE, or the id that its record has.
        word: The word.
        start: Where it starts in the text.
        text: The sentence.
        row: Of the index, from 0 on.
    """

    cosine: float
    place: str
    word: str
    start: int
    text: str
    row: int


class Index:
    """Uses of words, to be searched by the cosine of their vectors. `open_index` returns one.

    Args:
        folder: What `build_index` wrote.
        model: Name or path of the model, where it is not where it was when the index was built.
    """

    def __init__(self, folder: Path, model: str | None = None):
        self.folder, self.model = folder, model
        self.manifest: Manifest = read_manifest(folder)
        check_files(folder, self.manifest)

    def __len__(self) -> int:
        """Return how many words there are."""
        return self.manifest.rows

    def nearest(
        self,
        query: str,
        *,
        layer: Mix | None = None,
        top: int = 10,
        same_word: bool = False,
        lower: bool = False,
        lemma: str | None = None,
        pos: str | None = None,
        tag: str | None = None,
        exact: bool = False,
    ) -> list[Neighbor]:
        """Return the uses that are nearest to a word in its context.

        Args:
            query: A sentence with one word in brackets, as "He scored on a brilliant [play] ."
            layer: "top", "average", the number of a layer, or a weight for each. None for "average", or what the index
                has if that is not all layers.
            top: How many to return, if there are so many.
            same_word: Whether to return only uses of the word, in its spelling.
            lower: Whether to return only uses of the word, in upper or lower case.
            lemma: Return only uses with this lemma, where the texts have lemmas.
            pos: Return only uses with this part of speech, such as "NOUN".
            tag: Return only uses with this tag of the language, such as "NNS".
            exact: Whether to compare all vectors where there is a graph. It serves for searches of all words by the
                default `layer`; others are exact.

        Returns:
            The nearest first; of equal ones, the first of the index.

        Raises:
            ValueError: The query has not one word in brackets, or the index has not the layer, or no such annotation.
            WeightsError: The model cannot be loaded.
            CorpusError: Its weights are not those of the index, or the index has changed.
        """
        check_size("top", top)
        annotated = {"lemma": lemma, "pos": pos, "tag": tag}
        self._check_annotated(annotated)
        weights = self._weights(layer)
        word, layers = self.embed(query)
        (vector,) = mix_block(layers[None], weights)
        vector /= np.linalg.norm(vector) or 1
        wanted: dict[str, Callable[[str], bool]]
        wanted = {name: partial(eq, value) for name, value in annotated.items() if value is not None}
        if same_word or lower:
            wanted["words"] = lambda other: other == word or (lower and other.lower() == word.lower())
        rows = self._find_rows(wanted) if wanted else None
        if rows is None and not exact and np.array_equal(weights, self._weights(None)):
            rows = self._candidates(vector, top)
        found = nearest_rows(self._cosines(vector, weights, rows), top)
        return [self._neighbor(row, cosine) for row, cosine in zip(*(values.tolist() for values in found))]

    def embed(self, query: str) -> tuple[str, Floats2d]:
        """Return the word in brackets, and its vectors as those of `vectors_of`: (layers, width).

        Args:
            query: As of `nearest`.

        Raises:
            ValueError: As of `nearest`.
            WeightsError: As of `nearest`.
            CorpusError: The weights of the model are not those of the index.
        """
        return embed_query(self._embedder, query)

    @property
    def mix(self) -> Mix | None:
        """What the one vector of each word is made of; None where the index has all layers."""
        own = parse_layers(self.manifest.layers)
        return None if own.all else own.mix

    @cached_property
    def _embedder(self) -> Embedder:
        return load_embedder(self.manifest, self.model)

    def _weights(self, layer: Mix | None) -> Floats1d:
        """Return the weights of the layers that the index has."""
        own, n_layers = self.mix, self._embedder.pipe.shim.config.n_outputs
        try:
            if layer is not None:
                check_mix(layer)
            weights = resolve_mix((DEFAULT if own is None else own) if layer is None else layer, n_layers)
        except ValueError as error:
            raise ValueError(f"layer = {str(error).removeprefix('mix = ')}") from error
        if own is None:
            return weights
        if not np.allclose(weights, resolve_mix(own, n_layers)):
            has = f"{self.folder} has no vectors but of layers = {self.manifest.layers!r}"
            raise ValueError(f"layer = {layer!r}: {has}; leave it out, or build an index of all layers")
        return np.ones(1, dtype="float32")

    def annotated(self, name: str) -> int:
        """Return of how many words a text says what they are.

        Args:
            name: "lemma", "pos" or "tag".
        """
        return len(self._find_rows({name: bool}))

    def _check_annotated(self, wanted: Mapping[str, str | None]) -> None:
        for name, value in wanted.items():
            if value == "":
                raise ValueError(f"{name} = '': has nothing to look for; name one, or leave it out")
            if value is not None and not any(column_files(name)[0] in texts.files for texts in self.manifest.texts):
                problem = f"{self.folder} has none, as its texts are not annotated with it"
                remedy = "index CoNLL-U files, or Docs (.spacy) of a pipeline that sets it"
                raise ValueError(f"{name} = {value!r}: {problem}; leave it out, or {remedy}")

    def _find_rows(self, wanted: Mapping[str, Callable[[str], bool]]) -> Ints1d:
        """Return the rows whose values in some columns are wanted, in rising order."""
        found, start = [], 0
        for texts in self.manifest.texts:
            rows = [find_rows(self.folder, texts, name, is_wanted) for name, is_wanted in wanted.items()]
            found.append(start + reduce(np.intersect1d, rows))
            start += sum(texts.rows)
        return np.concatenate(found)

    def _candidates(self, query: Floats1d, top: int) -> Ints1d | None:
        """Return rows that may be near, all of those without a graph among them; None where there is no graph."""
        if not any(texts.has_graph for texts in self.manifest.texts):
            return None
        found, start = [], 0
        for texts in self.manifest.texts:
            n_rows = sum(texts.rows)
            path = self.folder / texts.name
            rows = find_candidates(path, query, top, n_rows) if texts.has_graph else np.arange(n_rows)
            found.append(start + rows)
            start += n_rows
        return np.concatenate(found)

    def vectors(self, texts: Texts, layer: Mix | None = None) -> Iterator[Floats2d]:
        """Yield the vectors of some texts, block by block, as float32.

        Args:
            texts: Of the manifest.
            layer: As of `nearest`.
        """
        weights = self._weights(layer)
        for shard in self.manifest.shards():
            if shard.texts == texts:
                vectors = self._load(shard)
                size = max(1, BLOCK // vectors.shape[-1])
                yield from (mix_block(vectors[i : i + size], weights) for i in range(0, len(vectors), size))

    def vectors_of(self, rows: Sequence[int]) -> Floats3d:
        """Return (layers, rows, width), in float16; one layer where the index has one vector a word.

        Args:
            rows: One or more, in any order.
        """
        shards = map(self._shard, rows)
        return np.stack([self._load(shard)[row - shard.first] for row, shard in zip(rows, shards)], axis=1)

    def _shard(self, row: int) -> Shard:
        return [shard for shard in self.manifest.shards() if shard.first <= row][-1]

    def _load(self, shard: Shard) -> Floats3d:
        """Return (rows, layers, width), mapped."""
        path = self.folder / shard.texts.name / shard.texts.shard(shard.number, ".npy")
        vectors = load_array(path, [shard.rows, *self.manifest.shape], "float16")
        return vectors.reshape(shard.rows, -1, self.manifest.shape[-1])

    def _cosines(self, query: Floats1d, weights: Floats1d, rows: Ints1d | None) -> Iterator[tuple[Ints1d, Floats1d]]:
        """Yield rows, of those that are asked for, and their cosines."""
        for shard in self.manifest.shards():
            first, within = shard.first, None
            if rows is not None:
                within = rows[slice(*np.searchsorted(rows, (first, first + shard.rows)))] - first
            blocks = shard_cosines(self._load(shard), weights, query, within)
            yield from ((first + part, cosines) for part, cosines in blocks)

    def _neighbor(self, number: int, cosine: float) -> Neighbor:
        shard = self._shard(number)
        folder, row = self.folder / shard.texts.name, number - shard.start
        sentences = load_array(folder / SENTENCES, [shard.texts.sentences, 2], "int64")
        first, offset = sentences[np.searchsorted(sentences[:, 0], row, side="right") - 1].tolist()
        path = folder / shard.texts.shard(shard.number, ".jsonl")
        try:
            with path.open("rb") as file:
                file.seek(offset)
                line = json.loads(file.readline())
            text, place = line["text"], line["id"]
            start, end = span_of(text, line["words"], row - first)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise CorpusError(f"{path}: not the sentences of the index ({error}); {REMEDY}") from error
        return Neighbor(cosine, str(place), text[start:end], start, text, number)


def open_index(path: str | os.PathLike[str], *, model: str | None = None) -> Index:
    """Open an index. Its files are mapped, and read when they are searched.

    Args:
        path: The directory that `build_index` wrote.
        model: Name or path of the model, where it is not where it was when the index was built.

    Raises:
        CorpusError: There is no index, it is not finished, or a file of it is truncated or changed.
    """
    return Index(Path(path), model)
