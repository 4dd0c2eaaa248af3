"""Moving averages of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

AVERAGED_EVERY = 8  # steps from one update to the next: a whole vocabulary is read in it, which each step would feel


class Averages:
    """Exponential moving averages of parameters. Training goes on with the parameters; what is evaluated and kept are
    the averages.

    As in Thinc, the decay of a step is at most (1 + steps) / (10 + steps): the average is over the last tenth of the
    run until that is longer than the decay says, so that early steps do not weigh. It moves at each of the first
    eight steps, and then at every eighth by as much as in eight.

    Args:
        parameters: What is averaged, by name. They are the first averages.
        decay: Share of the average that a step leaves, below 1. None for no averages: nothing is kept then.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float | None):
        self.parameters = {} if decay is None else dict(parameters)
        self.decay = decay or 0.0
        self.tensors = {name: p.detach().clone() for name, p in self.parameters.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take up the parameters after a step.

        Args:
            step: Number of steps taken.
        """
        if step > AVERAGED_EVERY and step % AVERAGED_EVERY:
            return
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, average in self.tensors.items():
            average.lerp_(self.parameters[name], 1 - decay**AVERAGED_EVERY)

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let the averages be the parameters within the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for name, p in self.parameters.items():
            self.tensors[name], p.data = p.data, self.tensors[name]

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from averages of these parameters that were saved."""
        for name, average in self.tensors.items():
            average.copy_(tensors[name])
