"""Many small operations on a GPU as one CUDA graph, which is started at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

WARM_UP = 3  # calls before the one that is captured, by which all that is set up once is there


class RepeatedTask:
    """A task that is called again and again with tensors of the same shapes, and changes others in place."""

    def __init__(self) -> None:
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: list[Tensor] = []
        self._key: list[tuple[int, torch.Size]] = []
        self._calls = 0

    def run(self, task: Callable[..., None], inputs: Sequence[Tensor], others: Sequence[Tensor]) -> None:
        """Call a task, from the fourth call on by a graph.

        Args:
            task: Is given the inputs. What else it reads must be in `others`, or never change.
            inputs: Are copied for the graph, so that they may lie elsewhere at each call.
            others: What else it reads and writes. Where one lies elsewhere than before, it begins again.
        """
        if not inputs or not inputs[0].is_cuda:
            task(*inputs)
            return
        key = [*((0, t.shape) for t in inputs), *((t.data_ptr(), t.shape) for t in others)]
        if key != self._key:
            self._key, self._graph, self._calls = key, None, 0
        self._calls += 1
        if self._calls <= WARM_UP:
            task(*inputs)
            return
        if self._graph is None:
            self._inputs = [torch.empty_like(t, memory_format=torch.contiguous_format) for t in inputs]
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                task(*self._inputs)
        torch._foreach_copy_(self._inputs, list(inputs))
        self._graph.replay()
