"""The numbers of `BiLM`, without gradients, into NumPy arrays: the fast path for inference on a CPU.

`Engine` does the work. Devices and types that it does not know take the plain model.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from ...util.batches import batch_by_size
from ...util.checks import check_size
from ...util.threads import available_threads, inference_mode, without_settings
from ..model import INITIAL_STATES, BiLM
from .engine import PRECISIONS, PREPACK, Engine

R = TypeVar("R")
LISTS = (Sequence, np.ndarray)


class Encoder:
    """Compute the layers of sentences, each from the same fixed initial state.

    Args:
        model: Where the parameters are. The encoder follows their changes, except those that PyTorch does not count
            (through `parameter.data` or shared memory): call `clear` after these.
        initial_state: "warm" or "zeros", as of `BiLM.initial_state`.
        max_batch_words: Words that are computed together, which bounds memory.
        word_cache: Number of context-free word vectors to keep between calls.
        prepack: Whether to keep a second copy of large weights in the layout that products are fastest with: False
            for none. The native kernel needs one. Where torch computes, "auto" copies those of the LSTM once many words
            are computed together, True at once. With "bfloat16" there is always one, of half the size.
        precision: "float32", or "bfloat16": numbers that the LSTM multiplies are rounded to 8 bits; sums, gates and
            vectors of words are in single precision. Faster where the processor has instructions for it; where it has
            none, a warning says so.

    Raises:
        TypeError: For a model of another class.
        ValueError: For a setting that is not known, or out of range.
    """

    def __init__(
        self,
        model: BiLM,
        *,
        initial_state: str = "warm",
        max_batch_words: int = 4096,
        word_cache: int = 100_000,
        prepack: str | bool = "auto",
        precision: str = "float32",
    ):
        if not isinstance(model, BiLM):
            raise TypeError(f"model: must be a BiLM, as `load_model(...).model` is, not {type(model).__name__}")
        check_size("max_batch_words", max_batch_words)
        check_size("word_cache", word_cache, smallest=0)
        if initial_state not in INITIAL_STATES:
            raise ValueError(f"initial_state = {initial_state!r}: must be one of {', '.join(INITIAL_STATES)}")
        if prepack not in PREPACK:
            raise ValueError(f"prepack = {prepack!r}: must be one of {', '.join(map(repr, PREPACK))}")
        if precision not in PRECISIONS:
            raise ValueError(f"precision = {precision!r}: must be one of {', '.join(PRECISIONS)}")
        self.model = model
        self.initial_state = initial_state
        self.max_batch_words = max_batch_words
        self.word_cache = word_cache
        self.prepack = prepack
        self.precision = precision
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._process = os.getpid()

    @without_settings(inference_mode=False)
    def encode(
        self, sentences: Sequence[Sequence[str]], *, layers: Sequence[int] | None = None, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Compute vectors of all words in context.

        Args:
            sentences: Lists of words, which may be empty. A string is not taken for a list of letters.
            layers: Which layers, 0 (the word vector, twice) to L; all of them if None. No more than these need is
                computed.
            out: Where to put the result, float32 of the shape returned; a new array if None.

        Returns:
            (layers, words of all sentences, 2 * projection size) float32, the words in order.

        Raises:
            TypeError: For sentences that are not lists of strings, and an `out` that is no array.
            ValueError: For layers that are not there, and an `out` that does not fit or is read-only.
            KeyError: For unknown words where the model's vocabulary is set to refuse them.
        """
        _check_list("sentences", sentences)
        for i, sentence in enumerate(sentences):
            _check_words(f"sentences[{i}]", sentence)
        selected = self._check_layers(layers)
        shape = (len(selected), sum(map(len, sentences)), self.model.config.width)
        out = np.empty(shape, dtype=np.float32) if out is None else out
        _check_out(out, shape)
        self._exclusively(partial(self._encode, sentences, selected, out))
        return out

    @without_settings(inference_mode=False)
    def read(self, forward: Sequence[Sequence[str]], backward: Sequence[Sequence[str]]) -> np.ndarray:
        """Compute the top layer of texts, each direction in the order in which it reads, as language models read.

        Args:
            forward: What the forward direction reads: lists of words, which may be empty. Each follows on the opening
                marker of a sentence; those of further sentences are words of the text.
            backward: What the backward direction reads likewise, of the same lengths. Each follows on a closing marker.

        Returns:
            (words of all texts, 2 * projection size) float32, in the orders of reading.

        Raises:
            KeyError: For unknown words where the model's vocabulary is set to refuse them.
            ValueError: For models in half precision, on a GPU, or with inference tensors.
        """
        out = np.empty((sum(map(len, forward)), self.model.config.width), dtype=np.float32)
        self._exclusively(partial(self._read, forward, backward, torch.from_numpy(out)))
        return out

    @without_settings(inference_mode=False)
    def word_vectors(self, words: Sequence[str]) -> np.ndarray:
        """Return (words, projection size) float32, the context-free vectors of words.

        Raises:
            TypeError: Unless words is a list of strings.
            KeyError: For unknown words where the model's vocabulary is set to refuse them.
        """
        _check_words("words", words)
        return self._exclusively(partial(self._word_vectors, words))

    def clear(self) -> None:
        """Drop everything that was computed from the parameters."""
        self._exclusively(self._drop_engine)

    def _exclusively(self, work: Callable[[], R]) -> R:
        """Call work in one thread at a time, without gradients, and after a fork at any moment.

        No context manager in Python takes the lock: an interruption that came while it is entered would leave it taken.
        """
        if self._process != os.getpid():
            if self._lock.locked():  # by a thread that is not here to finish what it began
                self._lock, self._engine = threading.Lock(), None
            self._process = os.getpid()
        with self._lock, inference_mode():
            try:
                available_threads()
                return work()
            except BaseException:
                self._engine = None  # an interruption may have left it half written
                raise

    def _encode(self, sentences: Sequence[Sequence[str]], layers: list[int], out: np.ndarray) -> None:
        engine = self._current_engine()
        row = 0
        for batch in batch_by_size(sentences, self.max_batch_words):
            n_words = sum(map(len, batch))
            part = torch.from_numpy(out[:, row : row + n_words])
            if engine is None:
                self._encode_plainly(batch, layers, part)
            elif n_words:
                engine.encode(batch, layers, part)
            row += n_words

    def _read(self, forward: Sequence[Sequence[str]], backward: Sequence[Sequence[str]], out: Tensor) -> None:
        engine = self._current_engine()
        if engine is None:
            raise ValueError("running text is read by models in single precision on a CPU, not made in inference mode")
        row = 0
        for batch in batch_by_size(zip(forward, backward), self.max_batch_words, get_size=lambda pair: len(pair[0])):
            texts = [text for text, _ in batch], [text for _, text in batch]
            n_words = sum(map(len, texts[0]))
            if n_words:
                engine.read(*texts, out[None, row : row + n_words])
            row += n_words

    def _word_vectors(self, words: Sequence[str]) -> np.ndarray:
        engine = self._current_engine()
        if engine is None:
            return self.model.word_vectors(words).float().cpu().numpy()
        vectors, ids = engine.distinct_vectors(words)
        return vectors[ids].numpy()

    def _drop_engine(self) -> None:
        self._engine = None

    def _current_engine(self) -> Engine | None:
        """Return what belongs to the parameters as they are now; None where only the plain path can follow them."""
        if self._engine is None or not self._engine.is_current():
            self._engine = None
            if Engine.supports(self.model):
                self._engine = Engine(
                    self.model,
                    initial_state=self.initial_state,
                    max_rows=self.max_batch_words,
                    word_cache=self.word_cache,
                    prepack=self.prepack,
                    precision=self.precision,
                )
            elif self.precision != "float32":
                problem = "is for models in single precision on a CPU; set it to float32 for this model"
                raise ValueError(f"precision = {self.precision!r}: {problem}")
        return self._engine

    def _encode_plainly(self, batch: list[Sequence[str]], layers: list[int], out: Tensor) -> None:
        outputs, _ = self.model(batch, self.model.initial_state(self.initial_state, len(batch)))
        if outputs:
            out.copy_(torch.cat(outputs, dim=1)[layers])

    def _check_layers(self, layers: Sequence[int] | None) -> list[int]:
        n_outputs = self.model.config.n_outputs
        if layers is None:
            return list(range(n_outputs))
        if not isinstance(layers, LISTS) or any(layer not in range(n_outputs) for layer in layers):
            raise ValueError(f"layers = {layers!r}: must be a list of numbers from 0 to {n_outputs - 1}")
        return [int(layer) for layer in layers]


def _check_list(what: str, values: Sequence) -> None:
    if isinstance(values, (str, bytes)) or not isinstance(values, LISTS):
        raise TypeError(f"{what}: must be a list, not {type(values).__name__}")


def _check_words(what: str, words: Sequence[str]) -> None:
    _check_list(what, words)
    kinds = set(map(type, words))
    if not all(issubclass(kind, str) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"{what}: words must be strings, not {names}; of spaCy's tokens, give the `.text`")


def _check_out(out: np.ndarray, shape: tuple[int, ...]) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: must be a NumPy array, not {type(out).__name__}")
    if out.shape != shape or out.dtype != np.float32:
        raise ValueError(f"out: {out.dtype} of shape {out.shape}; must be float32 of shape {shape}")
    if not out.flags.writeable:
        raise ValueError("out: is read-only; give an array that can be written to")
