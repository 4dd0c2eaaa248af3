"""Multinomial logistic regression, fitted until it no longer moves, so that nothing hangs on when it stopped."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

L2 = 1.1e-6  # half of it times the width times all squared weights is added to the mean loss: long vectors gain nothing
TOLERANCE = 3e-3  # of the gradient where the curvature is about 1: the loss is then some 1e-4 above the lowest
MOST_STEPS, HISTORY = 500, 20
LEFT = 0.03  # of the curvature at the start, about so much is left once most words are clear
ROWS = 8192  # words at a time


class Regression(NamedTuple):
    """A linear classifier.

    Attributes:
        weight: (classes, width).
        bias: (classes,).
    """

    weight: Tensor
    bias: Tensor

    def predict(self, features: Tensor) -> Tensor:
        """Return (words,), the likeliest class of each of (words, width)."""
        return torch.cat([F.linear(part, *self).argmax(1) for part in features.split(ROWS)])


def fit(features: Tensor, targets: Tensor) -> Regression:
    """Return the regression with the lowest penalized loss. The same input gives the same bits.

    L-BFGS starts from the frequencies of the classes, in coordinates in which the curvature of the loss is about 1: the
    Hessian of a class is its frequency times the covariance of the features, at the start.

    Args:
        features: (words, width), each feature with a mean of 0 and a deviation of 1.
        targets: (words,), the class of each. Every class has a word.
    """
    frequencies = targets.bincount() / len(targets)
    variances, axes = torch.linalg.eigh(features.T @ features / len(features))
    penalty = L2 * features.shape[1]
    curvature = LEFT * frequencies[:, None]
    scale, bias_scale = ((curvature * part + penalty).rsqrt() for part in (variances.clamp(min=0), 1))
    found = torch.zeros(len(frequencies), features.shape[1] + 1)
    found.grad = torch.zeros_like(found)

    def regression() -> Regression:
        return Regression(found[:, 1:] * scale @ axes.T, frequencies.log() + (found[:, :1] * bias_scale)[:, 0])

    def loss() -> float:
        at = regression()
        total, weight_grad, bias_grad = _loss_and_gradients(at, features, targets)
        weight_grad.add_(at.weight, alpha=penalty)
        torch.cat([bias_grad[:, None] * bias_scale, weight_grad @ axes * scale], dim=1, out=found.grad)
        return total + penalty / 2 * float(at.weight.square().sum(dtype=torch.float64))

    optimizer = torch.optim.LBFGS(
        [found],
        max_iter=MOST_STEPS,
        max_eval=2 * MOST_STEPS,
        tolerance_grad=TOLERANCE,
        tolerance_change=0,
        history_size=HISTORY,
        line_search_fn="strong_wolfe",
    )
    optimizer.step(loss)
    return regression()


def _loss_and_gradients(at: Regression, features: Tensor, targets: Tensor) -> tuple[float, Tensor, Tensor]:
    """Return the mean loss, and its gradients by the weight and by the bias."""
    total, weight_grad, bias_grad = 0.0, torch.zeros_like(at.weight), torch.zeros_like(at.bias)
    for part, wanted in zip(features.split(ROWS), targets.split(ROWS)):
        logs = F.linear(part, *at).log_softmax(1)
        total += float(F.nll_loss(logs, wanted, reduction="sum")) / len(features)
        errors = logs.exp_().scatter_add_(1, wanted[:, None], logs.new_full((1, 1), -1).expand(len(part), 1))
        weight_grad.addmm_(errors.T, part, alpha=1 / len(features))
        bias_grad.add_(errors.sum(0), alpha=1 / len(features))
    return total, weight_grad, bias_grad
