"""A biLM with its softmax, which reads text as training and `perplexity` do.

Sentences follow each other with their markers, all of which are predicted, and the state of the LSTMs is carried on.
The backward direction reads each sentence from its end; the sentences themselves stay in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..bilm import BiLM
from ..bilm.characters import UNK
from ..bilm.inference import Encoder
from ..formats import Pretrained, WeightsError, model_directory
from ..models.load import load_model, require_head
from ..pretraining.corpus.vocabulary import BOS_ID, EOS_ID, MARKERS, UNK_ID, check_words
from ..pretraining.network.lstm import run_window
from ..util.batches import batch_by_size
from ..util.threads import inference_mode, without_settings
from ..util.types import Floats2d, Ints1d, Ints2d
from .softmax import Softmax

BATCH_WORDS = 4096  # words and markers of documents that are computed side by side, which bounds memory


class _Stream(NamedTuple):
    """Sentences with their markers, one after the other.

    Attributes:
        words: Those that the forward direction reads.
        targets: (2, words and markers), ids in the vocabulary, in the order that each direction reads.
        starts: (sentences,), where each has its opening marker.
        mirrored: (words and markers,), where the backward direction has what the forward one has here.
    """

    words: list[str]
    targets: Ints2d
    starts: Ints1d
    mirrored: Ints1d


class LanguageModel:
    """A biLM that predicts words. It computes on the CPU, and each text as if it were alone.

    Args:
        pretrained: The model with its head.
        source: Where it comes from, for messages.

    Attributes:
        model: The biLM.
        head: Its softmax.
        meta: Facts about it.
        index: The id of each word of the vocabulary.

    Raises:
        WeightsError: There is no head.
        CorpusError: Its vocabulary does not begin with `<S>`, `</S>`, `<UNK>`, or has a word twice.
    """

    def __init__(self, pretrained: Pretrained, source: str | Path):
        self.source = source
        self.model, self.meta = pretrained.model, pretrained.meta
        self.head = require_head(source, pretrained.head)
        check_words(self.head.words, place=f"{source}: vocabulary of the softmax")
        self.index = {word: i for i, word in enumerate(self.head.words)}
        self._encoder = Encoder(_changeable(self.model), initial_state="zeros")
        self._softmax = Softmax(self.head)

    @classmethod
    def load(cls, name_or_path: str | Path) -> LanguageModel:
        """Load a model with its head from wherever `find_model` finds it.

        Args:
            name_or_path: Name or path, see `find_model`.

        Raises:
            WeightsError: For weights that are missing or broken, and for a model without a head, with how to get one.
        """
        return cls(load_model(name_or_path), name_or_path)

    def to_bytes(self) -> bytes:
        """Return all of it as `model_directory.from_bytes` reads it."""
        return model_directory.to_bytes(self.model, self.meta, head=self.head)

    def __reduce__(self) -> tuple:
        # By value: tensors that travel between processes on their own would move into shared memory.
        return _restore, (self.to_bytes(), self.source)

    def log_likelihoods(self, sentences: Sequence[Sequence[str]]) -> Floats2d:
        """Return those of one document, see `documents_log_likelihoods`."""
        return next(self.documents_log_likelihoods([sentences]))

    def documents_log_likelihoods(self, documents: Iterable[Sequence[Sequence[str]]]) -> Iterator[Floats2d]:
        """Yield (2, words and markers) of each document, the log likelihood of each, forward and backward.

        They are natural logarithms in float64, in the order of the text, each sentence between its markers. NaN stands
        for what a direction reads first, which is not predicted. Words outside the vocabulary are predicted as `<UNK>`.
        Documents are computed side by side, and each as if it were alone.

        Args:
            documents: Lists of sentences, which are lists of words, none of them empty.

        Raises:
            ValueError: For words that the model's table refuses.
            WeightsError: Where the numbers of the model are too large to compute with.
        """
        streams = map(self._lay_out, documents)
        for batch in batch_by_size(streams, BATCH_WORDS, get_size=lambda stream: len(stream.mirrored)):
            yield from self._batch_log_likelihoods(batch)

    @without_settings(inference_mode=False)
    def _batch_log_likelihoods(self, streams: Sequence[_Stream]) -> list[Floats2d]:
        rows = self._rows(streams)
        targets = torch.from_numpy(np.concatenate([stream.targets[:, 1:] for stream in streams], axis=1))
        with inference_mode():
            values = self._softmax(torch.cat(rows.chunk(2, dim=1)), targets.flatten())
        found, start = [], 0
        for stream in streams:
            n = max(0, len(stream.mirrored) - 1)
            read = np.full(stream.targets.shape, np.nan)
            read[:, 1:] = values.view(2, -1)[:, start : start + n].numpy()
            found.append(np.stack([read[0], read[1, stream.mirrored]]))
            start += n
        return found

    @without_settings(inference_mode=False)
    def log_probabilities(self, sentences: Sequence[Sequence[str]], sentence: int, word: int) -> Floats2d:
        """Return (2, vocabulary) float64, the log probability of each word at a place, forward and backward.

        The word that stands there is not read.

        Args:
            sentences: Lists of words, none of them empty.
            sentence: Number of the sentence with the place.
            word: Number of the word in it.

        Raises:
            ValueError: For words that the model's table refuses.
            WeightsError: Where the numbers of the model are too large to compute with.
        """
        stream = self._lay_out(sentences, gap=(sentence, word))
        place = int(stream.starts[sentence]) + 1 + word
        forward, backward = self._rows([stream])[[place - 1, int(stream.mirrored[place]) - 1]].unflatten(1, (2, -1))
        with inference_mode():
            logits = torch.addmm(self.head.bias, torch.stack([forward[0], backward[1]]), self.head.weight.T)
            return logits.double().log_softmax(dim=1).numpy()

    def _lay_out(self, sentences: Sequence[Sequence[str]], gap: tuple[int, int] | None = None) -> _Stream:
        begin, end = self.model.word_encoder.markers
        marked = [[begin, *map(_as_read, sentence), end] for sentence in sentences]
        lengths = np.array([len(sentence) for sentence in marked], dtype=np.int64)
        ends = np.cumsum(lengths)
        starts, places = ends - lengths, np.arange(lengths.sum())
        ids = np.array([self.index.get(word, UNK_ID) for word in chain.from_iterable(marked)], dtype=np.int64)
        ids[starts], ids[ends - 1] = BOS_ID, EOS_ID
        if gap is not None:
            marked[gap[0]][1 + gap[1]] = begin  # of no effect, and every table of words has it
        mirrored = np.repeat(starts + ends - 1, lengths) - places
        return _Stream(list(chain.from_iterable(marked)), np.stack([ids, ids[mirrored]]), starts, mirrored)

    def _rows(self, streams: Sequence[_Stream]) -> Tensor:
        """Return (predictions, 2 * projection size), from which each direction predicts what it reads of the streams,
        in its order and without the first word or marker of each."""
        first = self._first
        forward = [stream.words[1:-1] for stream in streams]
        backward = [[stream.words[i] for i in stream.mirrored[1:-1]] for stream in streams]
        try:
            found = torch.from_numpy(self._encoder.read(forward, backward))
        except KeyError as error:
            raise ValueError(f"{self.source}: {error.args[0]}") from error
        self._check_finite(found)
        parts = zip(streams, found.split([len(words) for words in forward]))
        return torch.cat([part for stream, rows in parts for part in (first[: len(stream.words)], rows)])

    @cached_property
    def _first(self) -> Tensor:
        """(1, 2 * projection size), what is known once the first marker is read."""
        with inference_mode():
            vectors = self.model.word_vectors(self.model.word_encoder.markers)
            y, _ = run_window(self.model, vectors[:, None, None], self.model.zero_state(1))
        self._check_finite(y)
        return y.view(1, -1)

    def _check_finite(self, numbers: Tensor) -> None:
        if not numbers.isfinite().all():
            raise WeightsError(f"{self.source}: its numbers are too large to compute with; use other weights")


def _restore(data: bytes, source: str | Path) -> LanguageModel:
    return LanguageModel(model_directory.from_bytes(data), source)


def _changeable(model: BiLM) -> BiLM:
    """Return a model without parameters that were made in inference mode, of which the encoder would know no change."""
    if not any(parameter.is_inference() for parameter in model.parameters()):
        return model
    with torch.inference_mode(False):
        return deepcopy(model)


def _as_read(word: str) -> str:
    """Return a word without lone surrogates. One spelled as a marker is just an unknown word."""
    word = word.encode("utf8", "ignore").decode()
    return UNK if word in MARKERS else word
