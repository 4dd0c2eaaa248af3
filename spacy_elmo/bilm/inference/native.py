"""The kernel in C, where this install has one: whether a model takes it and why, and weights in the kernel's layout.

`native.c` is built with the package where there is a compiler. ctypes calls it, and lets go of Python's lock meanwhile.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model import BiLM
from .kernels import LARGE, has_bfloat16

SWITCH = "SPACY_ELMO_NATIVE"
LIBRARY = Path(__file__).with_name("_native.dll" if sys.platform == "win32" else "_native.so")
PAIRED, DOTS = 32, 64  # of a variant, as native.c has them
PLAIN = "what every processor of this kind has"
INSTRUCTIONS = {
    "float32": {16: "AVX-512", 8: "AVX2", 4: PLAIN},
    "bfloat16": {
        PAIRED | DOTS | 16: "AVX-512 with BF16",
        PAIRED | DOTS | 4: "NEON with BF16",
        PAIRED | 8: "AVX2",
        PAIRED | 4: PLAIN,
    },
}  # by precision and variant: the best first
SLOW = "; bfloat16 is slower in batches than float32 here, because this processor has no instruction for it"
FUNCTIONS = (
    *("linear", "direction", "characters", "activations"),
    *("cells_forward", "cells_backward", "normalize", "highest", "highest_backward"),  # of training.c
)
INTERFACE = 3  # of functions, structures and BLOCK, as native.c has it
BLOCK = 96  # rows that go through a weight at once
VECTORS = 4  # of a panel


class Struct(ctypes.Structure):
    """A structure of the kernel, which may be given tensors: their memory must live as long as it is used."""

    def __init__(self, *fields: object, **values: object):
        super().__init__(*map(_as_value, fields), **{name: _as_value(value) for name, value in values.items()})


class Kernel:
    """The functions of the library.

    Args:
        library: As ctypes loads it.
        variant: One that the processor has: the floats of a vector (4, 8 or 16), plus `PAIRED` where products take
            pairs of bfloat16, plus `DOTS` where the processor has an instruction for that.
    """

    def __init__(self, library: ctypes.CDLL, variant: int):
        self.variant = variant
        self.width = variant % PAIRED
        self.is_paired = bool(variant & PAIRED)
        self.panel = VECTORS * self.width  # outputs that are computed together
        self._functions = {name: getattr(library, f"elmo_{name}") for name in FUNCTIONS}
        for function in self._functions.values():
            function.restype = None

    def call(self, name: str, *arguments: object) -> None:
        """Call a function with numbers, tensors and structures, in the order of its arguments in native.c."""
        self._functions[name](ctypes.c_int64(self.variant), *map(_as_argument, arguments))

    def padded(self, n: int) -> int:
        """Return n outputs filled up to whole panels."""
        return -(-n // self.panel) * self.panel

    def units(self, n: int) -> int:
        """Return in how many units of four bytes products take n inputs."""
        return -(-n // 2) if self.is_paired else n

    def pack(self, weight: Tensor, *, parts: int = 1) -> Tensor:
        """Return (panels, inputs, outputs of a panel) or (panels, pairs of inputs, outputs, 2), filled up with zeros.

        Args:
            weight: (parts * outputs, inputs).
            parts: Outputs that stand side by side in a panel, such as the gates of a cell: 1 or 4.
        """
        panels = self._panels(weight, parts)
        if not self.is_paired:
            return panels.contiguous()
        pairs = F.pad(panels, (0, 0, 0, panels.shape[1] % 2)).unflatten(1, (-1, 2))
        return pairs.transpose(2, 3).to(torch.bfloat16).contiguous()

    def pack_bias(self, bias: Tensor, *, parts: int = 1) -> Tensor:
        """Return (panels * outputs of a panel,), in the order of the packed weight."""
        return self._panels(bias[:, None], parts).flatten()

    def _panels(self, weight: Tensor, parts: int) -> Tensor:
        n_outputs, n_inputs = weight.shape[0] // parts, weight.shape[1]
        share = self.panel // parts
        filled = F.pad(weight.reshape(parts, n_outputs, n_inputs), (0, 0, 0, -n_outputs % share))
        panels = filled.view(parts, -1, share, n_inputs).permute(1, 3, 0, 2)
        return panels.reshape(-1, n_inputs, self.panel)


class Choice(NamedTuple):
    """The kernel, or None for torch, and a few words on why; and whether this precision is slower than float32 here."""

    kernel: Kernel | None
    why: str
    is_slow: bool = False


def choose(model: BiLM, *, precision: str = "float32", may_copy: bool = True) -> Choice:
    """Return what a model is computed with on a CPU.

    Args:
        model: The model.
        precision: As of `Encoder`.
        may_copy: Whether large weights may be copied, which the kernel needs.
    """
    if os.environ.get(SWITCH) == "0":
        return _torch(f"because {SWITCH} is 0", precision)
    if not may_copy and any(parameter.numel() >= LARGE for parameter in model.parameters()):
        return _torch("because large weights are not to be copied", precision)
    found, problem = _load()
    kernel = found.get(precision)
    if kernel is None:
        return _torch(f"because {problem}", precision)
    is_slow = kernel.is_paired and not kernel.variant & DOTS
    return Choice(kernel, f"native kernel, {INSTRUCTIONS[precision][kernel.variant]}{SLOW * is_slow}", is_slow)


def _torch(why: str, precision: str) -> Choice:
    is_slow = precision == "bfloat16" and not has_bfloat16()
    return Choice(None, f"torch, {why}{SLOW * is_slow}", is_slow)


@cache
def _load() -> tuple[dict[str, Kernel], str]:
    """Return the best kernel for each precision, or what is wrong with the library."""
    if not LIBRARY.exists():
        return {}, "this install has no native kernel: no C compiler was there to build it"
    try:
        library = ctypes.CDLL(str(LIBRARY))
        library.elmo_interface.restype = ctypes.c_int64
        if library.elmo_interface() != INTERFACE:
            return {}, "the native kernel is of another version: install the package again"
        library.elmo_has.restype = ctypes.c_int64
        return {precision: next(_variants(library, precision)) for precision in INSTRUCTIONS}, ""
    except (OSError, AttributeError) as error:
        return {}, f"the native kernel cannot be loaded: {error}"


def find_kernel() -> Kernel | None:
    """Return the kernel of this install, for numbers on the CPU; None without one, or where it is turned off."""
    return None if os.environ.get(SWITCH) == "0" else _load()[0].get("float32")


def _variants(library: ctypes.CDLL, precision: str) -> Iterator[Kernel]:
    for variant in INSTRUCTIONS[precision]:
        if library.elmo_has(ctypes.c_int64(variant)):
            yield Kernel(library, variant)


def kernels(precision: str = "float32") -> list[Kernel]:
    """Return a kernel for each variant that this processor has, the best first; none where there is no library."""
    return [*_variants(ctypes.CDLL(str(LIBRARY)), precision)] if _load()[0] else []


def _as_value(value: object) -> object:
    return value.data_ptr() if isinstance(value, torch.Tensor) else value


def _as_argument(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return ctypes.c_void_p(value.data_ptr())
    return ctypes.byref(value) if isinstance(value, ctypes.Structure) else ctypes.c_int64(value)  # type: ignore[arg-type]
