"""LSTMs that encode the words of a task.

spaCy's own `TorchBiLSTMEncoder` reads the padding of a batch, so that what it predicts depends on the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from spacy import registry
from thinc.api import Model
from thinc.types import Floats2d
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .wrap import mask_words, pad_words, wrap_encoder


@registry.architectures("spacy-elmo-paper.BiLSTM.v1")
def build_bilstm(width: int, depth: int = 2, dropout: float = 0.5) -> Model[list[Floats2d], list[Floats2d]]:
    """Build an encoder of bidirectional LSTMs.

    Args:
        width: Of what is read, and of both directions together; even.
        depth: Number of layers.
        dropout: Before each layer and after the last.

    Returns:
        List of (words, width) to list of (words, width).

    Raises:
        ValueError: For a width that is odd.
    """
    if width % 2:
        raise ValueError(f"width = {width}: must be even, half of it for each direction")
    return wrap_encoder(BiLSTM(width, depth, dropout), width)


class BiLSTM(nn.Module):
    """Bidirectional LSTMs over rows of sequences."""

    def __init__(self, width: int, depth: int, dropout: float):
        super().__init__()
        inner = dropout if depth > 1 else 0.0
        self.lstm = nn.LSTM(width, width // 2, depth, batch_first=True, bidirectional=True, dropout=inner)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return (words, width) of (words, width)."""
        lengths = lengths[lengths > 0]
        if not len(lengths):
            return rows
        encoded = run_recurrent(self.lstm, *pad_words(self.dropout(rows), lengths))
        return self.dropout(encoded[mask_words(lengths, encoded.shape[1])])


def run_recurrent(layer: nn.RNNBase, padded: Tensor, lengths: Tensor) -> Tensor:
    """Return what a bidirectional layer makes of padded sequences, zeros behind the end of each.

    Args:
        layer: Its batch comes first.
        padded: (sequences, words, width).
        lengths: (sequences,), of at least 1.
    """
    if isinstance(layer, nn.LSTM) and padded.device.type == "cpu":
        return _run_padded(layer, padded, lengths)
    packed = pack_padded_sequence(padded, lengths.cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=padded.shape[1])[0]


def _run_padded(layer: nn.LSTM, padded: Tensor, lengths: Tensor) -> Tensor:
    """Run each direction by itself: on a CPU, packed sequences take twice the time of padded ones."""
    turned = turn(lengths, padded.shape[1])
    state = padded.new_zeros(1, len(padded), layer.hidden_size)

    def run(inputs: Tensor, weights: Sequence[Tensor]) -> Tensor:
        outputs: Tensor = torch.lstm(inputs, (state, state), [*weights], True, 1, 0.0, layer.training, False, True)[0]
        return outputs

    weights = layer.all_weights  # of each layer those forwards, then those backwards
    for depth, (forwards, backwards) in enumerate(zip(weights[::2], weights[1::2])):
        if depth:
            padded = nn.functional.dropout(padded, layer.dropout, layer.training)
        padded = torch.cat([run(padded, forwards), take(run(take(padded, turned), backwards), turned)], dim=2)
    return padded * mask_words(lengths, padded.shape[1])[:, :, None]


def turn(lengths: Tensor, longest: int) -> Tensor:
    """Return (sequences, words), the places of words in sequences backwards, their padding still at the end."""
    places = torch.arange(longest, device=lengths.device)
    return torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)


def take(padded: Tensor, places: Tensor) -> Tensor:
    """Return (sequences, words, width), the vectors at places."""
    return padded.gather(1, places[:, :, None].expand_as(padded))


class HighwayLSTM(nn.Module):
    """LSTMs in alternating directions, each with a highway around it (He et al. 2017, section 2.1).

    The gate there sees the state before; here it sees the layer's input and output, so that all words go through it at
    once. As there, a dropout mask is the same for all words of a sequence.
    """

    def __init__(self, width: int, depth: int, dropout: float):
        super().__init__()
        self.layers = nn.ModuleList(nn.LSTM(width, width, batch_first=True) for _ in range(depth))
        self.gates = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(depth))
        self.dropout = dropout
        for parameter in self.layers.parameters():
            if parameter.dim() == 2:
                nn.init.orthogonal_(parameter)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Return (sequences, words, width) of the same, padded at the end."""
        turned = turn(lengths.to(inputs.device), inputs.shape[1])
        for i, (layer, gate) in enumerate(zip(self.layers, self.gates)):
            backwards = i % 2 == 1
            outputs, _ = layer(take(inputs, turned) if backwards else inputs)
            if backwards:
                outputs = take(outputs, turned)
            carried = torch.sigmoid(gate(torch.cat([inputs, outputs], dim=2)))
            mask = nn.functional.dropout(torch.ones_like(inputs[:, :1]), self.dropout, self.training)
            inputs = mask * torch.lerp(inputs, outputs, carried)
        return inputs
