"""Matrix products with a fixed weight, by the kernel that is fastest for the number of rows."""

from __future__ import annotations

from functools import lru_cache

import torch

from ..types import Floats1d, Floats2d

LARGE = 2**20  # elements of a weight that does not stay in a core's cache
FEW_ROWS = 128


class Product:
    """x @ weight.T.

    Small weights are kept turned around, in a copy. Products with it are the fastest for few rows, and a row has the
    same bits whatever the rows beside it, so that vectors do not depend on the batch at all.

    weight: (outputs, inputs) float32 on the CPU; large ones are referred to, not copied, by all but `pack`.
    """

    def __init__(self, weight: Floats2d):
        self.weight = weight
        self.is_large = weight.numel() >= LARGE
        self.turned = weight.T if self.is_large else weight.T.contiguous()
        self.packed: torch.Tensor | None = None

    def pack(self) -> None:
        """Keep a copy in oneDNN's own layout, where this build of PyTorch has it."""
        if self.packed is None and can_pack():
            self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, 64)

    def __call__(self, x: Floats2d) -> Floats2d:
        """x: (rows, inputs). RETURNS: (rows, outputs)."""
        if self._packs(x):
            return torch.ops.mkldnn._linear_pointwise(x, self.packed, None, "none", [], "")
        if self._is_better_turned(x):
            return torch.mm(self.weight, x.T).T
        if self._is_alone(x):
            return torch.mm(x.expand(2, -1), self.turned)[:1]
        return torch.mm(x, self.turned)

    def add(self, y: Floats2d | Floats1d, x: Floats2d, out: Floats2d) -> Floats2d:
        """y: (rows, outputs) or (outputs,); x: (rows, inputs). RETURNS: y + x @ weight.T, (rows, outputs), in out."""
        if self._packs(x) or self._is_better_turned(x):
            return torch.add(y, self(x), out=out)
        if self._is_alone(x):
            return out.copy_(torch.addmm(y, x.expand(2, -1), self.turned)[:1])
        return torch.addmm(y, x, self.turned, out=out)

    def _packs(self, x: Floats2d) -> bool:
        """Whether to use the packed copy; a row alone is bound by reading the weight, whatever the kernel."""
        return self.packed is not None and x.shape[0] > 1

    def _is_better_turned(self, x: Floats2d) -> bool:
        """Whether weight @ x.T is faster."""
        return self.is_large and 1 < x.shape[0] <= FEW_ROWS

    def _is_alone(self, x: Floats2d) -> bool:
        """Whether x is one row for a kernel of its own, with other bits, so that two rows are computed instead."""
        return not self.is_large and x.shape[0] == 1


@lru_cache(maxsize=None)
def can_pack() -> bool:
    """Return whether PyTorch's private operators for packed weights are there and compute products."""
    with torch.inference_mode():
        values = torch.arange(32 * 48, dtype=torch.float32).remainder(7)
        x, weight = values.view(48, 32)[:16], values.view(48, 32)  # whole numbers: sums are exact in any order
        try:
            packed = torch.ops.mkldnn._reorder_linear_weight(weight, 64)
            product = torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], "")
        except (AttributeError, RuntimeError, TypeError):
            return False
        return torch.equal(product, x @ weight.T)
