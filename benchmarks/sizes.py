"""The sizes of models that are measured, and random weights for them.

Nothing is imported from the package before it is needed: what measures memory in processes of its own must not load
spaCy on the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from spacy_elmo.bilm import BiLM, BiLMConfig

PUBLISHED_SMALL = "published-small"  # the small one of the published models, which nobody pretrains here


def size_names() -> list[str]:
    """Return the names of the sizes: those that pretraining knows, and that of a published model."""
    from spacy_elmo.pretraining.config import SIZES

    return [*SIZES, PUBLISHED_SMALL]


def find_config(size: str) -> BiLMConfig:
    """Return the dimensions of a size, as a config of pretraining has them.

    Args:
        size: One of `size_names()`.
    """
    from spacy.util import registry

    from spacy_elmo.pretraining.config import make_config

    if size == PUBLISHED_SMALL:
        return replace(find_config("medium"), hidden_size=1024, projection_size=128)
    model = make_config(size=size, words=1, lang="en")["model"]
    return registry.resolve({"model": model})["model"](())


def random_model(size: str, *, seed: int = 0) -> BiLM:
    """Return a biLM of a named size with PyTorch's random initial values."""
    from spacy_elmo.bilm import BiLM

    torch.manual_seed(seed)
    return BiLM(find_config(size))
