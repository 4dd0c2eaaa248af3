"""Layers into one vector: gamma * sum_j s_j h_j (paper, equation 1), with weights that are given."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from ..util.types import Floats1d, Floats2d, Floats3d

Mix: TypeAlias = str | int | list[float]


def check_mix(mix: object) -> None:
    """Check a mix that a user gave.

    Args:
        mix: What was given.

    Raises:
        ValueError: Unless it is "average", "top", a layer number, or weights of at least 0 that sum to 1.
    """
    if mix in ("average", "top") or (isinstance(mix, int) and not isinstance(mix, bool) and mix >= 0):
        return
    is_list = isinstance(mix, (list, tuple)) and all(isinstance(weight, (int, float)) for weight in mix)
    if not is_list or min(mix, default=-1.0) < 0 or not abs(sum(mix) - 1) < 1e-3:  # type: ignore[call-overload]
        raise ValueError(
            f'mix = {mix!r}: must be "average", "top", a layer number, or a weight of at least 0 for each layer, which '
            "sum to 1; AllenNLP's values are taken before softmax: apply softmax to them first"
        )


def resolve_mix(mix: Mix, n_layers: int) -> Floats1d:
    """Return the weights of the layers.

    Args:
        mix: A mix that `check_mix` accepts.
        n_layers: Number of layers, the word vector included.

    Returns:
        (n_layers,), which sum to 1.

    Raises:
        ValueError: For a layer that is not there, and for a wrong number of weights.
    """
    if mix == "average":
        return np.full(n_layers, 1 / n_layers, dtype="float32")
    if isinstance(mix, (list, tuple)):
        if len(mix) != n_layers:
            raise ValueError(f"mix = {mix!r}: needs {n_layers} weights, one for each layer of these weights")
        return np.asarray(mix, dtype="float32")
    layer = n_layers - 1 if mix == "top" else int(mix)
    if layer >= n_layers:
        raise ValueError(f"mix = {mix!r}: layers of these weights are 0 to {n_layers - 1}")
    return np.eye(n_layers, dtype="float32")[layer]


def mix_layers(layers: Floats3d, weights: Floats1d) -> Floats2d:
    """Return the weighted sum of layers.

    The order of the sum is fixed, so that a token's vector has the same bits alone and with its Doc.

    Args:
        layers: (layers, rows, width).
        weights: (layers,).

    Returns:
        (rows, width), in the type of the layers.

    Raises:
        ValueError: Where a number is beyond this type.
    """
    total = np.zeros(layers.shape[1:], dtype="float32")
    for layer, weight in zip(layers, weights):
        if weight:
            total += np.multiply(layer, weight, dtype="float32")
    return to_dtype(total, layers.dtype)


def to_dtype(vectors: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Return vectors in another type, or the same array where they have it.

    Raises:
        ValueError: Where a number is beyond the type, as 65,504 is the largest of float16.
    """
    if vectors.dtype == dtype:
        return vectors
    try:
        with np.errstate(over="raise"):
            return vectors.astype(dtype)
    except FloatingPointError:
        problem = f"a number of the vectors is too large for {np.dtype(dtype)}"
        raise ValueError(f"{problem}: set `dtype` to \"float32\", or a smaller `gamma`") from None
