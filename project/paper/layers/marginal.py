"""The loss of choices of which several are right: the negative log of what they get together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def marginal_loss(scores: NDArray, is_right: NDArray) -> tuple[float, NDArray]:
    """Return the loss and its gradient.

    Args:
        scores: (rows, choices), float32; those that cannot be chosen are -inf.
        is_right: (rows, choices). Rows without a right choice, or whose right ones cannot be chosen, do not count.

    Returns:
        The sum over rows of -log(sum of the probabilities of right choices), and (rows, choices).
    """
    is_right = is_right & np.isfinite(scores)
    if not is_right.any():  # or there is nothing to choose from
        return 0.0, np.zeros_like(scores)
    counts = is_right.any(axis=1, keepdims=True)
    everything, log_all = _softmax(scores)
    right, log_right = _softmax(np.where(is_right | ~counts, scores, -np.inf))
    return float(((log_all - log_right) * counts).sum()), ((everything - right) * counts).astype(scores.dtype)


def _softmax(scores: NDArray) -> tuple[NDArray, NDArray]:
    """Return probabilities, and the log of what they were divided by, (rows, 1)."""
    highest = scores.max(axis=1, keepdims=True)
    exponentials = np.exp(scores - highest)
    total = exponentials.sum(axis=1, keepdims=True)
    return exponentials / total, np.log(total) + highest
