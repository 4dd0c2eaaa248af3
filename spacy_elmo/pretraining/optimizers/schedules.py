"""Learning rates as functions of the step, from 0 on."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable
from typing import TypeAlias

Schedule: TypeAlias = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """Return the same rate for every step."""
    return lambda step: rate


def cosine(rate: float, *, warmup: int, total: int) -> Schedule:
    """Return rates that go up in a line, then down half a cosine to 0 at the last step.

    Args:
        rate: The highest.
        warmup: Steps on the way up.
        total: Number of the last step.
    """
    return lambda step: rate * _warm(step, warmup) * (1 + math.cos(math.pi * _done(step, warmup, total))) / 2


def inverse_sqrt(rate: float, *, warmup: int) -> Schedule:
    """Return rates that go up in a line, then down with the square root of the number of steps.

    Args:
        rate: The highest.
        warmup: Steps on the way up.
    """
    return lambda step: rate * _warm(step, warmup) * math.sqrt(max(warmup, 1) / max(warmup, step + 1))


def by_step(rates: Iterable[float]) -> Schedule:
    """Return the rates of a series, e.g. a generator of Thinc's, one a step.

    The series is read as far as a step needs it, and remembered, so that any step can be asked for: a run that goes on
    from a checkpoint gets the rates that it would have had. After the end of a series, its last rate stays.

    Raises:
        ValueError: The series has no rate at all.
    """
    series, seen = iter(rates), array("d")

    def rate_of(step: int) -> float:
        while len(seen) <= step:
            rate = next(series, None)
            if rate is None:
                break
            if not 0 <= rate < math.inf:
                raise ValueError(f"the rate of step {len(seen)} is {rate!r}; rates must be numbers of at least 0")
            seen.append(rate)
        return seen[min(step, len(seen) - 1)]

    try:
        rate_of(0)
    except IndexError as error:
        raise ValueError("a schedule has no rate; give one at least") from error
    return rate_of


def _warm(step: int, warmup: int) -> float:
    return min(1.0, (step + 1) / max(warmup, 1))


def _done(step: int, warmup: int, total: int) -> float:
    """Return the share of the steps after the warm-up that are over, 0 to 1."""
    return min(1.0, max(0, step + 1 - warmup) / max(1, total + 1 - warmup))
