"""One direction of one layer: an LSTM with clipped cells and a clipped projection (Sak et al. 2014), as in bilm-tf."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import BiLMConfig

GATES = ("i", "f", "o", "g")  # three sigmoids side by side, then the tanh


class ProjectedLSTM(nn.Module):
    """An LSTM over (steps, rows, width) whose cells and projected output are clipped.

    From the gates i, f, o, g, which are linear in the input x and the output h before, each step computes

        c = clip(sigmoid(f + forget_bias) * c + sigmoid(i) * tanh(g), cell_clip)
        h = clip(projection(sigmoid(o) * tanh(c)), projection_clip)

    Args:
        config: Dimensions and clips.
    """

    def __init__(self, config: BiLMConfig):
        super().__init__()
        self.config = config
        p, n = config.projection_size, config.hidden_size
        self.input = nn.Linear(p, 4 * n)
        self.hidden = nn.Linear(p, 4 * n, bias=False)
        self.projection = nn.Linear(n, p, bias=False) if config.lstm_projection else None

    def gate_bias(self) -> Tensor:
        """Return (4 * hidden size,), the bias with the forget gate's constant added."""
        n = self.config.hidden_size
        return self.input.bias + F.pad(self.input.bias.new_full((n,), self.config.forget_bias), (n, 2 * n))

    def step(self, gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Compute one step.

        Args:
            gates: (rows, 4 * hidden size), before sigmoid and tanh.
            c: (rows, hidden size), the cells before.

        Returns:
            The next h, (rows, projection size), and the next c.
        """
        i, f, o, g = gates.chunk(4, dim=1)
        c = _clip(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g), self.config.cell_clip)
        h = torch.sigmoid(o) * torch.tanh(c)
        if self.projection is not None:
            h = _clip(self.projection(h), self.config.projection_clip)
        return h, c

    def forward(self, x: Tensor, lengths: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute all steps.

        Args:
            x: (steps, rows, projection size), the input.
            lengths: (rows,), how many steps of each row count.
            h: (rows, projection size), the output before the first step.
            c: (rows, hidden size), the cells before the first step.

        Returns:
            The output, (steps, rows, projection size), and each row's h and c after the last of its steps that counts.
        """
        outputs = []
        bias = self.gate_bias()
        for step in range(len(x)):
            gates = F.linear(x[step], self.input.weight, bias) + self.hidden(h)
            next_h, next_c = self.step(gates, c)
            counts = (step < lengths).unsqueeze(1)
            h, c = torch.where(counts, next_h, h), torch.where(counts, next_c, c)
            outputs.append(next_h)
        return torch.stack(outputs), h, c


def _clip(x: Tensor, bound: float | None) -> Tensor:
    return x if bound is None else x.clamp(-bound, bound)
