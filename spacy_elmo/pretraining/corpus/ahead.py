"""Windows read ahead by other processes, for a GPU that would wait for them otherwise."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, Dataset

from .windows import Window, Windows

WORKERS, EACH = 2, 4  # processes, and windows that each reads ahead


class ReadAhead:
    """The windows of steps, each by one of two processes while those before it are in use.

    Args:
        windows: The text.
    """

    def __init__(self, windows: Windows):
        self.windows = windows
        self._coming: Iterator[Window] | None = None
        self._step = -1

    def window(self, step: int) -> Window:
        """Return the window of a step, counted over all epochs. Best asked for in order."""
        if "fork" not in multiprocessing.get_all_start_methods():  # any other way would copy the text
            return read_step(self.windows, step)
        if self._coming is None or step != self._step:
            self._coming = iter(
                DataLoader(
                    _Steps(self.windows),
                    batch_size=None,
                    sampler=itertools.count(step),
                    num_workers=WORKERS,
                    prefetch_factor=EACH,
                    collate_fn=_as_it_is,
                    multiprocessing_context="fork",
                )
            )
        self._step = step + 1
        return next(self._coming)


def read_step(windows: Windows, step: int) -> Window:
    """Return the window of a step, counted over all epochs."""
    return windows.window(*divmod(step, windows.n_windows()))


class _Steps(Dataset[Window]):
    def __init__(self, windows: Windows):
        self.windows = windows

    def __getitem__(self, step: int) -> Window:
        return read_step(self.windows, step)


def _as_it_is(window: Any) -> Any:
    return window
