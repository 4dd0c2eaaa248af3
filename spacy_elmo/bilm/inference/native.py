"""The kernel in C, where this install has one: whether a model takes it and why, and weights in the kernel's layout.

`native.c` is built with the package where there is a compiler. ctypes calls it, and lets go of Python's lock meanwhile.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model import BiLM
from .kernels import LARGE

SWITCH = "SPACY_ELMO_NATIVE"
LIBRARY = Path(__file__).with_name("_native.dll" if sys.platform == "win32" else "_native.so")
INSTRUCTIONS = {16: "AVX-512", 8: "AVX2", 4: "what every processor of this kind has"}  # by the floats of a vector
FUNCTIONS = (
    *("linear", "direction", "characters", "activations"),
    *("cells_forward", "cells_backward", "normalize", "highest", "highest_backward"),  # of training.c
)
INTERFACE = 2  # of functions and structures, as native.c has it
VECTORS = 4  # of a panel


class Struct(ctypes.Structure):
    """A structure of the kernel, which may be given tensors: their memory must live as long as it is used."""

    def __init__(self, *fields: object, **values: object):
        super().__init__(*map(_as_value, fields), **{name: _as_value(value) for name, value in values.items()})


class Kernel:
    """The functions of the library.

    Args:
        library: As ctypes loads it.
        width: Floats of a vector: 4, 8 or 16, at most what the processor has.
    """

    def __init__(self, library: ctypes.CDLL, width: int):
        self.width = width
        self.panel = VECTORS * width  # outputs that are computed together
        self._functions = {name: getattr(library, f"elmo_{name}") for name in FUNCTIONS}
        for function in self._functions.values():
            function.restype = None

    def call(self, name: str, *arguments: object) -> None:
        """Call a function with numbers, tensors and structures, in the order of its arguments in native.c."""
        self._functions[name](ctypes.c_int64(self.width), *map(_as_argument, arguments))

    def padded(self, n: int) -> int:
        """Return n outputs filled up to whole panels."""
        return -(-n // self.panel) * self.panel

    def pack(self, weight: Tensor, *, parts: int = 1) -> Tensor:
        """Return (panels, inputs, outputs of a panel), filled up with zeros.

        Args:
            weight: (parts * outputs, inputs).
            parts: Outputs that stand side by side in a panel, such as the gates of a cell: 1 or 4.
        """
        n_outputs, n_inputs = weight.shape[0] // parts, weight.shape[1]
        share = self.panel // parts
        filled = F.pad(weight.reshape(parts, n_outputs, n_inputs), (0, 0, 0, -n_outputs % share))
        panels = filled.view(parts, -1, share, n_inputs).permute(1, 3, 0, 2)
        return panels.reshape(-1, n_inputs, self.panel).contiguous()

    def pack_bias(self, bias: Tensor, *, parts: int = 1) -> Tensor:
        """Return (panels * outputs of a panel,), in the order of the packed weight."""
        return self.pack(bias[:, None], parts=parts).flatten()


class Choice(NamedTuple):
    """The kernel, or None for torch, and a few words on why."""

    kernel: Kernel | None
    why: str


def choose(model: BiLM, *, may_copy: bool = True) -> Choice:
    """Return what a model is computed with on a CPU.

    Args:
        model: The model.
        may_copy: Whether large weights may be copied, which the kernel needs.
    """
    if os.environ.get(SWITCH) == "0":
        return Choice(None, f"torch, because {SWITCH} is 0")
    if not may_copy and any(parameter.numel() >= LARGE for parameter in model.parameters()):
        return Choice(None, "torch, because large weights are not to be copied")
    return _load()


@cache
def _load() -> Choice:
    if not LIBRARY.exists():
        return Choice(None, "torch, because this install has no native kernel: no C compiler was there to build it")
    try:
        library = ctypes.CDLL(str(LIBRARY))
        for function in (library.elmo_interface, library.elmo_widest):
            function.restype = ctypes.c_int64
        if library.elmo_interface() != INTERFACE:
            return Choice(None, "torch, because the native kernel is of another version: install the package again")
        kernel = Kernel(library, library.elmo_widest())
    except (OSError, AttributeError) as error:
        return Choice(None, f"torch, because the native kernel cannot be loaded: {error}")
    return Choice(kernel, f"native kernel, {INSTRUCTIONS[kernel.width]}")


def find_kernel() -> Kernel | None:
    """Return the kernel of this install, for numbers on the CPU; None without one, or where it is turned off."""
    return None if os.environ.get(SWITCH) == "0" else _load().kernel


def kernels() -> list[Kernel]:
    """Return a kernel for each width of vectors that this processor has; none where there is no library."""
    widest = _load().kernel
    return [] if widest is None else [Kernel(ctypes.CDLL(str(LIBRARY)), w) for w in INSTRUCTIONS if w <= widest.width]


def _as_value(value: object) -> object:
    return value.data_ptr() if isinstance(value, torch.Tensor) else value


def _as_argument(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return ctypes.c_void_p(value.data_ptr())
    return ctypes.byref(value) if isinstance(value, ctypes.Structure) else ctypes.c_int64(value)  # type: ignore[arg-type]
