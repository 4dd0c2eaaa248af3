"""`spacy-elmo-paper.ESIM.v1`: entailment by sequential inference (paper, section 4, SNLI).

Chen et al. 2017, "Enhanced LSTM for Natural Language Inference", section 3. A Doc has both sentences:
`doc.spans["hypothesis"]` is one span, from which on the hypothesis goes; the premise is what is before.
"""

from __future__ import annotations

import spacy
import torch
from torch import Tensor, nn

from ..layers.classifier import Classifier, Words, attend, build_classifier, pool_max, pool_mean
from ..layers.lstm import run_recurrent
from ..layers.parts import HYPOTHESIS, split
from ..layers.wrap import mask_words, pad_words


@spacy.registry.architectures("spacy-elmo-paper.ESIM.v1")
def build_esim(
    tok2vec: Words, width: int = 96, hidden_size: int = 100, dropout: float = 0.5, nO: int | None = None
) -> Classifier:
    """Build an enhanced sequential inference model for `textcat`.

    Args:
        tok2vec: Vectors of words, and the encoder over each sentence (section 3.1): `spacy-elmo-paper.PartsTok2Vec.v1`
            with a `spacy-elmo-paper.BiLSTM.v1`.
        width: Numbers that a linear layer makes of each vector.
        hidden_size: Width of each direction of the composition, and of the hidden layers (paper: 300).
        dropout: Share of the numbers that are dropped behind feedforward layers (Chen et al.: 0.5).
        nO: Number of classes; None until it is known from examples.
    """
    module = ESIM(width, hidden_size, dropout)
    model = build_classifier(split(tok2vec, HYPOTHESIS), module, width=width, n_features=hidden_size, nO=nO)
    model.set_ref("tok2vec", tok2vec)
    return model


class ESIM(nn.Module):
    """Local inference by soft alignment (section 3.2), its composition (3.3), pooling and a hidden layer.

    Args:
        width: Of the vectors of words.
        hidden_size: As of `build_esim`.
        dropout: As of `build_esim`.
    """

    def __init__(self, width: int, hidden_size: int, dropout: float):
        super().__init__()
        self.project = nn.Sequential(nn.Linear(4 * width, hidden_size), nn.ReLU(), nn.Dropout(dropout))
        self.composition = nn.LSTM(hidden_size, hidden_size, batch_first=True, bidirectional=True)
        self.hidden = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(8 * hidden_size, hidden_size), nn.Tanh(), nn.Dropout(dropout)
        )

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return (pairs, hidden_size), from (words, width) and the lengths of premise, hypothesis, premise, ..."""
        x, lengths = pad_words(rows, lengths)
        mask = mask_words(lengths, x.shape[1])
        other = torch.arange(len(x), device=x.device) ^ 1  # of each pair the other one
        aligned = attend(x, x[other], mask[other])
        local = self.project(torch.cat([x, aligned, x - aligned, x * aligned], 2))
        words = run_recurrent(self.composition, local, lengths)
        pooled = torch.cat([pool_mean(words, mask), pool_max(words, mask)], 1)
        features: Tensor = self.hidden(pooled.unflatten(0, (-1, 2)).flatten(1))
        return features
