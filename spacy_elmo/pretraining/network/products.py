"""Products of matrices in the precision of a run: of float32, or of bfloat16 with sums in float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

Precision = Literal["float32", "bfloat16"]  # of what products multiply


def is_slow(precision: Precision, device: torch.device) -> bool:
    """Return whether a device is known to be slower in a precision than in float32, having no such products."""
    if precision == "float32":
        return False
    if device.type == "cuda":
        return not torch.cuda.is_bf16_supported(including_emulation=False)
    found: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # which an older torch has not
    return bool(found) and not any(found.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


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
