"""Classes of Docs by a module of PyTorch, for spaCy's `textcat`, and what such modules share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from spacy.tokens import Doc
from thinc.api import Linear, Model, Softmax, chain, with_array
from torch import Tensor, nn

from spacy_elmo.util.types import Floats2d

from .wrap import wrap_rows

Words: TypeAlias = Model[Sequence[Doc], list[Floats2d]]
Classifier: TypeAlias = Model[Sequence[Doc], Floats2d]


def build_classifier(
    tok2vec: Words, module: nn.Module, *, width: int, n_features: int, nO: int | None = None
) -> Classifier:
    """Build a classifier of exclusive classes.

    Args:
        tok2vec: Docs to sequences of vectors, one or more of each Doc.
        module: All vectors of words, (words, width), and the lengths of sequences to (Docs, n_features).
        width: Numbers that a linear layer makes of each vector.
        n_features: Of a Doc.
        nO: Number of classes; None until it is known from examples.

    Returns:
        Docs to the probability of each class. The gradient that comes back is that of the logits, as from textcat.
    """
    project: Model[list[Floats2d], list[Floats2d]] = with_array(Linear(nO=width))
    model: Classifier = chain(tok2vec, project, wrap_rows(module), Softmax(nO=nO, nI=n_features))
    model.set_ref("tok2vec", tok2vec)
    return model


def attend(queries: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    """Return, for each query, the sum of keys, weighted by the softmax of their products with it.

    Args:
        queries: (sequences, n, width).
        keys: (sequences, m, width).
        mask: (sequences, m), which keys there are.
    """
    weights = (queries @ keys.transpose(1, 2)).masked_fill(~mask[:, None], -torch.inf).softmax(2)
    return weights @ keys


def pool_max(x: Tensor, mask: Tensor) -> Tensor:
    """Return (sequences, width), the largest number in each place."""
    return x.masked_fill(~mask[:, :, None], -torch.inf).amax(1)


def pool_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Return (sequences, width), the mean over vectors."""
    return (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
