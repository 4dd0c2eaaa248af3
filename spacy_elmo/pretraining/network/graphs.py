"""Windows as CUDA graphs: a GPU is given the thousands of small operations of a window at once.

One by one, Python takes longer to name an operation than the GPU to compute it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...bilm.model import BiLM, State
from ...bilm.word_encoder import CharacterEncoder
from ..corpus.windows import Window
from .char_cnn import encode_ids, encode_words, outside_words
from .lstm import Masks, run_window, window_parameters

WORDS = 512  # their number is filled up to a multiple, so that few graphs are enough


class WindowGraphs:
    """What the LSTMs return for a window, with gradients, by a graph for each shape that comes up.

    Args:
        model: On a GPU. Its parameters must stay where they are in memory.
        dtype: As of `run_window`.
    """

    def __init__(self, model: BiLM, dtype: torch.dtype):
        self.model, self.dtype = model, dtype
        self._outside: Tensor | None = None  # which the graphs read, so it has to live as long as they
        self._spelled: tuple[list[str], Tensor] | None = None
        self._graphs: dict[tuple[torch.Size, ...], Callable[..., Any]] = {}

    def __call__(self, window: Window, state: State, masks: Masks | None) -> tuple[Tensor, State]:
        """Run a window.

        Args:
            window: With its tensors where the model is.
            state: Before it.
            masks: As of `run_window`.

        Returns:
            (2, steps, rows, projection size), which the next call overwrites, and the state after the window.
        """
        encoder = self.model.word_encoder
        if isinstance(encoder, CharacterEncoder):
            source, inputs = self._spell(window.words), [window.inputs]
        else:
            source, inputs = F.embedding(window.inputs, encode_words(encoder, window.words)), []
        tensors = (source, state.h, state.c, *inputs, *(masks or ()))
        key = tuple(t.shape for t in tensors)
        if key not in self._graphs:
            self._graphs[key] = self._capture(tensors)
        y, h, c = self._graphs[key](*tensors, *self._parameters())
        return y, State(h.detach().clone(), c.detach().clone())

    def prepare(self, window: Window) -> None:
        """Do what the CPU has to do for a window that comes next."""
        if isinstance(self.model.word_encoder, CharacterEncoder):
            self._spell(window.words)

    def _spell(self, words: list[str]) -> Tensor:
        """Return (words and others, max_characters), the ids of their characters, of the last list without work."""
        if self._spelled is None or self._spelled[0] is not words:
            encoder = self.model.word_encoder
            assert isinstance(encoder, CharacterEncoder)
            ids = encoder.spelling.whole(words, encoder.config.max_characters)
            ids = F.pad(ids, (0, 0, 0, -len(ids) % WORDS), value=encoder.spelling.pad)
            self._spelled = words, ids.to(self.model.device, non_blocking=True)
        return self._spelled[1]

    def _parameters(self) -> list[Tensor]:
        """Return those that the graphs have gradients of."""
        encoder = self.model.word_encoder
        first = list(encoder.parameters()) if isinstance(encoder, CharacterEncoder) else []
        return first + window_parameters(self.model)

    def _capture(self, tensors: tuple[Tensor, ...]) -> Callable[..., Any]:
        encoder, parameters = self.model.word_encoder, self._parameters()
        if self._outside is None and isinstance(encoder, CharacterEncoder):
            self._outside = outside_words(encoder)
        outside = self._outside

        def run(source: Tensor, h: Tensor, c: Tensor, *others: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            x, masks = source, others[: -len(parameters)]
            if isinstance(encoder, CharacterEncoder) and outside is not None:
                inputs, masks = masks[0], masks[1:]
                # A product, because a GPU is slow to sum gradients in one order otherwise
                places = inputs[..., None] == torch.arange(len(source), device=source.device)
                x = places.to(torch.float32) @ encode_ids(encoder, source, outside)
            y, state = run_window(self.model, x, State(h, c), masks or None, dtype=self.dtype)
            return y, state.h, state.c

        samples = [t.detach().clone().requires_grad_(t.requires_grad) for t in tensors]
        graphed: Callable[..., Any] = torch.cuda.make_graphed_callables(run, (*samples, *parameters))
        return graphed
