"""What takes many operations of torch, by one kernel of a GPU each."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

BLOCK = 512  # numbers that a program of a kernel computes


def cells_forward(gates: Tensor, bias: Tensor, c: Tensor, out: tuple[Tensor, Tensor, Tensor], clip: float) -> None:
    """Go from the gates of a step to the next cells; all tensors are contiguous.

    Args:
        gates: (rows, 4 * hidden size), before bias and activation; becomes what they are after it.
        bias: (4 * hidden size,), of the gates.
        c: (rows, hidden size), the cells before the step.
        out: Three of the shape of c, which are written: the next cells, their tanh, and that times the output gate.
        clip: Bound of the cells, infinity for none.
    """
    _forward[_grid(c)](gates, bias, c, *out, c.shape[1], c.numel(), clip, BLOCK=BLOCK)


def cells_backward(
    gates: Tensor, cells: tuple[Tensor, Tensor, Tensor], d_gated: Tensor, d_c: Tensor, clip: float
) -> None:
    """Go back from the gradients after a step to those before it; all tensors are contiguous.

    Args:
        gates: (rows, 4 * hidden size), after activation; becomes their gradient before it.
        cells: Three of (rows, hidden size): the cells before the step, those after it, and their tanh.
        d_gated: (rows, hidden size), the gradient of tanh times the output gate.
        d_c: (rows, hidden size), the gradient of the cells after the step; becomes that of those before it.
        clip: Bound of the cells, infinity for none.
    """
    _backward[_grid(d_c)](gates, *cells, d_gated, d_c, d_c.shape[1], d_c.numel(), clip, BLOCK=BLOCK)


def normalize(logits: Tensor, offsets: Tensor, target_logits: Tensor, places: Tensor, losses: Tensor) -> None:
    """Turn logits into losses and probabilities; arguments as of `sampled_loss.normalize`, all contiguous."""
    rows, n = logits.shape
    block = triton.next_power_of_2(n)
    warps = min(16, max(4, block // 1024))
    _normalize[(rows,)](logits, offsets, target_logits, places, losses, n, BLOCK=block, num_warps=warps)


def _grid(numbers: Tensor) -> tuple[int]:
    return (triton.cdiv(numbers.numel(), BLOCK),)


@triton.jit
def _tanh(x):
    return 2 * tl.sigmoid(2 * x) - 1


@triton.jit
def _forward(gates, bias, c, next_c, tanh_c, gated, n, size, clip, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < size
    j = at % n
    gate, b = gates + (at // n) * 4 * n + j, bias + j
    i = tl.sigmoid(tl.load(gate, inside) + tl.load(b, inside))
    f = tl.sigmoid(tl.load(gate + n, inside) + tl.load(b + n, inside))
    o = tl.sigmoid(tl.load(gate + 2 * n, inside) + tl.load(b + 2 * n, inside))
    g = _tanh(tl.load(gate + 3 * n, inside) + tl.load(b + 3 * n, inside))
    x = tl.load(c + at, inside) * f + i * g
    x = tl.where(x > clip, clip, x)  # NaN stays
    x = tl.where(x < -clip, -clip, x)
    y = _tanh(x)
    tl.store(gate, i, inside)
    tl.store(gate + n, f, inside)
    tl.store(gate + 2 * n, o, inside)
    tl.store(gate + 3 * n, g, inside)
    tl.store(next_c + at, x, inside)
    tl.store(tanh_c + at, y, inside)
    tl.store(gated + at, y * o, inside)


@triton.jit
def _backward(gates, c, next_c, tanh_c, d_gated, d_c, n, size, clip, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < size
    gate = gates + (at // n) * 4 * n + at % n
    i, f = tl.load(gate, inside), tl.load(gate + n, inside)
    o, g = tl.load(gate + 2 * n, inside), tl.load(gate + 3 * n, inside)
    y, d_y = tl.load(tanh_c + at, inside), tl.load(d_gated + at, inside)
    d_x = tl.load(d_c + at, inside) + d_y * o * (1 - y * y)
    d_x = tl.where(tl.abs(tl.load(next_c + at, inside)) >= clip, 0.0, d_x)
    tl.store(gate, d_x * g * (1 - i) * i, inside)
    tl.store(gate + n, d_x * tl.load(c + at, inside) * (1 - f) * f, inside)
    tl.store(gate + 2 * n, d_y * y * (1 - o) * o, inside)
    tl.store(gate + 3 * n, d_x * i * (1 - g * g), inside)
    tl.store(d_c + at, d_x * f, inside)


@triton.jit
def _normalize(logits, offsets, target_logits, places, losses, n, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    j = tl.arange(0, BLOCK)
    inside = j < n
    at = logits + row * n + j
    x = tl.load(at, inside, other=float("-inf")) + tl.load(offsets + j, inside, other=0.0)
    x = tl.where(j == tl.load(places + row), float("-inf"), x)
    target = tl.load(target_logits + row)
    highest = tl.maximum(tl.max(x, axis=0), target)
    p = tl.exp(x - highest)
    total = tl.sum(p, axis=0) + tl.exp(target - highest)
    tl.store(losses + row, tl.log(total) + highest - target)
    tl.store(at, p / total, inside)
