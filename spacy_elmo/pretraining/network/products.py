"""Products of matrices in the precision of a run: of float32, or of bfloat16 with sums in float32."""

from __future__ import annotations

import torch
from torch import Tensor


def product(a: Tensor, b: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Return a @ b as float32, written to `out` if it is given.

    What comes of bfloat16 is summed in float32 and rounded to bfloat16 once, since torch has no other such product on
    a CPU.

    Args:
        a: (rows, inputs).
        b: (inputs, columns), of the type of a.
        out: (rows, columns) float32.
    """
    if a.dtype != torch.bfloat16:
        return torch.mm(a, b, out=out)
    found = torch.mm(a, b)
    return found.float() if out is None else out.copy_(found)


def add_product(total: Tensor, a: Tensor, b: Tensor) -> None:
    """Add a @ b to a tensor of float32; arguments as of `product`."""
    if a.dtype != torch.bfloat16:
        total.addmm_(a, b)
    else:
        total += torch.mm(a, b)
