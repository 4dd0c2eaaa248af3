"""`spacy-elmo-paper.BCN.v1`: the biattentive classification network for sentiment (paper, section 4, SST-5).

McCann et al. 2017, "Learned in Translation: Contextualized Word Vectors", section 5: the sentence attends to itself,
since there is no other one.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import spacy
import torch
from torch import Tensor, nn

from .torch_head import BiLSTM, Classifier, Words, attend, build_classifier, make_mask, pool_max, pool_mean


@spacy.registry.architectures("spacy-elmo-paper.BCN.v1")
def build_bcn(
    tok2vec: Words,
    hidden_size: int = 100,
    maxout_pieces: int = 4,
    dropout: float = 0.2,
    nO: int | None = None,
) -> Classifier:
    """Build a biattentive classification network for `textcat`.

    Args:
        tok2vec: Vectors of words, and the encoder over them: `spacy-elmo.ElmoTok2Vec.v1` with a
            `spacy-elmo-paper.BiLSTMEncoder.v1`.
        hidden_size: Width of each direction of the integrator (AllenNLP: 300).
        maxout_pieces: Pieces of the two maxout layers in front of the last one (McCann et al. and AllenNLP: 4).
        dropout: Share of the numbers that are dropped in front of the integrator and of each of the last layers.
        nO: Number of classes; None until it is known from examples.
    """
    return build_classifier("bcn", tok2vec, partial(BCN, hidden_size, maxout_pieces, dropout), nO)


class BCN(nn.Module):
    """Biattention, integration, pooling in four ways, and maxout layers, of which each halves the width or more.

    Args:
        hidden_size: As of `build_bcn`.
        maxout_pieces: As of `build_bcn`.
        dropout: As of `build_bcn`.
        n_in: Width of the vectors of words.
        n_out: Number of classes.
    """

    def __init__(self, hidden_size: int, maxout_pieces: int, dropout: float, n_in: int, n_out: int):
        super().__init__()
        width = 2 * hidden_size
        self.pieces = maxout_pieces
        self.dropout = nn.Dropout(dropout)
        self.integrator = BiLSTM(3 * n_in, hidden_size)
        self.score = nn.Linear(width, 1)
        sizes = [4 * width, 2 * width, width]
        self.maxout = nn.ModuleList(nn.Linear(n, m * maxout_pieces) for n, m in pairwise(sizes))
        self.output = nn.Linear(width, n_out)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return (sentences, classes), the logits of (sentences, longest, width)."""
        mask = make_mask(x, lengths)
        context = attend(x, x, mask)
        joined = torch.cat([x, x - context, x * context], 2)
        words = self.integrator(self.dropout(joined), lengths)
        weights = self.score(words).masked_fill(~mask[:, :, None], -torch.inf).softmax(1)
        pooled = [pool_max(words, mask), pool_mean(words, mask), -pool_max(-words, mask), (weights * words).sum(1)]
        features = torch.cat(pooled, 1)
        for layer in self.maxout:
            features = layer(self.dropout(features)).unflatten(1, (-1, self.pieces)).amax(2)
        logits: Tensor = self.output(self.dropout(features))
        return logits
