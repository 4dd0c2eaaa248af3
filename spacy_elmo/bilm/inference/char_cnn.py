"""Context-free word vectors for inference: the numbers of `CharacterEncoder` and `WordTable` with less work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...util.threads import run_both
from ..characters import BEGIN_WORD, BOS, END_WORD, EOS, PAD, word_bytes
from ..word_encoder import CharacterEncoder, WordTable, character_windows, stacked_filters
from .kernels import EQUAL_ROWS, fill_rows
from .native import Kernel
from .native_words import NativeCNN
from .word_cache import WordCache

FILTERED_WORDS = 32  # words whose windows are in memory at once
BLOCK_WORDS = 256  # words that go through the highways at once


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
        encoder: The character CNN.
        width: Numbers in a word vector.
        word_cache: Number of vectors to keep.
        kernel: What computes; torch if None.
    """

    def __init__(self, encoder: CharacterEncoder, *, width: int, word_cache: int, kernel: Kernel | None = None):
        self.cache = WordCache(word_cache, width)
        self.compute = TorchCNN(encoder, width) if kernel is None else NativeCNN(kernel, encoder, width=width)

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words, each of which is given once."""
        return self.cache.look_up(words, self.compute)


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
        self.longest = config.max_characters - self.window - 2  # bytes of a word that has a window of padding alone
        self.characters = F.pad(encoder.embedding.weight, (0, 0, 1, 0))
        self.filters, self.bias = stacked_filters(encoder)

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words."""
        data = [word_bytes(word, self.encoder.config.max_characters) for word in words]
        lengths = np.array([len(item) for item in data])
        is_short = (lengths <= self.longest) & np.array([word not in (BOS, EOS) for word in words])
        vectors = self.bias.new_empty(len(words), self.width)
        short = np.flatnonzero(is_short)
        short = short[np.argsort(lengths[short], kind="stable")]
        blocks = np.array_split(short, 2 * -(-len(short) // (2 * BLOCK_WORDS)) or 1)

        def encode_blocks(worker: int) -> None:
            for block in blocks[worker::2]:
                filtered = [self._filter([data[i] for i in piece]) for piece in _pieces(block, FILTERED_WORDS)]
                if filtered:
                    rows = fill_rows(torch.cat(filtered))
                    vectors[torch.from_numpy(block)] = self.encoder.project(rows)[: len(block)]

        run_both(encode_blocks)
        for piece in _pieces(np.flatnonzero(~is_short), EQUAL_ROWS):  # always as many: convolutions round by the number
            ids = fill_rows(self.encoder.word_ids([words[i] for i in piece]))
            vectors[torch.from_numpy(piece)] = self.encoder(ids)[: len(piece)]
        return vectors

    def _filter(self, words: list[bytes]) -> Tensor:
        """Return (words, filters), the maximum over positions, for words sorted by length."""
        x = F.embedding(_character_ids(words, self.window), self.characters)
        windows = character_windows(x, self.filters)
        responses = windows.flatten(0, 1) @ self.filters.T
        return responses.view(*windows.shape[:2], -1).amax(dim=1) + self.bias


def _character_ids(words: list[bytes], padding: int) -> Tensor:
    """Return (words, longest + 2 + padding), numbered as `characters_to_ids` does, for words sorted by length."""
    lengths = np.array([len(word) for word in words])
    ids = np.full((len(words), lengths[-1] + 2 + padding), PAD + 1, dtype=np.int64)
    ids[:, 0] = BEGIN_WORD + 1
    inner = ids[:, 1 : lengths[-1] + 1]
    inner[np.arange(lengths[-1]) < lengths[:, None]] = np.frombuffer(b"".join(words), dtype=np.uint8) + np.int64(1)
    ids[np.arange(len(words)), lengths + 1] = END_WORD + 1
    return torch.from_numpy(ids)


def _pieces(items: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (items[i : i + size] for i in range(0, len(items), size))
