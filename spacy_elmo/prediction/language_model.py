"""A biLM with its softmax, which reads text as training and `perplexity` do.

Sentences follow each other with their markers, all of which are predicted, and the state of the LSTMs is carried on.
The backward direction reads each sentence from its end; the sentences themselves stay in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..bilm.characters import BOS, EOS, UNK
from ..formats import Pretrained, WeightsError, model_directory
from ..models.load import load_model, require_head
from ..pretraining.corpus.vocabulary import MARKERS, UNK_ID, check_words
from ..pretraining.network.char_cnn import encode_words
from ..pretraining.network.head import Likelihoods
from ..pretraining.network.lstm import run_window
from ..util.threads import inference_mode, without_settings
from ..util.types import Floats2d, Ints1d, Ints2d

WINDOW = 512  # words and markers that are computed at once, which bounds memory


class _Stream(NamedTuple):
    """Sentences with their markers, one after the other.

    Attributes:
        words: The distinct ones.
        inputs: (2, words and markers), index into words, in the order that each direction reads.
        targets: (2, words and markers), ids in the vocabulary, likewise.
        starts: (sentences,), where each has its opening marker.
        mirrored: (words and markers,), where the backward direction has what the forward one has here.
    """

    words: list[str]
    inputs: Ints2d
    targets: Ints2d
    starts: Ints1d
    mirrored: Ints1d


class LanguageModel:
    """A biLM that predicts words. It computes on the CPU, each text alone: what else is read does not matter.

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
        self._likelihoods = Likelihoods(self.head, self.head.words)

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

    @without_settings(inference_mode=False)
    def log_likelihoods(self, sentences: Sequence[Sequence[str]]) -> Floats2d:
        """Return (2, words and markers), the log likelihood of each word and marker, forward and backward.

        They are natural logarithms in float64, in the order of the text, each sentence between its markers. NaN stands
        for what a direction reads first, which is not predicted. Words outside the vocabulary are predicted as `<UNK>`.

        Args:
            sentences: Lists of words, none of them empty.

        Raises:
            ValueError: For words that the model's table refuses.
            WeightsError: Where the numbers of the model are too large to compute with.
        """
        stream = self._lay_out(sentences)
        found = np.full(stream.inputs.shape, np.nan)
        with inference_mode():
            for start, h in self._outputs(stream):
                targets = torch.from_numpy(stream.targets[:, start + 1 : start + 1 + h.shape[1]])
                for direction, ids in enumerate(targets):
                    values = self._likelihoods(h[direction, : len(ids)], ids)
                    found[direction, start + 1 : start + 1 + len(ids)] = values.numpy()
        found[1] = found[1, stream.mirrored]
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
        before = (place - 1, int(stream.mirrored[place]) - 1)
        with inference_mode():
            rows = self.head.weight.new_empty(2, self.head.weight.shape[1])
            for start, h in self._outputs(stream):
                for direction, last in enumerate(before):
                    if start <= last < start + h.shape[1]:
                        rows[direction] = h[direction, last - start]
            logits = torch.addmm(self.head.bias, rows, self.head.weight.T)
            return logits.double().log_softmax(dim=1).numpy()

    def _lay_out(self, sentences: Sequence[Sequence[str]], gap: tuple[int, int] | None = None) -> _Stream:
        marked = [[BOS, *map(_as_read, sentence), EOS] for sentence in sentences]
        ids = np.array([self.index.get(word, UNK_ID) for word in chain.from_iterable(marked)], dtype=np.int64)
        if gap is not None:
            marked[gap[0]][1 + gap[1]] = BOS  # of no effect, and every table of words has it
        numbers = {word: i for i, word in enumerate(dict.fromkeys(chain.from_iterable(marked)))}
        inputs = np.array([numbers[word] for word in chain.from_iterable(marked)], dtype=np.int64)
        lengths = np.array([len(sentence) for sentence in marked], dtype=np.int64)
        ends = np.cumsum(lengths)
        starts, places = ends - lengths, np.arange(len(ids))
        mirrored = np.repeat(starts + ends - 1, lengths) - places
        both = np.stack([places, mirrored])
        return _Stream(list(numbers), inputs[both], ids[both], starts, mirrored)

    def _outputs(self, stream: _Stream) -> Iterator[tuple[int, Tensor]]:
        """Yield the first place of each window, and (2, places, projection size), what predicts the place after."""
        state = self.model.zero_state(1)
        for start in range(0, stream.inputs.shape[1], WINDOW):
            distinct, inputs = np.unique(stream.inputs[:, start : start + WINDOW], return_inverse=True)
            try:
                vectors = encode_words(self.model.word_encoder, [stream.words[i] for i in distinct])
            except KeyError as error:
                raise ValueError(f"{self.source}: {error.args[0]}") from error
            y, state = run_window(self.model, vectors[torch.from_numpy(inputs).reshape(2, -1, 1)], state)
            if not y.isfinite().all():
                raise WeightsError(f"{self.source}: its numbers are too large to compute with; use other weights")
            yield start, y[:, :, 0]


def _restore(data: bytes, source: str | Path) -> LanguageModel:
    return LanguageModel(model_directory.from_bytes(data), source)


def _as_read(word: str) -> str:
    """Return a word without lone surrogates. One spelled as a marker is just an unknown word."""
    word = word.encode("utf8", "ignore").decode()
    return UNK if word in MARKERS else word
