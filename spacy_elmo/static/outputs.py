"""How static vectors are written, a function a format. The same vectors give the same bytes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import spacy
from safetensors.numpy import save
from spacy.vectors import Vectors

from ..embedding.settings import Dtype
from ..pipeline.credits import Credits
from ..text.readers import CorpusError
from ..tokens.mix import to_dtype
from .means import StaticVectors

Format: TypeAlias = Literal["spacy", "word2vec", "safetensors"]
TABLE = "static_vectors"  # the one key of the metadata, as their order is not always the same


@dataclass(frozen=True)
class Facts:
    """What a file says beside its vectors.

    Attributes:
        dtype: Type of the numbers.
        prune: How many rows a table of spaCy keeps; None for all.
        name: Of a table of spaCy.
        layers: Which layers the vectors are means of.
        model: The facts of the model.
    """

    dtype: Dtype
    prune: int | None
    name: str
    layers: str
    model: Mapping[str, Any]


def write_spacy(path: Path, found: StaticVectors, facts: Facts) -> None:
    """Write a blank pipeline with vectors, as `spacy init vectors` does; with `prune`, several words share a row."""
    nlp = spacy.blank(found.lang)
    nlp.meta["description"] = f"Means of the vectors of words in context (ELMo, layers: {facts.layers})"
    Credits(nlp).update(facts.model)
    vectors = Vectors(strings=nlp.vocab.strings, data=found.vectors, name=facts.name)
    for row, word in enumerate(found.words):
        vectors.add(nlp.vocab.strings.add(word), row=row)
    nlp.vocab.vectors = vectors
    if facts.prune is not None and facts.prune < len(found.words):
        nlp.vocab.prune_vectors(facts.prune)
    rows = [nlp.vocab.vectors.find(key=word) for word in found.words]
    for spelling in sorted(found.row_of):
        nlp.vocab.vectors.add(nlp.vocab.strings.add(spelling), row=rows[found.row_of[spelling]])
    nlp.to_disk(path)


def check_word2vec(words: Sequence[str]) -> None:
    """Raise CorpusError for a word with a space in it, which the format cannot tell from its numbers."""
    bad = next((word for word in words if any(character.isspace() for character in word)), None)
    if bad is not None:
        remedy = "choose another format, or leave the word out of the text"
        raise CorpusError(f"the word {bad!r:.60} has a space in it, which word2vec text cannot have; {remedy}")


def write_word2vec(path: Path, found: StaticVectors, facts: Facts) -> None:
    """Write a line with the numbers of words and of dimensions, and one a word; compressed where the name ends in .gz.

    Numbers have as many digits as give the same number of their type again.
    """
    vectors = to_dtype(found.vectors, facts.dtype)
    with ExitStack() as stack:
        file: Any = stack.enter_context(path.open("wb"))
        if path.suffix == ".gz":
            file = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        file.write("{} {}\n".format(*vectors.shape).encode())
        for word, vector in zip(found.words, vectors):
            file.write(f"{word} {' '.join(vector.astype(str))}\n".encode())


def write_safetensors(path: Path, found: StaticVectors, facts: Facts) -> None:
    """Write the tensors `vectors` (words, width) and `counts` (words,), and the words in the metadata, as JSON."""
    about = {"lang": found.lang, "layers": facts.layers, "name": facts.model.get("name")}
    table = {"words": found.words, **about, "license": facts.model.get("license")}
    tensors = {"vectors": np.ascontiguousarray(to_dtype(found.vectors, facts.dtype)), "counts": found.counts}
    path.write_bytes(save(tensors, metadata={TABLE: json.dumps(table, ensure_ascii=False)}))


class Output(NamedTuple):
    """A format.

    Attributes:
        write: Writes a file or a directory.
        dtype: The type of numbers that it has unless another is asked for.
        check: Refuses words that it cannot have.
    """

    write: Callable[[Path, StaticVectors, Facts], None]
    dtype: Dtype = "float16"
    check: Callable[[Sequence[str]], None] = lambda words: None


OUTPUTS: dict[str, Output] = {
    "spacy": Output(write_spacy, "float32"),  # spaCy's layers compute with nothing else
    "word2vec": Output(write_word2vec, check=check_word2vec),
    "safetensors": Output(write_safetensors),
}
FORMAT_OF = {"": "spacy", ".txt": "word2vec", ".vec": "word2vec", ".gz": "word2vec", ".safetensors": "safetensors"}
