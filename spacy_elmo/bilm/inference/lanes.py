"""Sentences end to end in lanes, so that a batch of recurrent steps stays full and nothing is padded."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MAX_LANES = 128  # from here on a step's fixed part is small beside its rows


@dataclass(frozen=True)
class Lanes:
    """Words in the order in which they are computed: step by step, and lane by lane within a step.

    Attributes:
        sizes: Lanes that have a word at each step. It never rises, and these lanes are always the first.
        offsets: The first row of each step, and the number of rows.
        words: (directions, rows), the place in the batch of each row's word. The backward direction has every sentence
            reversed in its place.
        starts: The lanes in which another sentence starts, by step. At step 0 all do, and none is listed.
    """

    sizes: list[int]
    offsets: list[int]
    words: Tensor
    starts: dict[int, Tensor]

    def rows(self, steps: range) -> slice:
        """Return the rows of consecutive steps."""
        return slice(self.offsets[steps.start], self.offsets[steps.stop])

    def blocks(self, steps: range, max_rows: int) -> Iterator[range]:
        """Cut steps into pieces of at most max_rows rows, and at least one step."""
        first = steps.start
        for step in steps:
            if step > first and self.offsets[step + 1] - self.offsets[first] > max_rows:
                yield range(first, step)
                first = step
        yield range(first, steps.stop)


def pack(lengths: Sequence[int], max_lanes: int = MAX_LANES) -> Lanes:
    """Lay sentences into lanes.

    Args:
        lengths: Words of each sentence, which may be 0.
        max_lanes: Lanes at most. A step costs a fixed part and one for each row. So more lanes, and fewer steps, are
            better even where the last steps have few rows.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    lane, begin = _assign(sizes, max(1, min(max_lanes, len(sizes))))
    sentence = np.repeat(np.arange(len(sizes)), sizes)
    words = np.arange(len(sentence))
    position = words - np.repeat(np.cumsum(sizes) - sizes, sizes)
    steps = begin[sentence] + position
    per_step = np.bincount(steps)
    offsets = np.cumsum([0, *per_step])
    order = np.empty((2, len(words)), dtype=np.int64)
    order[0, offsets[steps] + lane[sentence]] = words
    order[1, offsets[begin[sentence] + sizes[sentence] - 1 - position] + lane[sentence]] = words
    starts = _starts(lane[sizes > 0], begin[sizes > 0])
    return Lanes(per_step.tolist(), offsets.tolist(), torch.from_numpy(order), starts)


def _assign(sizes: np.ndarray, n_lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each sentence's lane and first step: the longest first, always into the shortest lane.

    Lanes are numbered by falling length.
    """
    lane, begin = np.zeros_like(sizes), np.zeros_like(sizes)
    heap = [(0, number) for number in range(n_lanes)]
    for sentence in np.argsort(-sizes, kind="stable").tolist():
        length, number = heap[0]
        lane[sentence], begin[sentence] = number, length
        heapq.heapreplace(heap, (length + int(sizes[sentence]), number))
    rank = np.empty(n_lanes, dtype=np.int64)
    rank[[number for _, number in sorted(heap, reverse=True)]] = np.arange(n_lanes)
    return rank[lane], begin


def _starts(lane: np.ndarray, begin: np.ndarray) -> dict[int, Tensor]:
    order = np.argsort(begin, kind="stable")
    steps, firsts = np.unique(begin[order], return_index=True)
    groups = np.split(lane[order], firsts[1:])
    return {step: torch.from_numpy(group) for step, group in zip(steps.tolist(), groups) if step > 0}
