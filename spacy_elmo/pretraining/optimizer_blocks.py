"""What the blocks of optimizers and their rates in a pretraining config build.

Rates come from Thinc's schedules, to which this module adds two; they fit Thinc's own optimizers as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any, TypeAlias

import torch

from .loop.settings import OptimizerChoice
from .optimizers import Schedule, Soap, by_step, constant, cosine, inverse_sqrt
from .schema import check_flag, check_number, check_whole

SMALLEST_EPS = 1e-37  # less is nothing in float32, and a step divides by it

Rates: TypeAlias = float | list[float] | Iterator[float]  # as Thinc's optimizers take them


def adam(
    learn_rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.99,
    eps: float = 1e-8,
    use_averages: bool = False,
    average_decay: float = 0.999,
) -> OptimizerChoice:
    """Return torch's Adam.

    Args:
        learn_rate: A number, or a schedule of Thinc's.
        beta1: Decay of the mean of gradients.
        beta2: Decay of the mean of their squares.
        eps: Added to the root of that mean.
        use_averages: Whether moving averages of the parameters are evaluated and kept; training goes on with the
            parameters themselves.
        average_decay: Share of an average that a step leaves.
    """
    _check_adam(beta1, beta2, eps)
    make = partial(torch.optim.Adam, betas=(beta1, beta2), eps=eps, fused=True)
    return _choose(make, learn_rate, 2, use_averages, average_decay)


def adamw(
    learn_rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    use_averages: bool = False,
    average_decay: float = 0.999,
) -> OptimizerChoice:
    """Return torch's AdamW.

    Args:
        learn_rate: As of `adam`.
        beta1: As of `adam`.
        beta2: As of `adam`.
        eps: As of `adam`.
        weight_decay: Share of each parameter, times the rate, that a step takes off.
        use_averages: As of `adam`.
        average_decay: As of `adam`.
    """
    _check_adam(beta1, beta2, eps)
    check_number("weight_decay", weight_decay)
    make = partial(torch.optim.AdamW, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, fused=True)
    return _choose(make, learn_rate, 2, use_averages, average_decay)


def soap(
    learn_rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.99,
    eps: float = 1e-8,
    use_averages: bool = False,
    average_decay: float = 0.999,
) -> OptimizerChoice:
    """Return SOAP, see `Soap`: Adam that sees each matrix in a basis of its own. A step learns more, and takes longer.

    Args:
        learn_rate: As of `adam`.
        beta1: As of `adam`.
        beta2: As of `adam`.
        eps: As of `adam`.
        use_averages: As of `adam`.
        average_decay: As of `adam`.
    """
    _check_adam(beta1, beta2, eps)
    return _choose(partial(Soap, betas=(beta1, beta2), eps=eps), learn_rate, 3, use_averages, average_decay)


def adagrad(
    learn_rate: Rates,
    accumulator: float = 1.0,
    eps: float = 1e-10,
    use_averages: bool = False,
    average_decay: float = 0.999,
) -> OptimizerChoice:
    """Return torch's Adagrad.

    Args:
        learn_rate: As of `adam`.
        accumulator: What the sum of squared gradients starts from.
        eps: Added to the root of that sum.
        use_averages: As of `adam`.
        average_decay: As of `adam`.
    """
    check_number("accumulator", accumulator)
    check_number("eps", eps, low=SMALLEST_EPS)
    make = partial(torch.optim.Adagrad, initial_accumulator_value=accumulator, eps=eps)
    return _choose(make, learn_rate, 1, use_averages, average_decay)


def cosine_rates(rate: float, total: int, warmup: int = 0) -> Iterator[float]:
    """Return rates that go up in a line, then down half a cosine to 0 at the last step.

    Args:
        rate: The highest.
        total: Number of steps.
        warmup: Steps on the way up.
    """
    check_number("rate", rate, above=True)
    check_whole("total", total)
    check_whole("warmup", warmup, low=0)
    return map(cosine(rate, warmup=warmup, total=total), count())


def inverse_sqrt_rates(rate: float, warmup: int) -> Iterator[float]:
    """Return rates that go up in a line, then down with the square root of the number of steps.

    Args:
        rate: The highest.
        warmup: Steps on the way up.
    """
    check_number("rate", rate, above=True)
    check_whole("warmup", warmup, low=0)
    return map(inverse_sqrt(rate, warmup=warmup), count())


def _choose(
    make: Callable[[Any], torch.optim.Optimizer],
    learn_rate: Rates,
    slots: int,
    use_averages: bool,
    average_decay: float,
) -> OptimizerChoice:
    check_flag("use_averages", use_averages)
    check_number("average_decay", average_decay, below=1)
    decay = average_decay if use_averages else None
    return OptimizerChoice(make, _schedule(learn_rate), slots=slots + use_averages, average_decay=decay)


def _schedule(learn_rate: Rates) -> Schedule:
    """Return the rate of each step. Raises ValueError for what is neither a number nor a schedule."""
    try:
        if isinstance(learn_rate, (list, Iterator)):
            return by_step(learn_rate)
        check_number("learn_rate", learn_rate, above=True)
        return constant(learn_rate)
    except (TypeError, ValueError) as error:
        remedy = 'give a number or a schedule, as @schedules = "spacy-elmo.cosine.v1"'
        raise ValueError(f"learn_rate: not a number, and no series of numbers ({error}); {remedy}") from error


def _check_adam(beta1: float, beta2: float, eps: float) -> None:
    check_number("beta1", beta1, below=1)
    check_number("beta2", beta2, below=1)
    check_number("eps", eps, low=SMALLEST_EPS)
