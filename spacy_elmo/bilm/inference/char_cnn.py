"""Context-free word vectors for inference: the numbers of `CharacterEncoder` and `WordTable` with less work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...util.threads import run_both
from ..lexicons import LexiconEncoder
from ..word_encoder import CharacterEncoder, WordTable, character_windows, stacked_filters
from .kernels import EQUAL_ROWS, STORED_ROWS, Product, fill_rows
from .native import Kernel
from .native_words import NativeCNN, NativeLinear
from .word_cache import WordCache

FILTERED_WORDS = 32  # words whose windows are in memory at once
BLOCK_WORDS = 256  # words that go through the highways at once

Compute: TypeAlias = Callable[[Sequence[str]], Tensor]


class TableVectors:
    """Rows of a table of word vectors."""

    def __init__(self, table: WordTable):
        self.table = table

    def compute(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words.

        Raises:
            KeyError: As the table does.
        """
        ids = self.table.word_ids(words)
        return self.table.embedding.weight[(ids[:, 0] - 1).clamp(min=0)] * (ids > 0)

    __call__ = compute


class CharacterVectors:
    """The character CNN with a cache over calls.

    Args:
        encoder: The character CNN, alone or beside embeddings of words.
        width: Numbers in a word vector.
        word_cache: Number of vectors to keep.
        kernel: What computes; torch if None.
    """

    def __init__(
        self, encoder: CharacterEncoder | LexiconEncoder, *, width: int, word_cache: int, kernel: Kernel | None = None
    ):
        self.cache = WordCache(word_cache, width)
        self.compute: Compute
        if isinstance(encoder, LexiconEncoder):
            self.compute = LexiconVectors(encoder, kernel)
        else:
            self.compute = _make_cnn(encoder, width, kernel)

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words, each of which is given once."""
        return self.cache.look_up(words, self.compute)


class LexiconVectors:
    """Embeddings of words and what the character CNN gives, side by side, projected: the numbers of `LexiconEncoder`.

    Args:
        encoder: The encoder.
        kernel: What computes; torch if None.
    """

    def __init__(self, encoder: LexiconEncoder, kernel: Kernel | None):
        self.encoder = encoder
        self.cnn = None if encoder.cnn is None else _make_cnn(encoder.cnn, encoder.cnn.config.n_filters, kernel)
        projection = encoder.projection
        self.project = TorchLinear(projection) if kernel is None else NativeLinear(kernel, projection)

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words."""
        filtered = None if self.cnn is None else self.cnn(words)
        return self.project(self.encoder.beside(self.encoder.word_rows(words), filtered))


class TorchLinear:
    """A linear layer."""

    def __init__(self, linear: nn.Linear):
        self.product, self.bias = Product(linear.weight.detach()), linear.bias.detach()

    def __call__(self, x: Tensor) -> Tensor:
        """Return (rows, outputs) for (rows, inputs)."""
        return self.product.add(self.bias, x, x.new_empty(len(x), len(self.bias)))


def _make_cnn(encoder: CharacterEncoder, width: int, kernel: Kernel | None) -> TorchCNN | NativeCNN:
    return TorchCNN(encoder, width) if kernel is None else NativeCNN(kernel, encoder, width=width)


class TorchCNN:
    """The character CNN over as many positions as a word needs.

    All filters are one product over windows of the widest; narrower ones have zero weights at the end. A window of
    padding alone gives the same as any other, so one after the end of the word is enough for the maximum to be exact.

    Args:
        encoder: The character CNN.
        width: Numbers in a word vector.
    """

    def __init__(self, encoder: CharacterEncoder, width: int):
        config = encoder.config
        self.encoder = encoder
        self.width = width
        self.window = max(width for width, _ in config.filters)
        self.characters = F.pad(encoder.embedding.weight, (0, 0, 1, 0))
        self.filters, self.bias = stacked_filters(encoder)
        self.columns = self.filters.T.contiguous()

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words."""
        spelling, longest = self.encoder.spelling, self.encoder.config.max_characters
        numbers, lengths = spelling(words, longest)
        ids = F.pad(torch.from_numpy(numbers), (0, self.window), value=spelling.pad)
        has_window = lengths + self.window <= longest  # of padding alone
        is_short = has_window & np.array([word not in spelling.markers for word in words], dtype=bool)
        vectors = self.bias.new_empty(len(words), self.width)
        short = np.flatnonzero(is_short)
        short = short[np.argsort(lengths[short], kind="stable")]
        blocks = np.array_split(short, 2 * -(-len(short) // (2 * BLOCK_WORDS)) or 1)

        def encode_blocks(worker: int) -> None:
            for block in blocks[worker::2]:
                pieces = _pieces(block, FILTERED_WORDS)
                filtered = [self._filter(ids[piece, : lengths[piece[-1]] + self.window]) for piece in pieces]
                if filtered:
                    rows = fill_rows(torch.cat(filtered), STORED_ROWS)
                    vectors[torch.from_numpy(block)] = self.encoder.project(rows)[: len(block)]

        run_both(encode_blocks)
        for piece in _pieces(np.flatnonzero(~is_short), EQUAL_ROWS):  # always as many: convolutions round by the number
            ids = fill_rows(self.encoder.word_ids([words[i] for i in piece]))
            vectors[torch.from_numpy(piece)] = self.encoder(ids)[: len(piece)]
        return vectors

    def _filter(self, ids: Tensor) -> Tensor:
        """Return (words, filters), the maximum over positions, for (words, characters) ids."""
        windows = character_windows(F.embedding(ids, self.characters), self.filters)
        responses = windows.flatten(0, 1) @ self.columns
        return responses.view(*windows.shape[:2], -1).amax(dim=1) + self.bias


def _pieces(items: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (items[i : i + size] for i in range(0, len(items), size))
