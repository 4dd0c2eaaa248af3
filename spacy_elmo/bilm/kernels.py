"""Matrix products with a fixed weight, by the kernel that is fastest for the number of rows."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F

from .types import Floats1d, Floats2d

LARGE = 2**20  # elements of a weight that does not stay in a core's cache
FEW_ROWS = 128


class Product:
    """x @ weight.T.

    weight: (outputs, inputs) float32 on the CPU; it is referred to, not copied, by all but `pack`.
    """

    def __init__(self, weight: Floats2d):
        self.weight = weight
        self.is_large = weight.numel() >= LARGE
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
        return F.linear(x, self.weight)

    def with_bias(self, bias: Floats1d, x: Floats2d, out: Floats2d) -> Floats2d:
        """bias: (outputs,); x: (rows, inputs). RETURNS: bias + x @ weight.T, (rows, outputs), in out."""
        if self._is_better_turned(x):
            return torch.add(torch.mm(self.weight, x.T).T, bias, out=out)
        return torch.addmm(bias, x, self.weight.T, out=out)

    def add_to(self, y: Floats2d, x: Floats2d) -> Floats2d:
        """y: (rows, outputs); x: (rows, inputs). RETURNS: y + x @ weight.T in y's place."""
        if self._packs(x) or self._is_better_turned(x):
            return y.add_(self(x))
        return y.addmm_(x, self.weight.T)

    # A single row is bound by reading the weight, whatever the kernel.

    def _packs(self, x: Floats2d) -> bool:
        return self.packed is not None and x.shape[0] > 1

    def _is_better_turned(self, x: Floats2d) -> bool:
        """Whether weight @ x.T is faster."""
        return self.is_large and 1 < x.shape[0] <= FEW_ROWS


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
