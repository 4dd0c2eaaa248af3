"""The dimensions of the bundled and the published models, and random weights for them."""

from __future__ import annotations

import torch

from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput

BUNDLED_FILTERS = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256))
PUBLISHED_FILTERS = (*BUNDLED_FILTERS, (6, 512), (7, 1024))

SIZES = {
    "bundled": BiLMConfig(CharacterInput(16, BUNDLED_FILTERS, n_highway=1), hidden_size=512, projection_size=128),
    "small": BiLMConfig(CharacterInput(16, PUBLISHED_FILTERS, n_highway=1), hidden_size=1024, projection_size=128),
    "medium": BiLMConfig(CharacterInput(16, PUBLISHED_FILTERS, n_highway=1), hidden_size=2048, projection_size=256),
    "original": BiLMConfig(CharacterInput(16, PUBLISHED_FILTERS, n_highway=2), hidden_size=4096, projection_size=512),
}


def random_model(size: str, *, seed: int = 0) -> BiLM:
    """Return a biLM of a named size with PyTorch's random initial values."""
    torch.manual_seed(seed)
    return BiLM(SIZES[size])
