"""What an LSTM computes number by number in a step, and its gradients: in C, or by operators of torch."""

from __future__ import annotations

import ctypes
import math
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor

from ...bilm.config import BiLMConfig
from ...bilm.inference.native import Kernel, Struct, find_kernel
from ...util.threads import CPU
from .activations import mask_clipped, sigmoid_backward, tanh_backward
from .gpu import find_kernels

INT, FLOAT, POINTER = ctypes.c_int64, ctypes.c_float, ctypes.c_void_p


class Activations(NamedTuple):
    """What a layer computed, saved for the way back.

    Attributes:
        x: (steps, rows, projection size).
        gates: (steps, rows, 4 * hidden size), activated.
        h: (1 + steps, rows, projection size), the state before the window first. Without a projection it shares its
            memory with `gated`.
        c: (1 + steps, rows, hidden size), the state before the window first.
        tanh_c: (steps, rows, hidden size), of the cells.
        gated: (steps, rows, hidden size), tanh_c times the output gate.
    """

    x: Tensor
    gates: Tensor
    h: Tensor
    c: Tensor
    tanh_c: Tensor
    gated: Tensor


class Cells:
    """The cells of a layer over a window.

    Args:
        config: Their number and clip.
        saved: Where they read and write.
        bias: (4 * hidden size,), of the gates.
    """

    def __init__(self, config: BiLMConfig, saved: Activations, bias: Tensor):
        self.n, self.clip, self.saved, self.bias = config.hidden_size, config.cell_clip, saved, bias

    def forward(self, step: int) -> None:
        """Go from the gates of a step, before bias and activation, to the next cells and the gated output."""
        sigmoids, g = self.saved.gates[step].add_(self.bias).tensor_split([3 * self.n], dim=1)
        i, f, o = sigmoids.sigmoid_().chunk(3, dim=1)
        c = torch.mul(self.saved.c[step], f, out=self.saved.c[step + 1]).addcmul_(i, _tanh_(g))
        if self.clip is not None:
            c.clamp_(-self.clip, self.clip)
        torch.mul(_tanh_(self.saved.tanh_c[step].copy_(c)), o, out=self.saved.gated[step])

    def backward(self, step: int, d_gated: Tensor, d_c: Tensor) -> None:
        """Go from the gradients of the gated output and of the cells after a step to those before it, the latter in
        d_c, and overwrite the step's gates by their gradients before activation."""
        n, gates, tanh_c = self.n, self.saved.gates[step], self.saved.tanh_c[step]
        scratch = torch.empty_like(gates)
        (i, f, o, g), (di, df, do, dg) = gates.chunk(4, dim=1), scratch.chunk(4, dim=1)
        torch.mul(d_gated, tanh_c, out=do)
        through_tanh = d_gated * o
        tanh_backward(through_tanh, tanh_c, out=through_tanh)
        d_c += through_tanh
        mask_clipped(d_c, self.saved.c[step + 1], self.clip)
        torch.mul(d_c, g, out=di)
        torch.mul(d_c, self.saved.c[step], out=df)
        torch.mul(d_c, i, out=dg)
        d_c *= f
        sigmoid_backward(scratch[:, : 3 * n], gates[:, : 3 * n], out=gates[:, : 3 * n])
        tanh_backward(dg, g, out=g)


class _Settings(Struct):
    """`Cells` of training.c."""

    _fields_ = (
        *((name, POINTER) for name in ("gates", "c", "tanh_c", "gated", "bias", "d_gated", "d_c")),
        *((name, INT) for name in ("rows", "n")),
        ("clip", FLOAT),
    )


class NativeCells(Cells):
    """The same by the kernel, which computes each number at once."""

    def __init__(self, config: BiLMConfig, saved: Activations, bias: Tensor, kernel: Kernel):
        super().__init__(config, saved, bias)
        self.kernel = kernel
        self.settings = _Settings(
            gates=saved.gates,
            c=saved.c,
            tanh_c=saved.tanh_c,
            gated=saved.gated,
            bias=bias,
            rows=saved.c.shape[1],
            n=self.n,
            clip=float("inf") if self.clip is None else self.clip,
        )

    def forward(self, step: int) -> None:
        self.kernel.call("cells_forward", self.settings, step)

    def backward(self, step: int, d_gated: Tensor, d_c: Tensor) -> None:
        self.settings.d_gated, self.settings.d_c = d_gated.data_ptr(), d_c.data_ptr()
        self.kernel.call("cells_backward", self.settings, step)


class FusedCells(Cells):
    """The same by the kernels of a GPU."""

    def __init__(self, config: BiLMConfig, saved: Activations, bias: Tensor, kernels: ModuleType):
        super().__init__(config, saved, bias)
        self.kernels, self.bound = kernels, math.inf if self.clip is None else self.clip

    def forward(self, step: int) -> None:
        saved = self.saved
        outs = saved.c[step + 1], saved.tanh_c[step], saved.gated[step]
        self.kernels.cells_forward(saved.gates[step], self.bias, saved.c[step], outs, self.bound)

    def backward(self, step: int, d_gated: Tensor, d_c: Tensor) -> None:
        saved = self.saved
        cells = saved.c[step], saved.c[step + 1], saved.tanh_c[step]
        self.kernels.cells_backward(saved.gates[step], cells, d_gated, d_c, self.bound)


def make_cells(config: BiLMConfig, saved: Activations, bias: Tensor) -> Cells:
    """Return what computes the cells of a layer where its tensors are; arguments as of `Cells`."""
    if saved.c.device == CPU and (kernel := find_kernel()):
        return NativeCells(config, saved, bias, kernel)
    if saved.c.is_cuda and (kernels := find_kernels()):
        return FusedCells(config, saved, bias, kernels)
    return Cells(config, saved, bias)


def _tanh_(x: Tensor) -> Tensor:
    """Compute tanh in place, by the sigmoid: on a CPU of AMD it is 5 times as fast as torch's own."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)
