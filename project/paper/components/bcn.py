"""`spacy-elmo-paper.BCN.v1`: the biattentive classification network for sentiment (paper, section 4, SST-5).

McCann et al. 2017, "Learned in Translation: Contextualized Word Vectors", section 5: the sentence attends to itself,
since there is no other one.
"""

from __future__ import annotations

from itertools import pairwise

import spacy
import torch
from torch import Tensor, nn

from ..layers.classifier import Classifier, Words, attend, build_classifier, pool_max, pool_mean
from ..layers.lstm import run_recurrent
from ..layers.wrap import mask_words, pad_words


@spacy.registry.architectures("spacy-elmo-paper.BCN.v1")
def build_bcn(
    tok2vec: Words,
    width: int = 96,
    hidden_size: int = 100,
    maxout_pieces: int = 4,
    dropout: float = 0.2,
    nO: int | None = None,
) -> Classifier:
    """Build a biattentive classification network for `textcat`.

    Args:
        tok2vec: Vectors of words, and the encoder over them: `spacy-elmo.ElmoTok2Vec.v1` with a
            `spacy-elmo-paper.BiLSTM.v1`.
        width: Numbers that a linear layer makes of each vector.
        hidden_size: Width of each direction of the integrator (AllenNLP: 300).
        maxout_pieces: Pieces of the two maxout layers at the end (McCann et al. and AllenNLP: 4).
        dropout: Share of the numbers that are dropped in front of the integrator and of each of the last layers.
        nO: Number of classes; None until it is known from examples.
    """
    module = BCN(width, hidden_size, maxout_pieces, dropout)
    return build_classifier(tok2vec, module, width=width, n_features=2 * hidden_size, nO=nO)


class BCN(nn.Module):
    """Biattention, integration, pooling in four ways, and maxout layers, of which each halves the width.

    Args:
        width: Of the vectors of words.
        hidden_size: As of `build_bcn`.
        maxout_pieces: As of `build_bcn`.
        dropout: As of `build_bcn`.
    """

    def __init__(self, width: int, hidden_size: int, maxout_pieces: int, dropout: float):
        super().__init__()
        self.pieces = maxout_pieces
        self.dropout = nn.Dropout(dropout)
        self.integrator = nn.LSTM(3 * width, hidden_size, batch_first=True, bidirectional=True)
        self.score = nn.Linear(2 * hidden_size, 1)
        sizes = [8 * hidden_size, 4 * hidden_size, 2 * hidden_size]
        self.maxout = nn.ModuleList(nn.Linear(n, m * maxout_pieces) for n, m in pairwise(sizes))

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return (sentences, 2 * hidden_size), from (words, width) and the lengths of sentences."""
        x, lengths = pad_words(rows, lengths)
        mask = mask_words(lengths, x.shape[1])
        context = attend(x, x, mask)
        joined = torch.cat([x, x - context, x * context], 2)
        words = run_recurrent(self.integrator, self.dropout(joined), lengths)
        weights = self.score(words).masked_fill(~mask[:, :, None], -torch.inf).softmax(1)
        pooled = [pool_max(words, mask), pool_mean(words, mask), -pool_max(-words, mask), (weights * words).sum(1)]
        features = torch.cat(pooled, 1)
        for layer in self.maxout:
            features = layer(self.dropout(features)).unflatten(1, (-1, self.pieces)).amax(2)
        dropped: Tensor = self.dropout(features)
        return dropped
