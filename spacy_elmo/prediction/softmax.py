"""Log likelihoods by a softmax over its whole vocabulary, a block of rows and of words at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from ..bilm.inference.kernels import STORED_ROWS, Product, fill_rows
from ..formats import Head
from ..util.threads import run_both

BLOCK_ROWS, BLOCK_WORDS = 384, 2048  # of a product, whose logits stay in a core's cache


class Softmax:
    """Log likelihoods of words. A row has the same bits whatever the rows beside it, as those of `Product` have.

    Args:
        head: Weights and vocabulary, on the CPU.
    """

    def __init__(self, head: Head):
        self.head = head
        columns = Product(head.weight).transposed
        self.blocks = list(zip(columns.split(BLOCK_WORDS, dim=1), head.bias.split(BLOCK_WORDS)))

    def __call__(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return (rows,), the natural logarithms.

        Args:
            h: (rows, projection size), what words are predicted from.
            targets: (rows,), their ids in the vocabulary.
        """
        logits = (h * self.head.weight[targets]).sum(dim=1) + self.head.bias[targets]
        totals = torch.empty_like(logits)
        n_parts = 2 * -(-len(h) // (2 * BLOCK_ROWS)) or 1
        parts = list(zip(h.tensor_split(n_parts), totals.tensor_split(n_parts)))

        def add_up(worker: int) -> None:
            for x, total in parts[worker::2]:
                if len(x):
                    total.copy_(self._log_totals(fill_rows(x, STORED_ROWS))[: len(x)])

        run_both(add_up)
        return (logits - totals).clamp_(max=0)  # rounding takes no likelihood above 1

    def _log_totals(self, x: Tensor) -> Tensor:
        """Return (rows,), the logarithm of what exp of all logits adds up to."""
        totals = []
        for columns, bias in self.blocks:
            logits = torch.addmm(bias, x, columns)
            highest = logits.amax(dim=1)
            totals.append(logits.sub_(highest[:, None]).exp_().sum(dim=1).log_().add_(highest))
        return torch.stack(totals, dim=1).logsumexp(dim=1)  # along a row: other sums hang on the number of rows
