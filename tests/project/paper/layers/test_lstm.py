"""Encoders of which nothing depends on the padding of a batch."""

import numpy as np
import pytest
import torch
from torch import nn

from project.paper.layers.lstm import build_bilstm, run_recurrent

BOTH_WAYS: dict = {"batch_first": True, "bidirectional": True}


@pytest.mark.parametrize("layer", [nn.LSTM(3, 2, 2, dropout=0.5, **BOTH_WAYS), nn.GRU(3, 2, **BOTH_WAYS)])
def test_layers_start_backwards_at_the_end_of_each_sequence(layer):
    layer.eval()
    x = torch.randn(2, 4, 3, requires_grad=True)
    found = run_recurrent(layer, x, torch.tensor([2, 4]))
    alone = [layer(x[:1, :2])[0][0], layer(x[1:])[0][0]]
    assert torch.allclose(found[0, :2], alone[0], atol=1e-6)  # of other kernels, which round otherwise
    assert torch.allclose(found[1], alone[1], atol=1e-6)
    assert not found[0, 2:].any()
    (gradient,) = torch.autograd.grad(found.square().sum(), x)
    (expected,) = torch.autograd.grad(sum(outputs.square().sum() for outputs in alone), x)
    assert torch.allclose(gradient, expected, atol=1e-6)


def test_numbers_are_dropped_between_layers_in_training():
    lstm = nn.LSTM(3, 2, 2, dropout=0.5, **BOTH_WAYS)
    x, lengths = torch.randn(2, 4, 3), torch.tensor([2, 4])
    assert not torch.equal(run_recurrent(lstm, x, lengths), run_recurrent(lstm, x, lengths))


def test_sequences_without_words_stay_so():
    model = build_bilstm(4, depth=1, dropout=0.0)
    model.initialize()
    words = [np.ones((n, 4), "float32") for n in (0, 3, 0)]
    found, backprop = model.begin_update(words)
    assert [x.shape for x in found] == [x.shape for x in backprop(found)] == [(0, 4), (3, 4), (0, 4)]
    assert [x.shape for x in model.predict(words[:1])] == [(0, 4)]


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="width = 5: must be even"):
        build_bilstm(5)
