"""A linear probe: which tag a regression reads from the vector of a word, by sentences that it has not learned from."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..util.checks import available_bytes
from ..util.types import Bools1d, Floats1d, Floats3d, Ints1d
from .corpus import Tagged
from .regression import fit

SAMPLES, SEED = 1000, 0  # of the intervals
AVERAGE, ALL = "average", "all"
SMALLEST = 1e-6  # deviation that features are divided by


class Share(NamedTuple):
    """The share of some words.

    Attributes:
        value: From 0 to 1.
        interval: An interval of 95%: a bootstrap over sentences, always the same.
    """

    value: float
    interval: tuple[float, float]


class Score(NamedTuple):
    """The share of the words that get their tag.

    Attributes:
        words: Of all words that are tested.
        unseen: Of those that are not among the words that the probe learns from; None where there are none.
    """

    words: Share
    unseen: Share | None


class Probe:
    """What probes of several models learn from, and what they are tested on.

    Args:
        train: The sentences to learn from.
        dev: The sentences to test on.

    Attributes:
        words: All sentences.
        tags: The tags to learn.
        targets: (words to learn from,), the number of the tag of each.
        gold: (words,), the number of the tag of each word that is tested; -1 for a tag that is not learned.
        unseen: (words,), whether it is not among the words to learn from.
        sentences: (words,), the number of its sentence.

    Raises:
        ValueError: There is only one tag to learn, or no word to test on.
    """

    def __init__(self, train: Tagged, dev: Tagged):
        self.words = [*train.words, *dev.words]
        self._kept = [np.array([tag != "" for tag in tags], dtype=bool) for tags in chain(train.tags, dev.tags)]
        learned, tested = list(_tagged_words(train)), list(_tagged_words(dev))
        self.tags = sorted({tag for _, _, tag in learned})
        if len(self.tags) < 2:
            have = f"every word has the tag {self.tags[0]!r}" if self.tags else "no word has a tag"
            raise ValueError(f"the sentences to learn from: {have}, so there is nothing to tell apart; give others")
        if not tested:
            raise ValueError("the sentences to test on: no word has a tag; give others")
        numbers = {tag: i for i, tag in enumerate(self.tags)}
        self.targets: Ints1d = np.array([numbers[tag] for _, _, tag in learned])
        self.gold: Ints1d = np.array([numbers.get(tag, -1) for _, _, tag in tested])
        self._learned, self._tested = ([word for _, word, _ in part] for part in (learned, tested))
        seen = set(self._learned)
        self.unseen: Bools1d = np.array([word not in seen for word in self._tested])
        self.sentences: Ints1d = np.array([number for number, _, _ in tested])

    def guess(self) -> dict[str, Bools1d]:
        """Return (words,), whether guesses without a model are right: the tag that is the most frequent of all, and
        the most frequent one of the word, which for an unseen word is the former.
        """
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for word, target in zip(self._learned, self.targets.tolist()):
            counts[word][target] += 1
        most = int(np.bincount(self.targets).argmax())
        best = {word: min(found, key=lambda tag: (-found[tag], tag)) for word, found in counts.items()}
        by_word = np.array([best.get(word, most) for word in self._tested])
        return {"most frequent tag": self.gold == most, "most frequent tag of the word": self.gold == by_word}

    def read(
        self, vectors: Iterable[Floats3d], kinds: Sequence[str] | None = None, *, source: str = "the model"
    ) -> Iterator[tuple[str, Bools1d]]:
        """Yield kinds of vectors, and of each (words,), whether the probe finds the tag.

        Args:
            vectors: (layers, words, width) of each of the sentences `words`.
            kinds: Numbers of layers; "average" for the mean of all layers; "all" for all of them side by side. None for
                each of these.
            source: Where they come from, for messages.

        Raises:
            ValueError: There is no such layer, or a vector has numbers that are not finite.
            MemoryError: The vectors do not fit.
        """
        layers = self._collect(vectors, kinds, source)
        if not torch.isfinite(layers.sum()):
            raise ValueError(f"{source}: a vector has numbers that are not finite; are the weights whole?")
        average = self._standardized(layers.mean(dim=1))
        flat = self._standardized(layers.flatten(1))  # the same memory
        for kind in kinds or all_kinds(layers.shape[1]):
            if kind in (AVERAGE, ALL):
                yield kind, self._is_right(average if kind == AVERAGE else flat)
            else:
                yield kind, self._is_right(flat.unflatten(1, layers.shape[1:])[:, int(kind)])

    def _collect(self, vectors: Iterable[Floats3d], kinds: Sequence[str] | None, source: str) -> Tensor:
        """Return (words, layers, width), of the words that have tags."""
        found: Floats3d | None = None
        end = 0
        for layers, kept in zip(vectors, self._kept, strict=True):
            if found is None:
                _check_kinds(kinds, len(layers), source)
                found = _empty(len(self.targets) + len(self.gold), len(layers), layers.shape[-1])
            start, end = end, end + np.count_nonzero(kept)
            found[start:end] = layers[:, kept].swapaxes(0, 1)
        assert found is not None
        return torch.from_numpy(found)

    def _standardized(self, features: Tensor) -> Tensor:
        """Return features, changed in place: of the words to learn from, each has a mean of 0 and a deviation of 1."""
        std, mean = torch.std_mean(features[: len(self.targets)], dim=0, correction=0)
        return features.sub_(mean).div_(std.clamp(min=SMALLEST))

    def _is_right(self, features: Tensor) -> Bools1d:
        n = len(self.targets)
        regression = fit(features[:n], torch.from_numpy(self.targets))
        return regression.predict(features[n:]).numpy() == self.gold

    def score(self, right: Floats1d) -> Score:
        """Return the shares that are right of all words, and of unseen ones.

        Args:
            right: (words,), whether each is right; or by how much more it is than something else.
        """
        unseen = self.unseen
        of_unseen = _share(right[unseen], self.sentences[unseen]) if unseen.any() else None
        return Score(_share(right, self.sentences), of_unseen)


def _tagged_words(corpus: Tagged) -> Iterator[tuple[int, str, str]]:
    for number, (words, tags) in enumerate(zip(corpus.words, corpus.tags)):
        yield from ((number, word, tag) for word, tag in zip(words, tags) if tag)


def all_kinds(n_layers: int) -> list[str]:
    """Return what vectors can be made of layers: each alone, their mean, and all side by side."""
    return [*map(str, range(n_layers)), AVERAGE, ALL]


def _check_kinds(kinds: Sequence[str] | None, n_layers: int, source: str) -> None:
    for kind in kinds or ():
        if kind not in (known := all_kinds(n_layers)):
            raise ValueError(f"layers: {kind!r} is none of what {source} has: {', '.join(known)}")


def _empty(*shape: int) -> Floats3d:
    """Return room for vectors, where there is memory for them and for their mean."""
    needed, available = 8 * math.prod(shape), available_bytes()
    if available is not None and needed > available:
        raise MemoryError(f"the vectors need {needed / 1e9:,.1f} GB, and {available / 1e9:,.1f} are free")
    return np.empty(shape, "float32")


def _share(right: Floats1d, sentences: Ints1d) -> Share:
    _, groups = np.unique(sentences, return_inverse=True)
    sizes, sums = np.bincount(groups), np.bincount(groups, weights=right)
    random, samples = np.random.default_rng(SEED), []
    for _ in range(SAMPLES):
        chosen = random.integers(len(sizes), size=len(sizes))
        samples.append(sums[chosen].sum() / sizes[chosen].sum())
    low, high = np.quantile(samples, (0.025, 0.975))
    return Share(float(np.mean(right)), (float(low), float(high)))
