"""A batch of Docs on its way back: the gradients that listeners send to a trained biLM."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np

from ..tokens.data import ElmoData
from ..util.types import Floats3d


class TrainingBatch:
    """The layers of a batch as they went to listeners, and what came back.

    Batches are recognised by the data object on each Doc, which copies of a Doc share.

    data: of each Doc; backprop: takes the gradient of each Doc's layers; losses: of the current step, by pipe.
    """

    def __init__(
        self, data: Sequence[ElmoData], backprop: Callable[[list[Floats3d]], Any], losses: dict[str, float]
    ):
        self.data = list(data)  # holding on to the objects keeps their ids apart from new ones
        self.backprop = backprop
        self.losses = losses
        self._gradients: dict[int, Floats3d] = {}
        self._ids = {id(data) for data in self.data}

    def __contains__(self, data: ElmoData | None) -> bool:
        return id(data) in self._ids

    @property
    def has_gradients(self) -> bool:
        return bool(self._gradients)

    def add_gradient(self, data: ElmoData, d_layers: Floats3d) -> None:
        """Add (L + 1, rows, width) of one Doc."""
        known = self._gradients.get(id(data))
        self._gradients[id(data)] = d_layers if known is None else known + d_layers

    def backpropagate(self) -> None:
        """Send the sum of all gradients to the parameters, once for the whole batch."""
        zeros = (np.zeros_like(data.features, dtype="float32") for data in self.data)
        self.backprop([self._gradients.get(id(data), zero) for data, zero in zip(self.data, zeros)])
