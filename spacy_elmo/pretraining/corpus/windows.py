"""What a training step reads: a window over many lanes of text, in both directions."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor

from .mapped import Corpus

Ints1d: TypeAlias = np.ndarray
Ints2d: TypeAlias = np.ndarray
Ints3d: TypeAlias = Tensor


class Window(NamedTuple):
    """Some steps of every lane, in both directions.

    words: the distinct input words of both directions, so that each is encoded once.
    inputs: (2, steps, lanes) int64, index into words; [0] forward, [1] backward, where each sentence is turned around.
    targets: (2, steps, lanes) int64, vocabulary numbers of what comes next in that direction.
    """

    words: list[str]
    inputs: Ints3d
    targets: Ints3d


class Windows:
    """Windows of a corpus whose documents are shuffled each epoch: laid end to end and cut into lanes of equal length,
    each of which is read from one window to the next.

    corpus: what is read.
    lanes: rows of a batch, over all processes.
    steps: tokens of a lane in a window; the last of an epoch has those that are left.
    seed: with the epoch, decides the order of documents.
    rank, world: number of this process, and of all; it reads lanes [rank * lanes / world, (rank + 1) * lanes / world).
    Raises ValueError where the corpus is smaller than one window, or the processes cannot share the lanes evenly.
    """

    def __init__(self, corpus: Corpus, *, lanes: int, steps: int, seed: int, rank: int = 0, world: int = 1):
        _check(corpus, lanes, steps, rank, world)
        self.corpus = corpus
        self.steps = steps
        self.lane_length = (corpus.n_tokens - 1) // lanes  # the last token of all has none after it
        self.lanes = np.arange(rank * lanes // world, (rank + 1) * lanes // world)
        self.bounds: Ints1d = corpus.sentences[corpus.documents]  # (documents + 1,) in the tokens
        self._layout = lru_cache(maxsize=1)(lambda epoch: _shuffle(self.bounds, (seed, epoch)))

    def n_windows(self) -> int:
        """Return the number of windows of an epoch."""
        return -(-self.lane_length // self.steps)

    def window(self, epoch: int, index: int) -> Window:
        """Return a window: the same for the same arguments, whatever was asked for before.

        Raises IndexError unless index is from 0 to n_windows() - 1.
        """
        if not 0 <= index < self.n_windows():
            raise IndexError(f"window {index}: an epoch has {self.n_windows()}")
        ids = self._tokens(self._places(epoch, index))
        distinct, inputs = np.unique(ids[:, :-1], return_inverse=True)
        words = self.corpus.words(distinct)
        numbers = {word: i for i, word in enumerate(dict.fromkeys(words))}  # a rare word may have several numbers
        inputs = np.array([numbers[word] for word in words])[inputs].reshape(ids[:, :-1].shape)
        targets = self.corpus.targets(ids[:, 1:]).astype(np.int64)
        self.corpus.release()
        return Window(list(numbers), torch.from_numpy(inputs), torch.from_numpy(targets))

    def _places(self, epoch: int, index: int) -> Ints2d:
        """RETURNS: (steps + 1, lanes), where in the tokens of the corpus the forward direction reads."""
        order, ends = self._layout(epoch)
        start = index * self.steps
        steps = np.arange(start, min(start + self.steps, self.lane_length) + 1)
        positions = self.lanes * self.lane_length + steps[:, None]
        documents = np.searchsorted(ends, positions, side="right")
        return self.bounds[order + 1][documents] - ends[documents] + positions

    def _tokens(self, places: Ints2d) -> np.ndarray:
        """RETURNS: (2, steps + 1, lanes), the tokens at these places, and those that mirror them in their sentence."""
        starts = self.corpus.sentences
        sentences = np.searchsorted(starts, places, side="right")
        mirrored = starts[sentences - 1] + starts[sentences] - 1 - places
        return self.corpus.tokens[np.stack([places, mirrored])]


def _shuffle(bounds: Ints1d, seed: tuple[int, int]) -> tuple[Ints1d, Ints1d]:
    """RETURNS: (documents,) their order, and (documents,) where each of them ends then."""
    order = np.random.default_rng(seed).permutation(len(bounds) - 1)
    return order, np.cumsum(np.diff(bounds)[order])


def _check(corpus: Corpus, lanes: int, steps: int, rank: int, world: int) -> None:
    for key, value in (("lanes", lanes), ("steps", steps), ("world", world)):
        if value < 1:
            raise ValueError(f"{key} = {value}: must be at least 1")
    if lanes % world or not 0 <= rank < world:
        problem = f"lanes = {lanes}: process {rank} of {world} has no equal share of them"
        raise ValueError(f"{problem}; use a multiple of the number of processes")
    if lanes * steps >= corpus.n_tokens:
        problem = f"lanes = {lanes}, steps = {steps}: a window of {lanes * steps} tokens does not fit the corpus"
        raise ValueError(f"{problem}, which has {corpus.n_tokens}; lower them, or add text")
