"""Which part of a text a pass over it reads, where some of it weighs more than other text or less."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...util.types import Floats1d, Ints1d, Ints2d


def count_tokens(bounds: Ints1d, weights: Floats1d) -> int:
    """Return how many tokens a pass reads; arguments as of `take_pass`."""
    return sum(size for *_, size in _by_weight(bounds, weights))


def take_pass(bounds: Ints1d, weights: Floats1d, *, seed: int, epoch: int) -> Ints2d:
    """Return what a pass reads: as many tokens in each pass, and all of the text after as many as it takes.

    Documents of one weight are an endless row, all of them in a new order again and again, of which a pass takes the
    next part. So one of weight 0.5 is read once in two passes, and one of weight 2 twice in each. The document at the
    end of a part is cut, and the next pass begins with its rest.

    Args:
        bounds: (documents + 1,), where each document begins in the tokens.
        weights: (documents,), how often a pass reads each, above 0.
        seed: Decides the order, with the weight.
        epoch: Number of the pass, from 0.

    Returns:
        (pieces, 2), where documents, or parts of them, begin and end in the tokens, in the order of the text.
    """
    found = [np.empty((0, 2), dtype=np.int64)]
    for group, (members, total, size) in enumerate(_by_weight(bounds, weights), start=1):
        start, end = epoch * size, (epoch + 1) * size
        for turn in range(start // total, -(-end // total)):
            order = np.random.default_rng((seed, turn, group)).permutation(members)
            ends = np.cumsum(bounds[order + 1] - bounds[order])  # in the row, from the beginning of this turn
            starts = ends - (bounds[order + 1] - bounds[order])
            places = np.clip([starts, ends], start - turn * total, end - turn * total)
            found.append((places - starts + bounds[order]).T[places[0] < places[1]])
    pieces = np.concatenate(found)
    return pieces[np.argsort(pieces[:, 0], kind="stable")]


def _by_weight(bounds: Ints1d, weights: Floats1d) -> Iterator[tuple[Ints1d, int, int]]:
    """Yield for each weight its documents, their number of tokens, and how many of them a pass reads."""
    for weight in np.unique(weights):
        members = np.flatnonzero(weights == weight)
        total = int((bounds[members + 1] - bounds[members]).sum())
        yield members, total, round(float(weight) * total)
