"""Encoders of which nothing depends on the padding of a batch."""

import numpy as np
import pytest
import torch
from torch import nn

from project.paper.layers.lstm import build_bilstm, run_packed


def test_an_lstm_starts_backwards_at_the_end_of_each_sequence():
    torch.manual_seed(0)
    lstm = nn.LSTM(3, 2, batch_first=True, bidirectional=True)
    x = torch.randn(2, 4, 3)
    found = run_packed(lstm, x, torch.tensor([2, 4]))
    assert torch.allclose(found[:1, :2], lstm(x[:1, :2])[0], atol=1e-6)
    assert not found[0, 2:].any()


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
