"""What the blocks of a pretraining config build.

Rates come from Thinc's schedules, to which this module adds two; they fit Thinc's own optimizers as well. The rest are
values that only pretraining reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any, Literal, TypeAlias

import torch

from ..bilm import BiLMConfig, CharacterInput, WordInput
from ..text.readers import Lines
from ..util.checks import check_choice
from .loop.schedules import Schedule, by_step, constant, cosine, inverse_sqrt
from .loop.settings import AdaptiveChoice, FullChoice, OptimizerChoice, SampledChoice
from .reader import TextReader
from .schema import MOST_PROCESSES, check_flag, check_number, check_text, check_weights, check_whole

MOST_LAYERS, MOST_CHARACTERS = 100, 1000  # far beyond what trains; each layer takes time to make, however small
SMALLEST_EPS = 1e-37  # less is nothing in float32, and a step divides by it

Words: TypeAlias = tuple[str, ...]
Rates: TypeAlias = float | list[float] | Iterator[float]  # as Thinc's optimizers take them


def make_reader(
    paths: str | list[str] | None = None,
    lang: str = "en",
    n_process: int | None = None,
    lines: Lines = "paragraphs",
    weights: list[Any] | None = None,
) -> TextReader | None:
    """Return a reader of text files, None where none are named.

    Args:
        paths: A file, directory or pattern of text, or several of them; see `tokenize_files`.
        lang: The language whose tokenizer to use.
        n_process: Processes that tokenize. None for as many as there are cores, 4 at most.
        lines: What a line of text is: "paragraphs", "wrapped" (parts of paragraphs, which blank lines end), or
            "sentences" (words between spaces, which are not tokenized; a document is cut after 10 sentences, because
            such text is mostly without blank lines).
        weights: Pairs of a pattern of names of files and how often a pass over the text reads their documents.
    """
    if paths is None or paths in ("", []):
        return None
    files = [paths] if isinstance(paths, str) else paths
    if not isinstance(files, list) or not all(isinstance(path, str) and path for path in files):
        raise ValueError(f"paths = {paths!r:.60}: must be the path of a file or directory, or a list of paths")
    check_text("lang", lang)
    if n_process is not None:
        check_whole("n_process", n_process, high=MOST_PROCESSES)
    check_choice("lines", lines, Lines)
    check_weights(weights)
    return TextReader(files, lang, n_process, lines, weights or [])


def character_bilm(
    hidden_size: int,
    projection_size: int,
    filters: list[list[int]],
    embedding_size: int = 16,
    n_highway: int = 1,
    activation: Literal["relu", "tanh"] = "relu",
    max_characters: int = 50,
    n_layers: int = 2,
    cell_clip: float | None = 3.0,
    projection_clip: float | None = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """Return what gives the dimensions of a model that reads words by their characters.

    Args:
        hidden_size: As of `BiLMConfig`.
        projection_size: As of `BiLMConfig`.
        filters: As of `CharacterInput`, pairs of a width and a number.
        embedding_size: As of `CharacterInput`.
        n_highway: As of `CharacterInput`.
        activation: As of `CharacterInput`.
        max_characters: As of `CharacterInput`.
        n_layers: As of `BiLMConfig`.
        cell_clip: As of `BiLMConfig`.
        projection_clip: As of `BiLMConfig`.
        skip_connections: As of `BiLMConfig`.
    """
    check_whole("n_layers", n_layers, high=MOST_LAYERS)
    check_whole("n_highway", n_highway, low=0, high=MOST_LAYERS)
    check_whole("max_characters", max_characters, low=3, high=MOST_CHARACTERS)
    config = BiLMConfig(
        CharacterInput(
            embedding_size=embedding_size,
            filters=tuple((width, n) for width, n in filters),
            n_highway=n_highway,
            activation=activation,
            max_characters=max_characters,
        ),
        hidden_size=hidden_size,
        projection_size=projection_size,
        n_layers=n_layers,
        cell_clip=cell_clip,
        projection_clip=projection_clip,
        skip_connections=skip_connections,
    )
    return lambda words: config


def word_bilm(
    hidden_size: int,
    projection_size: int,
    n_layers: int = 2,
    cell_clip: float | None = 3.0,
    projection_clip: float | None = 3.0,
    skip_connections: bool = True,
) -> Callable[[Words], BiLMConfig]:
    """Return what gives the dimensions of a model with a table of the words of the vocabulary.

    Args:
        hidden_size: As of `BiLMConfig`, like all others.
        projection_size: As of `BiLMConfig`.
        n_layers: As of `BiLMConfig`.
        cell_clip: As of `BiLMConfig`.
        projection_clip: As of `BiLMConfig`.
        skip_connections: As of `BiLMConfig`.
    """
    check_whole("n_layers", n_layers, high=MOST_LAYERS)
    return lambda words: BiLMConfig(
        WordInput(len(words)),
        hidden_size=hidden_size,
        projection_size=projection_size,
        n_layers=n_layers,
        cell_clip=cell_clip,
        projection_clip=projection_clip,
        skip_connections=skip_connections,
    )


def full_softmax() -> FullChoice:
    """Return a softmax over the whole vocabulary."""
    return FullChoice()


def sampled_softmax(n_samples: int = 8192) -> SampledChoice:
    """Return a softmax that is trained over the target and sampled negatives.

    Args:
        n_samples: Number of negatives.
    """
    check_whole("n_samples", n_samples)
    return SampledChoice(n_samples=n_samples)


def adaptive_softmax(cutoffs: list[int] | None = None, div_value: float = 4.0) -> AdaptiveChoice:
    """Return a softmax with the rarer words in clusters of lower width.

    Args:
        cutoffs: The rank at which each cluster begins. None for 1/16 and 1/4 of the vocabulary.
        div_value: Each cluster's width is the one before divided by this.
    """
    check_number("div_value", div_value, low=1)
    if cutoffs is not None:
        if not isinstance(cutoffs, list):
            raise ValueError(f"cutoffs = {cutoffs!r:.60}: must be a list of ranks, or null for the default")
        for rank in cutoffs:
            check_whole("cutoffs", rank)
    return AdaptiveChoice(cutoffs=cutoffs, div_value=div_value)


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
