"""Tensors by name in a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .files import WeightsError


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a file with the permissions that any new file gets; safetensors itself lets nobody but the owner read.

    Args:
        path: The file.
        tensors: Contiguous tensors on the CPU, no two of which share memory.

    Raises:
        OSError: The system refuses, as where the disk is full.
    """
    path.touch()
    permissions = path.stat().st_mode
    try:
        save_file(dict(tensors), path)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    path.chmod(permissions)


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read what `save_tensors` wrote. Raises WeightsError for a file that is missing or damaged."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: not a whole safetensors file ({error})") from error
