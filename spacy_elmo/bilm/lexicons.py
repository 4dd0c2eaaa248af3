"""Context-free word vectors by lexicons that are stored with the model, as ELMoForManyLangs has them.

The embedding of a word and the filters over its Unicode characters, side by side, are projected to its vector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from .characters import Spelling
from .config import ConfigError, LexiconInput
from .word_encoder import CharacterEncoder, make_embedding

BOS, EOS, OOV, PAD = "<bos>", "<eos>", "<oov>", "<pad>"
BEGIN_WORD, END_WORD = "<eow>", "<bow>"  # swapped where these models were trained, so it must be so here
WORD_ENTRIES = (OOV,)
CHARACTER_ENTRIES = (BOS, EOS, OOV, PAD, BEGIN_WORD, END_WORD)


class LexiconSpelling(Spelling):
    """The Unicode characters of words by a lexicon.

    Args:
        characters: The lexicon, in the order of the rows. Entries of several characters are never looked up, but for
            the special ones.
    """

    def __init__(self, characters: Sequence[str]):
        index = {entry: row for row, entry in enumerate(characters)}
        begin, end, pad = (index[entry] for entry in (BEGIN_WORD, END_WORD, PAD))
        markers = {BOS: index[BOS], EOS: index[EOS]}
        super().__init__(len(characters), begin=begin, end=end, pad=pad, markers=markers)
        known = sorted((ord(entry), row) for entry, row in index.items() if len(entry) == 1)
        self.points = np.array([point for point, _ in known] + [2**32 - 1], dtype=np.uint32)  # one that none has
        self.known_rows = np.array([row for _, row in known] + [index[OOV]], dtype=np.int64)

    def rows(self, words: Sequence[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
        cut = [word[:longest] for word in words]
        points = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype="<u4")
        places = np.searchsorted(self.points, points)
        rows = np.where(self.points[places] == points, self.known_rows[places], self.known_rows[-1])
        return rows, np.array([len(word) for word in cut], dtype=np.int64)


class LexiconEncoder(nn.Module):
    """Words and their characters to word vectors.

    Args:
        config: Dimensions.
        width: Width of a word vector.
        words: The lexicon of words, in the order of the rows; none where there is no embedding of words.
        characters: The lexicon of characters, likewise.

    Raises:
        ConfigError: Where a lexicon has another size than its embedding, or lacks an entry that is needed.
    """

    markers = (BOS, EOS)

    def __init__(self, config: LexiconInput, width: int, words: Sequence[str], characters: Sequence[str]):
        super().__init__()
        self.config = config
        self.words, self.characters = tuple(words), tuple(characters)
        _check_lexicon("words", self.words, config.n_words, WORD_ENTRIES)
        _check_lexicon("characters", self.characters, config.n_characters, CHARACTER_ENTRIES)
        self.index = {word: i for i, word in enumerate(self.words)}
        self.embedding = make_embedding(config.n_words, config.word_size) if config.n_words else None
        self.cnn: CharacterEncoder | None = None
        if config.cnn is not None:
            self.cnn = CharacterEncoder(config.cnn, config.cnn.n_filters, LexiconSpelling(self.characters))
        self.projection = nn.Linear(config.word_size + (config.cnn.n_filters if config.cnn else 0), width)

    def word_rows(self, words: Sequence[str]) -> Tensor:
        """Return (words,), the row of each word, or of what stands for unknown ones. Words are cut as characters are.

        Args:
            words: Any strings.
        """
        unknown, longest = self.index.get(OOV, 0), self.config.max_characters - 2
        rows = [self.index.get(word[:longest], unknown) for word in words]
        return torch.tensor(rows, dtype=torch.long, device=self.projection.weight.device)

    def word_ids(self, words: Sequence[str]) -> Tensor:
        """Return (words, 1 + max_characters), the row of each word, and its character ids where these are read."""
        rows = self.word_rows(words)[:, None]
        return rows if self.cnn is None else torch.cat([rows, self.cnn.word_ids(words)], dim=1)

    def combine(self, rows: Tensor, filtered: Tensor | None) -> Tensor:
        """Return (words, width).

        Args:
            rows: (words,), the row of each word.
            filtered: (words, filters), what the character CNN gave, if there is one.
        """
        return self.projection(self.beside(rows, filtered))

    def beside(self, rows: Tensor, filtered: Tensor | None) -> Tensor:
        """Return (words, word size + filters), what is projected."""
        embedded = None if self.embedding is None else self.embedding(rows)
        return torch.cat([part for part in (embedded, filtered) if part is not None], dim=1)

    def forward(self, ids: Tensor) -> Tensor:
        """Return (words, width), the vectors for what `word_ids` returned."""
        return self.combine(ids[:, 0], None if self.cnn is None else self.cnn(ids[:, 1:]))


def _check_lexicon(name: str, entries: Sequence[str], size: int, needed: Sequence[str]) -> None:
    if len(entries) != size:
        raise ConfigError(f"n_{name} = {size}: the lexicon has {len(entries)} entries; they must agree")
    missing = [entry for entry in needed if size and entry not in entries]
    if missing:
        raise ConfigError(f"lexicon of {name}: {', '.join(missing)} missing; it needs {', '.join(needed)}")
