"""Gradients of sigmoid, tanh and clipping, written in place.

They are torch's own operators, which are not part of its public interface. Where a version of torch lacks them, or has
them in another form, public operations take their place: slower, and the same but for float32 rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

aten = torch.ops.aten


def has_operators() -> bool:
    """Return whether this torch has the operators that are called here, and they give what they should."""
    d, y = torch.tensor([3.0, 5.0]), torch.tensor([0.5, 2.0])
    try:
        found = [
            aten.sigmoid_backward.grad_input(d, y, grad_input=torch.empty(2)),
            aten.tanh_backward.grad_input(d, y, grad_input=torch.empty(2)),
            aten.hardtanh_backward.grad_input(d, y, -2.0, 2.0, grad_input=torch.empty(2)),
        ]
    except (AttributeError, RuntimeError, TypeError):
        return False
    return [t.tolist() for t in found] == [[0.75, -10.0], [2.25, -15.0], [3.0, 0.0]]


HAS_OPERATORS = has_operators()


def sigmoid_backward(d_y: Tensor, y: Tensor, *, out: Tensor) -> None:
    """Write the gradient of x where y = sigmoid(x). The tensors have one shape; out may be any of them."""
    if HAS_OPERATORS:
        aten.sigmoid_backward.grad_input(d_y, y, grad_input=out)
    else:
        torch.mul(d_y * (1 - y), y, out=out)


def tanh_backward(d_y: Tensor, y: Tensor, *, out: Tensor) -> None:
    """Write the gradient of x where y = tanh(x). The tensors have one shape; out may be any of them."""
    if HAS_OPERATORS:
        aten.tanh_backward.grad_input(d_y, y, grad_input=out)
    else:
        torch.mul(d_y, 1 - y * y, out=out)


def mask_clipped(gradient: Tensor, clipped: Tensor, bound: float | None) -> None:
    """Set a gradient to zero where values stand at the bound they were clipped to. None for no clipping."""
    if bound is None:
        return
    if HAS_OPERATORS:
        aten.hardtanh_backward.grad_input(gradient, clipped, -bound, bound, grad_input=gradient)
    else:
        gradient.masked_fill_(clipped.abs() >= bound, 0)
