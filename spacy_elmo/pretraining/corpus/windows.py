"""What a training step reads: a window over many lanes of text, in both directions."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...util.types import Floats1d, Ints1d, Ints2d, Ints3d
from .mapped import Corpus
from .sampling import count_tokens, take_pass


class Window(NamedTuple):
    """Some steps of every lane, in both directions.

    Attributes:
        words: The distinct input words of both directions, so that each is encoded once.
        inputs: (2, steps, lanes) int64, index into words. [0] forward, [1] backward, where each sentence is reversed.
        targets: (2, steps, lanes) int64, vocabulary ids of what comes next in that direction.
    """

    words: list[str]
    inputs: Tensor
    targets: Tensor

    def to(self, device: torch.device) -> Window:
        """Return the same with its tensors on a device, which need not have arrived yet."""
        inputs, targets = (t.to(device, non_blocking=True) for t in (self.inputs, self.targets))
        return Window(self.words, inputs, targets)


class Windows:
    """Windows of a corpus whose documents are shuffled each epoch: laid end to end and cut into lanes of equal length.

    An epoch is a pass over the text, in which a document of another weight than 1 is read so often, see `take_pass`.

    A lane is a row of the batch: it is read on from one window to the next.

    Args:
        corpus: What is read.
        batch_size: Lanes of a batch, over all processes.
        unroll_steps: Tokens of a lane in a window; the last window of an epoch has those that are left.
        seed: With the epoch, decides the order of documents.
        rank: Number of this process, from 0. It reads lanes [rank, rank + 1) * batch_size / world.
        world: Number of processes.
        weights: (documents,), how often an epoch reads each. None for once.

    Attributes:
        lanes: (lanes of this process,), which they are.

    Raises:
        ValueError: The corpus is smaller than one window, or the processes cannot share the lanes evenly.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        batch_size: int,
        unroll_steps: int,
        seed: int,
        rank: int = 0,
        world: int = 1,
        weights: Floats1d | None = None,
    ):
        bounds: Ints1d = corpus.sentences[corpus.documents]  # (documents + 1,) in the tokens
        weights = np.ones(len(bounds) - 1) if weights is None else weights
        n_tokens = count_tokens(bounds, weights)
        _check(n_tokens, batch_size, unroll_steps, rank, world)
        self.corpus = corpus
        self.unroll_steps = unroll_steps
        self.lane_length = (n_tokens - 1) // batch_size  # the last token of all has none after it
        self.lanes: Ints1d = np.arange(rank * batch_size // world, (rank + 1) * batch_size // world)
        self._layout = lru_cache(maxsize=1)(lambda epoch: _shuffle(bounds, weights, seed, epoch))

    def n_windows(self) -> int:
        """Return the number of windows of an epoch."""
        return -(-self.lane_length // self.unroll_steps)

    def window(self, epoch: int, index: int) -> Window:
        """Return a window: the same for the same arguments, whatever was asked for before.

        Args:
            epoch: Number of the epoch, from 0.
            index: Number of the window within it, from 0 to n_windows() - 1.

        Raises:
            IndexError: The epoch has no such window.
        """
        if not 0 <= index < self.n_windows():
            raise IndexError(f"window {index}: an epoch has {self.n_windows()}")
        ids = self._tokens(self._places(epoch, index))
        distinct, inputs = np.unique(ids[:, :-1], return_inverse=True)
        words = self.corpus.words(distinct)
        places = {word: i for i, word in enumerate(dict.fromkeys(words))}  # a rare word may have several ids
        inputs = np.array([places[word] for word in words])[inputs].reshape(ids[:, :-1].shape)
        targets = self.corpus.targets(ids[:, 1:]).astype(np.int64)
        self.corpus.release()
        return Window(list(places), torch.from_numpy(inputs), torch.from_numpy(targets))

    def _places(self, epoch: int, index: int) -> Ints2d:
        """Return (steps + 1, lanes), where in the tokens of the corpus the forward direction reads."""
        stops, ends = self._layout(epoch)
        start = index * self.unroll_steps
        steps = np.arange(start, min(start + self.unroll_steps, self.lane_length) + 1)
        positions = self.lanes[:, None] * self.lane_length + steps  # in order, which is quick to look up
        pieces = np.searchsorted(ends, positions, side="right")
        return (stops[pieces] - ends[pieces] + positions).T

    def _tokens(self, places: Ints2d) -> Ints3d:
        """Return (2, steps + 1, lanes), the tokens at these places, and those that mirror them in their sentence."""
        starts = self.corpus.sentences
        sentences = np.searchsorted(starts, places.T, side="right").T
        mirrored = starts[sentences - 1] + starts[sentences] - 1 - places
        return self.corpus.tokens[np.stack([places, mirrored])]


def _shuffle(bounds: Ints1d, weights: Floats1d, seed: int, epoch: int) -> tuple[Ints1d, Ints1d]:
    """Return (pieces,), where each ends in the tokens of the corpus, and (pieces,), where in those of the epoch."""
    pieces = take_pass(bounds, weights, seed=seed, epoch=epoch)
    starts, stops = pieces[np.random.default_rng((seed, epoch)).permutation(len(pieces))].T
    return stops, np.cumsum(stops - starts)


def _check(n_tokens: int, batch_size: int, unroll_steps: int, rank: int, world: int) -> None:
    for key, value in (("batch_size", batch_size), ("unroll_steps", unroll_steps), ("world", world)):
        if value < 1:
            raise ValueError(f"{key} = {value}: must be at least 1")
    if batch_size % world or not 0 <= rank < world:
        problem = f"batch_size = {batch_size}: process {rank} of {world} has no equal share of it"
        raise ValueError(f"{problem}; use a multiple of the number of processes")
    if batch_size * unroll_steps >= n_tokens:
        size = batch_size * unroll_steps
        problem = f"batch_size = {batch_size}, unroll_steps = {unroll_steps}: a window of {size} tokens does not fit"
        raise ValueError(f"{problem} the corpus, which has {n_tokens}; lower them, or add text")
