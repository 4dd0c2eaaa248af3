"""The step of a trained biLM that is due: spaCy asks for it before the gradients for it have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc
from thinc.api import Optimizer

from ..layers.listener import Upstream
from ..layers.shim import BiLMShim
from ..tokens.data import ElmoData, get_data, spread_rows
from ..util.types import Floats3d


class PendingStep:
    """A batch whose layers went to listeners, the gradients that came back, and the optimizer that waits for them.

    `nlp.update(..., sgd=optimizer)` calls `finish_update` of an elmo pipe before any listener has a gradient. So the
    step is noted, and taken when the parameters are next read: the shim calls `take` then, and nobody else has to. In
    training loops that call `finish_update` after all pipes, the step is taken there.

    Batches are recognised by the data object on each Doc, which copies of a Doc share.

    Args:
        shim: The holder of the parameters.
        pipe: The pipe.
    """

    def __init__(self, shim: BiLMShim, pipe: Upstream):
        self._pipe = pipe
        self._shim = shim
        self._optimizer: Optimizer | None = None
        self._data: list[ElmoData] = []  # holding on to the objects keeps their ids apart from new ones
        self._backprop: Callable[[list[Floats3d]], Any] | None = None
        self._gradients: dict[int, Floats3d] = {}
        self._losses: dict[str, float] = {}
        shim.before_use = self.take

    def __reduce__(self) -> tuple:
        return PendingStep, (self._shim, self._pipe)

    def __contains__(self, doc: Doc) -> bool:
        """Return whether the Doc is of a batch whose gradients are still to come."""
        data = get_data(doc, self._pipe.name_in(doc))
        return any(data is known for known in self._data)

    def begin(
        self, data: Sequence[ElmoData], backprop: Callable[[list[Floats3d]], Any], losses: dict[str, float]
    ) -> None:
        """Start a batch. A step that no gradients came for is not taken any more.

        Args:
            data: What each Doc of the batch got.
            backprop: Takes the gradient of each Doc's layers.
            losses: Losses of the current step, by pipe.
        """
        self._optimizer = None
        self._data, self._backprop, self._losses = list(data), backprop, losses
        self._gradients = {}
        losses.setdefault(self._pipe.name, 0.0)

    def add_gradient(self, doc: Doc, d_layers: Floats3d) -> None:
        """Add (L + 1, tokens, width), what a listener sends for a Doc. One of another batch is passed over."""
        if doc in self:
            data = get_data(doc, self._pipe.name_in(doc))
            assert data is not None
            known = self._gradients.get(id(data))
            d_rows = spread_rows(d_layers, doc, data)
            self._gradients[id(data)] = d_rows if known is None else known + d_rows
            self._losses[self._pipe.name] += float((d_layers**2).sum())

    def ask(self, optimizer: Optimizer) -> None:
        """Take the step now where there are gradients, else once they have come."""
        self._optimizer = optimizer
        if self._gradients:
            self.take()

    def take(self) -> None:
        """Take the step that is due, if the gradients for it have come."""
        if self._backprop is not None and self._gradients:
            backprop, gradients = self._backprop, self._gradients
            zeros = (np.zeros_like(data.features, dtype="float32") for data in self._data)
            d_layers = [gradients.get(id(data), zero) for data, zero in zip(self._data, zeros)]
            self._data, self._backprop, self._gradients = [], None, {}
            optimizer, self._optimizer = self._optimizer, None  # an error leaves no step on half of the gradients
            try:
                backprop(d_layers)
            except BaseException:
                self._shim.drop_gradients()
                raise
            self._optimizer = optimizer
        if self._optimizer is not None and self._shim.has_gradients:
            optimizer, self._optimizer = self._optimizer, None
            self._shim.finish_update(optimizer)
