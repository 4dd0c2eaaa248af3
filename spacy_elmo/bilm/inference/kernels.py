"""Matrix products with a fixed weight, by the kernel that is fastest for the number of rows."""

from __future__ import annotations

import platform
from functools import cache

import torch
from torch import Tensor

from ...util.threads import inference_mode

LARGE = 2**20  # elements of a weight that does not stay in a core's cache
EQUAL_ROWS = 4  # from here on, a row of a product with a small weight has the same bits whatever the number of rows
STORED_ROWS = 16  # likewise with a weight as it is stored, (outputs, inputs), on processors with AVX-512


class Product:
    """x @ weight.T.

    Of a small weight, a transposed copy is kept. Products with it are the fastest for few rows, and a row has the same
    bits whatever the rows beside it: fewer than four are filled up, because these have a kernel of their own. This
    holds within one thread; torch may share the rows of a product out among several.

    Args:
        weight: (outputs, inputs) float32 on the CPU. Large ones are referred to, not copied, by all but `pack`, unless
            they are rounded.
        precision: As of `Encoder`. In bfloat16, the products of a processor that has them are rounded as well.
    """

    def __init__(self, weight: Tensor, precision: str = "float32"):
        self.is_rounded = precision == "bfloat16"
        self.dtype = torch.bfloat16 if self.is_rounded and has_bfloat16() else torch.float32
        self.weight = weight = self._operand(weight)
        self.is_large = weight.numel() >= LARGE
        self.transposed = weight.T if self.is_large else weight.T.contiguous()
        self.packed: Tensor | None = None

    def pack(self) -> None:
        """Keep a copy in oneDNN's own layout, where this build of PyTorch has it."""
        if self.packed is None and can_pack(self.dtype):
            self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, 64)

    def __call__(self, x: Tensor) -> Tensor:
        """Return (rows, outputs) float32 for x of (rows, inputs)."""
        x = self._operand(x)
        if self._packs(x):
            return torch.ops.mkldnn._linear_pointwise(x, self.packed, None, "none", [], "").float()
        rows = x if self.is_large else fill_rows(x)
        return torch.mm(rows, self.transposed)[: x.shape[0]].float()

    def add(self, y: Tensor, x: Tensor, out: Tensor) -> Tensor:
        """Return y + x @ weight.T in out.

        Args:
            y: (rows, outputs) or (outputs,).
            x: (rows, inputs).
            out: (rows, outputs).
        """
        if self._packs(x) or self.is_rounded:
            return torch.add(y, self(x), out=out)
        if x.shape[0] < EQUAL_ROWS and not self.is_large:
            y = fill_rows(y) if y.dim() == 2 else y
            return out.copy_(torch.addmm(y, fill_rows(x), self.transposed)[: x.shape[0]])
        return torch.addmm(y, x, self.transposed, out=out)

    def _packs(self, x: Tensor) -> bool:
        """Return whether to use the packed copy. One row is bound by reading the weight, whatever the kernel."""
        return self.packed is not None and x.shape[0] > 1

    def _operand(self, x: Tensor) -> Tensor:
        """Return x as products take it; without instructions for bfloat16, its numbers go through them as float32."""
        return x.bfloat16().to(self.dtype) if self.is_rounded else x


def fill_rows(x: Tensor, fewest: int = EQUAL_ROWS) -> Tensor:
    """Return x with its first row repeated below until there are so many rows, or x itself where it has as many."""
    n = x.shape[0]
    if n >= fewest or n == 0:
        return x
    return x.expand(fewest, -1) if n == 1 else torch.cat([x, x[:1].expand(fewest - n, -1)])


@cache
def has_bfloat16() -> bool:
    """Return whether this processor has instructions for products of bfloat16, as far as PyTorch knows."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        checks = [getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)]
    else:
        checks = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("avx512_bf16", "amx_tile")]
    return any(check is not None and check() for check in checks)


@cache
def can_pack(dtype: torch.dtype = torch.float32) -> bool:
    """Return whether PyTorch's private operators for packed weights are there and compute products."""
    with inference_mode():
        values = torch.arange(32 * 48, dtype=torch.float32).remainder(7).to(dtype)
        x, weight = values.view(48, 32)[:16], values.view(48, 32)  # whole numbers: sums are exact in any order
        try:
            packed = torch.ops.mkldnn._reorder_linear_weight(weight, 64)
            product = torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], "")
        except (AttributeError, RuntimeError, TypeError):
            return False
        return torch.equal(product, (x.float() @ weight.float().T).to(dtype))
