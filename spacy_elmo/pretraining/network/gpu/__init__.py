"""Kernels of a GPU, by Triton, which comes with torch where torch has CUDA."""

from __future__ import annotations

from functools import cache
from types import ModuleType

__all__ = ["find_kernels"]


@cache
def find_kernels() -> ModuleType | None:
    """Return the module of kernels. None where there is no Triton: operations of torch give the same numbers then."""
    try:
        from . import kernels
    except ModuleNotFoundError:
        return None
    return kernels
