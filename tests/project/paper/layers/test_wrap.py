"""PyTorch behind Thinc."""

import numpy as np
import torch
from thinc.api import Adam, Model, Optimizer
from torch import nn

from project.paper.layers.wrap import wrap

X = np.ones((3, 2), "float32")


def train_linear(optimizer: Optimizer) -> Model:
    torch.manual_seed(0)
    layer = wrap(nn.Linear(2, 2))
    for _ in range(5):
        y, backprop = layer.begin_update(X)
        backprop(y)
        layer.finish_update(optimizer)
    return layer


def test_averages_of_an_optimizer_reach_the_module():
    optimizer = Adam(0.1, L2=0.0, use_averages=True)
    layer = train_linear(optimizer)
    learned = layer.predict(X)
    with layer.use_params(optimizer.averages):
        averaged = layer.predict(X)
        saved = layer.to_bytes()
    assert not np.allclose(averaged, learned, atol=1e-3)
    assert np.array_equal(layer.predict(X), learned)
    assert np.array_equal(wrap(nn.Linear(2, 2)).from_bytes(saved).predict(X), averaged)
