"""A biLM prepared for inference on a CPU.

Distinct words go through the character CNN once, and their vectors are kept over calls; sentences share lanes without
padding; each direction has a thread. Nothing of the closing marker is computed, and of the opening marker only once:
the state after it is the same for every sentence.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from ...util.files import WeightsError
from ...util.threads import run_both
from ..lstm import ProjectedLSTM
from ..model import BiLM
from ..word_encoder import WordTable
from .char_cnn import CharacterVectors, TableVectors
from .lanes import pack
from .lstm import Cell, DirectedText, run_direction
from .native import Kernel, choose
from .native_lstm import Direction

PREPACK = (True, False, "auto")
PRECISIONS = ("float32", "bfloat16")
MANY_WORDS = 1024  # words computed together from which on packing large weights is worth its time and memory


class Engine:
    """What `Encoder` computes with, for the parameters as they were when it was made.

    Args:
        model: On the CPU, see `supports`.
        initial_state: As of `Encoder`.
        max_rows: Words for which the first layer's products are kept at once.
        word_cache: As of `Encoder`.
        prepack: As of `Encoder`.
        precision: As of `Encoder`.
    """

    def __init__(
        self,
        model: BiLM,
        *,
        initial_state: str,
        max_rows: int,
        word_cache: int,
        prepack: str | bool,
        precision: str = "float32",
    ):
        self.model = model
        self.max_rows = max_rows
        self.prepack = prepack
        # Holding on to the memory makes sure that no other parameter gets the same address.
        self.parameters = [parameter.detach() for parameter in model.parameters()]
        self.fingerprints = [_fingerprint(parameter) for parameter in model.parameters()]
        may_copy = prepack is not False or precision != "float32"
        kernel, why, is_slow = choose(model, precision=precision, may_copy=may_copy)
        if is_slow:
            _warn_once(f"computing with {why}; set precision to float32 for more speed")
        width = model.config.projection_size
        self.words: CharacterVectors | TableVectors
        if isinstance(model.word_encoder, WordTable):
            self.words = TableVectors(model.word_encoder)
        else:
            # always in single precision: each word is computed once, and its errors would go through all layers
            exact = choose(model, may_copy=may_copy).kernel
            self.words = CharacterVectors(model.word_encoder, width=width, word_cache=word_cache, kernel=exact)
        self.cells: list[list[Cell]] = []
        self.directions: list[Direction] = []
        if kernel is not None:
            markers = self.words.compute(model.word_encoder.markers)
            self.directions = _make_directions(model, kernel, markers, initial_state)
            return
        self.cells = _make_cells(model, initial_state, precision)
        if prepack is True:
            self._pack(model.config.n_layers, only_large=False)

    @staticmethod
    def supports(model: BiLM) -> bool:
        """Return whether all parameters are of a kind this path computes with, and whose changes PyTorch counts."""
        parameters = model.parameters()
        return all(p.device.type == "cpu" and p.dtype == torch.float32 and not p.is_inference() for p in parameters)

    def is_current(self) -> bool:
        """Return whether the parameters of the model are the same and unchanged."""
        return [_fingerprint(parameter) for parameter in self.model.parameters()] == self.fingerprints

    def distinct_vectors(self, words: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return (distinct words, projection size), and the row of each word."""
        distinct = list(dict.fromkeys(words))
        numbers = {word: i for i, word in enumerate(distinct)}
        ids = np.fromiter(map(numbers.__getitem__, words), dtype=np.int64, count=len(words))
        return self.words(distinct), torch.from_numpy(ids)

    def encode(self, sentences: Sequence[Sequence[str]], layers: Sequence[int], out: Tensor) -> None:
        """Write the layers of sentences.

        Args:
            sentences: Lists of words, at least one word in all.
            layers: Which layers.
            out: (layers, words, 2 * projection size), where to put them.
        """
        lanes = pack([len(sentence) for sentence in sentences])
        vectors, ids = self.distinct_vectors(list(chain.from_iterable(sentences)))
        self._encode([DirectedText(vectors, ids[places], lanes, places) for places in lanes.words], layers, out)

    def read(self, forward: Sequence[Sequence[str]], backward: Sequence[Sequence[str]], out: Tensor) -> None:
        """Write the top layer of texts, each direction in the order in which it reads.

        Args:
            forward: What the forward direction reads: lists of words, at least one word in all.
            backward: What the backward direction reads, of the same lengths.
            out: (1, words, 2 * projection size), where to put it.
        """
        lanes = pack([len(text) for text in forward])
        vectors, ids = self.distinct_vectors(list(chain(*forward, *backward)))
        places = lanes.words[0]
        texts = [DirectedText(vectors, part[places], lanes, places) for part in ids.chunk(2)]
        self._encode(texts, [self.model.config.n_layers], out)

    def _encode(self, texts: Sequence[DirectedText], layers: Sequence[int], out: Tensor) -> None:
        """Write layers of what each direction reads."""
        top = max(layers, default=0)
        if self.directions:
            self._encode_natively(texts, layers, out)
            return
        lanes, n_words = texts[0].lanes, len(texts[0].ids)
        if self.prepack == "auto" and n_words >= MANY_WORDS and lanes.sizes[0] > 1:
            self._pack(top, only_large=True)
        width = self.model.config.projection_size

        def encode_direction(direction: int) -> None:
            text = texts[direction]
            half = out[:, :, direction * width : (direction + 1) * width]
            for output, layer in zip(half, layers):
                if layer == 0:
                    output[text.places] = text.vectors[text.ids]
            run_direction(
                self.cells[direction][:top],
                text,
                [[output for output, layer in zip(half, layers) if layer == i] for i in range(1, top + 1)],
                skip_connections=self.model.config.skip_connections,
                max_rows=self.max_rows,
            )

        run_both(encode_direction)

    def _encode_natively(self, texts: Sequence[DirectedText], layers: Sequence[int], out: Tensor) -> None:
        rows = out if out.stride(2) == 1 else torch.empty_like(out, memory_format=torch.contiguous_format)
        top = max(layers, default=0)

        def encode_direction(number: int) -> None:
            direction = self.directions[number]
            halves = rows[:, :, number * direction.p : (number + 1) * direction.p]
            direction.run(top, texts[number], list(zip(layers, halves)), max_rows=self.max_rows)

        run_both(encode_direction)
        if rows is not out:
            out.copy_(rows)

    def _pack(self, n_layers: int, *, only_large: bool) -> None:
        def pack_direction(direction: int) -> None:
            for cell in self.cells[direction][:n_layers]:
                for product in cell.stepwise:
                    if product.is_large or not only_large:
                        product.pack()

        run_both(pack_direction)


@cache
def _warn_once(message: str) -> None:
    warnings.warn(message, stacklevel=2)


def _fingerprint(parameter: Tensor) -> tuple[int, int]:
    """Return where a parameter is, and how often it was changed, which inference tensors do not count."""
    return parameter.data_ptr(), -1 if parameter.is_inference() else parameter._version


def _make_cells(model: BiLM, initial_state: str, precision: str) -> list[list[Cell]]:
    """Return the cells of each direction, which start after its opening marker."""
    state = model.initial_state(initial_state, 1)
    markers = model.word_vectors(model.word_encoder.markers)
    directions = []
    for direction, layers in enumerate((model.forward_layers, model.backward_layers)):
        x, cells = markers[direction][None, None], []
        for i, lstm in enumerate(layers):
            assert isinstance(lstm, ProjectedLSTM)
            y, h, c = lstm(x, torch.tensor([1], dtype=torch.long), state.h[direction, i], state.c[direction, i])
            x = x + y if i and model.config.skip_connections else y
            _check_finite(model, x, c)
            cells.append(Cell(lstm, h, c, precision))
        directions.append(cells)
    return directions


def _make_directions(model: BiLM, kernel: Kernel, markers: Tensor, initial_state: str) -> list[Direction]:
    """Return the layers of each direction, which start after its opening marker."""
    opening = [0, 1, 0] if initial_state == "warm" else [0]  # an empty sentence before, or nothing
    directions = []
    for layers, order in ((model.forward_layers, markers), (model.backward_layers, markers.flip(0))):
        direction = Direction(kernel, layers, order[opening], skip_connections=model.config.skip_connections)
        _check_finite(model, direction.after_markers)
        directions.append(direction)
    return directions


def _check_finite(model: BiLM, *numbers: Tensor) -> None:
    if not all(number.isfinite().all() for number in numbers):
        problem = "its numbers are so large that vectors are no numbers, in an empty sentence already"
        raise WeightsError(f"{model.source}: {problem}; use other weights")
