"""Context-free word vectors: a character CNN (any word), or a table (a fixed vocabulary)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .characters import BOS, BYTES, EOS, UNK, Spelling
from .config import CharacterInput, ConfigError, WordInput


class Highway(nn.Module):
    """y = g * relu(transform(x)) + (1 - g) * x with g = sigmoid(carry(x)) (Srivastava et al. 2015).

    The published files call the gate's parameters "carry", although g = 1 transforms.

    Args:
        width: Numbers in a vector, which stay as many.
    """

    def __init__(self, width: int):
        super().__init__()
        self.carry = nn.Linear(width, width)
        self.transform = nn.Linear(width, width)
        nn.init.constant_(self.carry.bias, -2.0)  # as bilm-tf: mostly pass x on at the start

    def forward(self, x: Tensor) -> Tensor:
        """Return (rows, width) for (rows, width)."""
        gate = torch.sigmoid(self.carry(x))
        return gate * torch.relu(self.transform(x)) + (1 - gate) * x


class CharacterEncoder(nn.Module):
    """Character ids to word vectors: n-gram filters, maximum over positions, highway layers, projection.

    Args:
        config: Dimensions.
        width: Width of a word vector.
        spelling: What the characters of a word are.
    """

    def __init__(self, config: CharacterInput, width: int, spelling: Spelling = BYTES):
        super().__init__()
        self.config = config
        self.spelling = spelling
        self.markers = tuple(spelling.markers)
        self.embedding = make_embedding(spelling.n_characters, config.embedding_size)
        self.convolutions = nn.ModuleList(nn.Conv1d(config.embedding_size, n, size) for size, n in config.filters)
        self.highways = nn.ModuleList(Highway(config.n_filters) for _ in range(config.n_highway))
        self.projection = nn.Linear(config.n_filters, width) if config.projection else nn.Identity()

    def word_ids(self, words: Sequence[str]) -> Tensor:
        """Return (words, max_characters) character ids on the encoder's device."""
        return self.spelling.whole(words, self.config.max_characters).to(self.embedding.weight.device)

    def embed_characters(self, ids: Tensor) -> Tensor:
        """Return (words, embedding size, characters); id 0 gives a zero vector."""
        table = F.pad(self.embedding.weight, (0, 0, 1, 0))
        return F.embedding(ids, table).transpose(1, 2)

    def project(self, filtered: Tensor) -> Tensor:
        """Return (words, width), what comes of (words, filters) after the maximum over positions."""
        x = torch.tanh(filtered) if self.config.activation == "tanh" else torch.relu(filtered)
        for highway in self.highways:
            x = highway(x)
        return self.projection(x)

    def forward(self, ids: Tensor) -> Tensor:
        """Return (words, width), the vectors for (words, max_characters) character ids."""
        x = self.embed_characters(ids)
        return self.project(torch.cat([convolve(x).amax(dim=-1) for convolve in self.convolutions], dim=1))


def stacked_filters(encoder: CharacterEncoder) -> tuple[Tensor, Tensor]:
    """Return (filters, window * embedding size) and (filters,): all filters as one matrix, and their biases.

    The window is that of the widest filter; narrower ones have zero weights at its end.
    """
    parameters = dict(encoder.convolutions.named_parameters())
    weights, biases = (
        tuple(parameters[f"{i}.{name}"] for i in range(len(encoder.convolutions))) for name in ("weight", "bias")
    )
    window = max(weight.shape[2] for weight in weights)
    rows = [F.pad(weight, (0, window - weight.shape[2])).transpose(1, 2).flatten(1) for weight in weights]
    return torch.cat(rows), torch.cat(biases)


def character_windows(x: Tensor, filters: Tensor) -> Tensor:
    """Return (words, positions, window * embedding size), a view: what stacked filters are multiplied with.

    Args:
        x: (words, characters, embedding size), contiguous.
        filters: As `stacked_filters` returns them.
    """
    n, length, size = x.shape
    return x.as_strided((n, length - filters.shape[1] // size + 1, filters.shape[1]), (length * size, size, 1))


class WordTable(nn.Module):
    """Words to the rows of a table, with an explicit choice for words it does not have.

    Args:
        config: Size of the table, and what unknown words get.
        width: Width of a word vector.
        words: The vocabulary, in the order of the rows.

    Raises:
        ConfigError: Where the vocabulary has another size than the table, or lacks a marker.
    """

    markers = (BOS, EOS)

    def __init__(self, config: WordInput, width: int, words: Sequence[str]):
        super().__init__()
        self.config = config
        self.words = tuple(words)
        self.index = {word: i for i, word in enumerate(self.words)}
        self.embedding = make_embedding(config.n_words, width)
        if len(self.words) != config.n_words:
            remedy = f"the vocabulary has {len(self.words)} words; they must agree"
            raise ConfigError(f"n_words = {config.n_words}: {remedy}")
        needed = [BOS, EOS] + ([UNK] if config.unknown == "row" else [])
        missing = [word for word in needed if word not in self.index]
        if missing:
            remedy = f"unknown = {config.unknown!r} needs {', '.join(needed)}"
            raise ConfigError(f"vocabulary: {', '.join(missing)} missing; {remedy}")

    def word_ids(self, words: Sequence[str]) -> Tensor:
        """Return (words, 1), the row numbers plus one, with 0 for a zero vector.

        Args:
            words: Any strings.

        Raises:
            KeyError: For unknown words, where the configuration says so.
        """
        if self.config.unknown == "error":
            unknown = sorted({word for word in words if word not in self.index})
            if unknown:
                raise KeyError(
                    f"words outside the vocabulary of this model: {', '.join(map(repr, unknown[:5]))}; "
                    "set unknown to 'row' or 'zeros' to embed them"
                )
        default = self.index[UNK] if self.config.unknown == "row" else -1
        ids = [[self.index.get(word, default) + 1] for word in words]
        return torch.tensor(ids, dtype=torch.long, device=self.embedding.weight.device).reshape(len(words), 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Return (words, width), the vectors for (words, 1) row numbers plus one."""
        return F.embedding(ids[:, 0], F.pad(self.embedding.weight, (0, 0, 1, 0)))


def make_embedding(n: int, width: int) -> nn.Embedding:
    """Return an embedding that starts as bilm-tf's does.

    torch's own start would import 70 MB of modules where `read_model` makes a model without values.
    """
    return nn.Embedding.from_pretrained(torch.empty(n, width).uniform_(-1, 1), freeze=False)
