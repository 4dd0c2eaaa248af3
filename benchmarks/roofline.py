"""What this machine's matrix products and memory allow for a biLM.

The roofline is the time that all matrix products of a text take when each is computed by the fastest of three kernels,
at the number of rows that the encoder gives it, and nothing else takes any time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from spacy_elmo.bilm import BiLMConfig, CharacterInput
from spacy_elmo.bilm.inference.kernels import Product, can_pack
from spacy_elmo.bilm.inference.lanes import pack
from spacy_elmo.bilm.inference.lstm import BLOCK_ROWS
from spacy_elmo.util.batches import batch_by_size

from .text import Sentences

ROWS = (1, 4, 16, 32, 64, 128, 256)
Products = Counter[tuple[int, int, int]]  # how often a product of (outputs, inputs, rows) is computed


def products(config: BiLMConfig, sentences: Sentences, *, max_batch_words: int = 4096) -> Products:
    """Count the products that a text needs, each distinct word encoded once.

    Args:
        config: The dimensions of a model that reads characters.
        sentences: The text.
        max_batch_words: The most words that the encoder computes together.

    Returns:
        How often a product of each shape is computed.
    """
    found: Products = Counter()
    words = {word for sentence in sentences for word in sentence}
    _count_character_products(found, config, words)
    for batch in batch_by_size(sentences, max_batch_words):
        _count_recurrent_products(found, config, batch)
    return found


def seconds(found: Products) -> float:
    """Return the time that products take on this machine, now."""
    shapes = {(outputs, inputs) for outputs, inputs, _ in found}
    measured = {shape: [_fastest(*shape, rows) for rows in ROWS] for shape in shapes}
    return sum(times * _interpolate(measured[n, k], rows) for (n, k, rows), times in found.items())


def flops(found: Products) -> float:
    """Return the floating-point operations of products."""
    return sum(2.0 * outputs * inputs * rows * times for (outputs, inputs, rows), times in found.items())


def bandwidth() -> float:
    """Return bytes a second read from memory: the better of a sum and of a matrix times a vector."""
    values = torch.ones(2**26)
    matrix, vector = values.view(2**13, 2**13), torch.ones(1, 2**13)
    fastest = min(best_time(lambda: values.sum(), 5), best_time(lambda: F.linear(vector, matrix), 5))
    return values.numel() * 4 / fastest


def bytes_per_word(config: BiLMConfig) -> float:
    """Return the bytes of weights that a step of one sentence reads, in both directions."""
    p, n = config.projection_size, config.hidden_size
    return 2 * config.n_layers * 4.0 * (4 * n * p + (n * p if config.lstm_projection else 0))


def best_time(function: Callable[[], object], repeats: int) -> float:
    """Return the seconds of the fastest of several calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def _count_character_products(found: Products, config: BiLMConfig, words: Iterable[str]) -> None:
    settings = config.input
    assert isinstance(settings, CharacterInput)
    lengths = [min(len(word.encode("utf8")) + 2, settings.max_characters) for word in words]
    n_words = len(lengths)
    for width, n_filters in settings.filters:
        windows = sum(min(length + 1, settings.max_characters - width + 1) for length in lengths)
        _add(found, n_filters, width * settings.embedding_size, windows)
    for _ in range(2 * settings.n_highway):
        _add(found, settings.n_filters, settings.n_filters, n_words)
    if settings.projection:
        _add(found, config.projection_size, settings.n_filters, n_words)


def _count_recurrent_products(found: Products, config: BiLMConfig, batch: Sentences) -> None:
    n, p = config.hidden_size, config.projection_size
    lanes = pack([len(sentence) for sentence in batch])
    for layer in range(2 * config.n_layers):
        distinct = len({word for sentence in batch for word in sentence})
        _add(found, 4 * n, p, distinct if layer < 2 else sum(lanes.sizes))
        for size in lanes.sizes:
            found[4 * n, p, size] += 1
            if config.lstm_projection:
                found[p, n, size] += 1


def _add(found: Products, outputs: int, inputs: int, rows: int) -> None:
    """Count a product of many rows as blocks."""
    found[outputs, inputs, BLOCK_ROWS] += rows // BLOCK_ROWS
    if rows % BLOCK_ROWS:
        found[outputs, inputs, rows % BLOCK_ROWS] += 1


def _fastest(outputs: int, inputs: int, rows: int) -> float:
    weight, x = torch.randn(outputs, inputs), torch.randn(rows, inputs)
    product = Product(weight)
    product.pack()
    kernels: list[Callable[[], object]] = [lambda: F.linear(x, weight), lambda: torch.mm(weight, x.T)]
    if can_pack():
        kernels.append(lambda: product(x))
    repeats = int(np.clip(2e9 / (outputs * inputs * rows), 3, 20))
    with torch.inference_mode():
        return min(best_time(kernel, repeats) for kernel in kernels)


def _interpolate(times: Sequence[float], rows: int) -> float:
    return float(np.interp(rows, ROWS, times))
