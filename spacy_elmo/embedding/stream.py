"""Vectors of sentences in Python, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..text.tokenize import check_language, cut_text
from ..tokens.mix import check_mix, to_dtype
from .embedder import Embedder, Part, find_language
from .settings import LEARNED, Dtype, Layers, Settings, State, learned_layers, parse_layers


class Embedded(NamedTuple):
    """The words of a text, and their vectors.

    Attributes:
        words: Whitespace is left out.
        vectors: (words, width); (layers, words, width) of all layers.
    """

    words: list[str]
    vectors: np.ndarray


def embed(
    sentences: Iterable[str | Sequence[str]],
    *,
    model: str | Path = "en_elmo_sm",
    layers: str | int | Sequence[float] = "average",
    dtype: Dtype = "float32",
    lang: str | None = None,
    initial_state: State = "warm",
) -> Iterator[Embedded]:
    """Yield words and vectors of texts, lazily and in order; a few thousand words are read ahead.

    The numbers are those of the `elmo` pipe. For many texts and several processes there is
    `spacy_elmo.embedding.embed_files`.

    Args:
        sentences: Lists of words, each of them one sentence; or strings, which are tokenized and cut into sentences.
        model: Model name, model directory or published weights; with learned layers, a trained pipeline.
        layers: "all", "average", "top", a layer number, a weight for each layer, or "learned:COMPONENT" for the mix of
            a component of the pipeline.
        dtype: "float32" or "float16".
        lang: Language whose tokenizer to use. None for that of the model, or English where it has none.
        initial_state: As of the `elmo` pipe: "warm" or "zeros".

    Yields:
        For each text its words and vectors, none of both for a text without words.

    Raises:
        WeightsError: The model cannot be loaded.
        TypeError: A text is neither a string nor a list of strings.
        ValueError: A setting is out of range.
    """
    chosen: Layers
    if isinstance(layers, str) and layers.startswith(LEARNED):
        chosen, model = learned_layers(str(model), layers.removeprefix(LEARNED))
    elif isinstance(layers, str):
        chosen = parse_layers(layers)
    else:
        check_mix(layers if isinstance(layers, int) else list(layers))
        chosen = Layers(layers if isinstance(layers, int) else list(layers))
    lang = lang or find_language(model) or "en"
    check_language(lang)
    settings = Settings(str(model), "", lang, "npy", chosen, dtype=dtype, initial_state=initial_state)
    return _embed(sentences, Embedder(settings))


def _embed(sentences: Iterable[str | Sequence[str]], embedder: Embedder) -> Iterator[Embedded]:
    dtype = embedder.settings.dtype
    parts = (Part(f"sentences[{i}]", "", _cut(i, text, embedder.settings.lang)) for i, text in enumerate(sentences))
    for part, vectors, layers in embedder.vectors(parts):
        words = list(chain.from_iterable(part.sentences))
        yield Embedded(words, to_dtype(vectors if layers is None else layers, dtype))


def _cut(number: int, text: str | Sequence[str], lang: str) -> list[list[str]]:
    if isinstance(text, str):
        return cut_text(text, lang)
    if not isinstance(text, (list, tuple)) or not all(isinstance(word, str) for word in text):
        raise TypeError(f"sentences[{number}]: must be a string or a list of strings, not {text!r:.60}")
    return [list(text)]
