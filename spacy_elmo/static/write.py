"""From files of text to a file of static vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..embedding.settings import Dtype
from ..models.describe import read_facts
from ..text.readers import CorpusError
from ..util.checks import check_choice, check_size
from ..util.staging import staged
from .means import StaticVectors, static_vectors
from .outputs import FORMAT_OF, OUTPUTS, Facts, Format


def write_static(
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    format: Format | None = None,
    dtype: Dtype | None = None,
    prune: int | None = None,
    name: str | None = None,
    model: str = "en_elmo_sm",
    layers: str = "average",
    **settings: Any,
) -> StaticVectors:
    """Write the mean of the vectors of each frequent word of a corpus, as a whole or not at all.

    What is written needs neither torch nor this package.

    Args:
        inputs: What `spacy_elmo.embedding.embed_files` reads.
        output: A file or a directory that is not there yet.
        format: "spacy" for a directory as of `spacy init vectors`; "word2vec" for text, compressed where the name ends
            in ".gz"; or "safetensors". None for what the suffix says.
        dtype: "float32" or "float16". None for float16, and float32 for spaCy, which computes with nothing else.
        prune: How many vectors a table of spaCy keeps. Rarer words then share the nearest of them. None for all.
        name: Of the table in spaCy. None for language and name of the output, as "en_news.vectors".
        model: As of `static_vectors`.
        layers: As of `static_vectors`.
        **settings: The others of `static_vectors`.

    Returns:
        What was written, before pruning.

    Raises:
        CorpusError: The inputs cannot be read or hold no text, no word is frequent enough, a word cannot stand in the
            format, or the output exists.
        WeightsError: The model cannot be loaded.
        WriteError: The output cannot be written.
        ValueError: A setting is out of range.
    """
    output = Path(output)
    format = format or _find_format(output)
    check_choice("format", format, Format)
    kind = OUTPUTS[format]
    dtype = dtype or kind.dtype
    check_choice("dtype", dtype, Dtype)
    if format == "spacy" and dtype == "float16":
        raise ValueError("dtype = 'float16': spaCy computes with float32 alone; leave it out, or choose another format")
    if prune is not None:
        check_size("prune", prune)
    if format != "spacy" and (prune, name) != (None, None):
        raise ValueError(f"format = {format!r}: only a table of spaCy has a name, and words that share a vector")
    _check_output(output, inputs)
    with staged(output.parent, [output.name]) as stage:
        with TemporaryDirectory(dir=stage) as folder:
            place = Path(folder)
            found = static_vectors(inputs, model=model, layers=layers, folder=place, check=kind.check, **settings)
        name = name or f"{found.lang}_{output.stem}.vectors"
        kind.write(stage / output.name, found, Facts(dtype, prune, name, layers, read_facts(model)))
    return found


def _find_format(output: Path) -> Any:
    if output.suffix not in FORMAT_OF:
        known = ", ".join(filter(None, FORMAT_OF))
        raise ValueError(f"{output}: its suffix names no format ({known}, or none for spaCy's); name one by --format")
    return FORMAT_OF[output.suffix]


def _check_output(output: Path, inputs: Sequence[str | Path]) -> None:
    if os.path.lexists(output):
        raise CorpusError(f"{output}: exists; choose another name, or remove it")
    for given in map(Path, inputs):
        if given.is_dir() and output.resolve().is_relative_to(given.resolve()):
            raise CorpusError(f"{output}: lies within {given}, which is to be read; choose another place")
