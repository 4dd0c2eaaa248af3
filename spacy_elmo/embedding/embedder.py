"""Records to rows of vectors, by the `elmo` pipe itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy
from spacy.tokens import Doc, Span

from ..models.describe import read_facts
from ..pipeline import Elmo
from ..text.readers import CorpusError
from ..text.sentences import configure_sentences
from ..text.tokenize import LONGEST_SENTENCE, MAX_LEXEMES, cut_text
from ..tokens.mix import mix_layers, to_dtype
from ..util.batches import batch_by_size
from ..util.types import Floats1d, Floats2d, Floats3d
from .annotated import Annotation
from .records import Record
from .settings import Settings

NAME = "elmo"
SIF_A = 1e-3  # Arora et al. 2017
MOST_COUNTED = 2_000_000  # words, before some are forgotten
GIVEN = "spacy_elmo_sentences"  # in the user data of a Doc whose sentences are not cut
_usual, _uncut = configure_sentences(LONGEST_SENTENCE), configure_sentences(2**31 - 1)


class Part(NamedTuple):
    """A part of a record that has a row."""

    id: str
    text: str
    sentences: list[list[str]]
    annotations: Sequence[list[Annotation]] = ()


class Row(NamedTuple):
    """What is written of a unit of text.

    Attributes:
        id: Its place, or what its record is called.
        text: As it stands in the input.
        words: Its words, whitespace left out.
        vectors: (words, width); of a sentence or document (width,).
        layers: (layers, words, width) or (layers, width), where they are asked for.
        annotations: Lemma, part of speech and tag of each word, where they are asked for and known.
    """

    id: str
    text: str
    words: list[str]
    vectors: np.ndarray
    layers: np.ndarray | None
    annotations: Sequence[Annotation] = ()


class Embedder:
    """Compute what settings ask for, by the weights and the settings of an `elmo` pipe.

    Args:
        settings: What to compute.
        weigh: Returns the weight of each word in the vector of its unit; None for equal weights.

    Raises:
        WeightsError: The model cannot be loaded.
        CorpusError: Its weights are not those of the settings.
        ValueError: The settings do not fit the model.
    """

    def __init__(self, settings: Settings, *, weigh: Callable[[Sequence[str]], Floats1d] | None = None):
        self.settings = settings
        self.weigh = weigh
        self.nlp = spacy.blank(settings.lang)
        self.pipe = make_pipe(settings)
        if settings.digest and self.pipe.weights_digest != settings.digest:
            raise CorpusError(f"{settings.model}: not the weights that the job was planned with; put those back")
        self.pipe.model.attrs["get_spans"] = _find_spans
        weights = self.pipe.storage.weights(self.pipe.shim.config.n_outputs)
        self.needed = list(range(len(weights))) if settings.layers.all else np.flatnonzero(weights).tolist()
        self.weights = weights[self.needed]

    def rows(self, records: Iterable[Record]) -> Iterator[Row]:
        """Yield the rows of records, in order."""
        for part, vectors, layers in self.vectors(part for record in records for part in self._cut(record)):
            yield self._row(part, vectors, layers)

    def vectors(self, parts: Iterable[Part]) -> Iterator[tuple[Part, Floats2d, Floats3d | None]]:
        """Yield parts, (words, width) of each, and (layers, words, width) where they are asked for, as float32."""
        for batch in batch_by_size(parts, self.pipe.shim.cfg["max_batch_words"], get_size=_count_words):
            layers = self._encode(batch)
            mixed = mix_layers(layers, self.weights)
            end = 0
            for part in batch:
                start, end = end, end + _count_words(part)
                yield part, mixed[start:end], layers[:, start:end] if self.settings.layers.all else None

    def _encode(self, batch: Sequence[Part]) -> Floats3d:
        try:
            return self.pipe.shim.encode(list(chain.from_iterable(part.sentences for part in batch)), self.needed)
        except KeyError as error:
            raise CorpusError(f"{batch[0].id} to {batch[-1].id}: {error.args[0]}") from error

    def _row(self, part: Part, vectors: np.ndarray, layers: np.ndarray | None) -> Row:
        words = list(chain.from_iterable(part.sentences))
        if self.settings.unit != "words":
            vectors, layers = self._pool(vectors, words), None if layers is None else self._pool(layers, words)
        dtype = self.settings.dtype
        layers = None if layers is None else to_dtype(layers, dtype)
        annotations = list(chain.from_iterable(part.annotations))
        return Row(part.id, part.text, words, to_dtype(vectors, dtype), layers, annotations)

    def _pool(self, vectors: np.ndarray, words: list[str]) -> np.ndarray:
        """Return (..., width), the weighted mean of (..., words, width)."""
        if self.weigh is None:
            return vectors.mean(axis=-2, dtype="float32")
        return np.einsum("w,...wd->...d", self.weigh(words), vectors) / np.float32(len(words))

    def _cut(self, record: Record) -> Iterator[Part]:
        """Yield the parts of a record that have a row each: its sentences, or all of it."""
        name, annotations = record["id"], record.get("annotations", [])
        if "sentences" in record:
            sentences, texts = record["sentences"], [" ".join(words) for words in record["sentences"]]
        elif "words" in record:
            doc = self.make_doc(record)
            spans = [span for span in _find_spans([doc])[0] if not span.text.isspace()]
            sentences = [[token.text for token in span if not token.is_space] for span in spans]
            texts = [span.text.strip() for span in spans]
            annotations = annotations and [[annotations[t.i] for t in span if not t.is_space] for span in spans]
        else:
            sentences = cut_text(record["text"], self.settings.lang)
            texts = list(_find_texts(record["text"], sentences))
        if self.settings.unit == "documents" and sentences:
            yield Part(name, record["text"] if "text" in record else " ".join(texts), sentences, annotations)
            return
        is_one = "sentences" in record and len(sentences) == 1
        for i, (words, text) in enumerate(zip(sentences, texts)):
            yield Part(name if is_one else f"{name}#{i}", text, [words], annotations[i : i + 1])

    def docs(self, records: Iterable[Record]) -> Iterator[Doc]:
        """Yield the Docs of records, with the data of the pipe on them."""
        if len(self.nlp.vocab) > MAX_LEXEMES:
            self.nlp = spacy.blank(self.settings.lang)  # or memory grows with the text
        for doc in self.pipe.pipe(map(self.make_doc, records)):
            doc.user_data.pop(GIVEN, None)
            yield doc

    def make_doc(self, record: Record) -> Doc:
        """Return the Doc of a record, without vectors."""
        if "text" in record:
            return self.nlp.make_doc(record["text"])
        if "words" in record:
            return Doc(self.nlp.vocab, record["words"], record["spaces"], sent_starts=record["starts"])
        sentences = record["sentences"]
        starts: Any = [i == 0 for sentence in sentences for i in range(len(sentence))]
        return Doc(self.nlp.vocab, list(chain(*sentences)), sent_starts=starts, user_data={GIVEN: True})


def _find_spans(docs: Sequence[Doc]) -> list[list[Span]]:
    """Return the sentences of Docs. Those that were given as such are not cut."""
    return [(_uncut if GIVEN in doc.user_data else _usual)([doc])[0] for doc in docs]


def _find_texts(text: str, sentences: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the part of a text that each sentence of its words is."""
    end = 0
    for words in sentences:
        start = text.index(words[0], end)
        for word in words:
            end = text.index(word, end) + len(word)
        yield text[start:end]


def _count_words(part: Part) -> int:
    return sum(map(len, part.sentences))


def make_pipe(settings: Settings) -> Elmo:
    """Return the `elmo` pipe of settings, with its weights, and nothing else."""
    layers = settings.layers
    config: Mapping[str, Any] = {
        "pretrained": settings.model,
        "mix": layers.mix,
        "gamma": layers.gamma,
        "store": "layers" if layers.all else "mix",
        "dtype": settings.dtype if settings.unit == "words" else "float32",
        "vectors": None,
        "model": {"initial_state": settings.initial_state},
    }
    nlp = spacy.blank(settings.lang)
    pipe = nlp.add_pipe("elmo", name=NAME, config=dict(config))
    assert isinstance(pipe, Elmo)
    pipe.load()
    return pipe


def find_language(model: str | Path) -> str | None:
    """Return the language of a model; None where it does not say it."""
    given = read_facts(model).get("lang")
    return given if isinstance(given, str) and given else None


class Counts:
    """How often each word is in texts. Of millions, some of the rarest are forgotten, whose weight is 1 anyway."""

    def __init__(self, lang: str):
        self.lang = lang
        self.words: Counter[str] = Counter()
        self.total = 0

    def counted(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield records, and count their words."""
        for record in records:
            if "text" in record:
                sentences = cut_text(record["text"], self.lang)
            else:
                sentences = record["sentences"] if "sentences" in record else [record["words"]]
            for sentence in sentences:
                self.words.update(sentence)
                self.total += len(sentence)
            if len(self.words) > MOST_COUNTED:
                self.words = Counter({word: n for word, n in self.words.items() if n > 1})
            yield record


def sif_weights(counts: Mapping[str, int], total: int) -> Callable[[Sequence[str]], Floats1d]:
    """Return a function that weighs words by smooth inverse frequency, a / (a + p(word)) with a = 0.001.

    Args:
        counts: How often each word is in the texts. Others count as never seen.
        total: Words of the texts.
    """

    def weigh(words: Sequence[str]) -> Floats1d:
        return np.array([SIF_A / (SIF_A + counts.get(word, 0) / total) for word in words], dtype="float32")

    return weigh
