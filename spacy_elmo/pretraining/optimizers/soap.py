"""Adam in a basis in which the gradients of a matrix are nearly independent: SOAP (Vyas et al. 2024), of one side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

WIDEST = 512  # columns of a basis: a product with it costs as much a number as it has columns
EVERY = 10  # steps from one basis to the next
GRAM_DECAY = 0.95  # of the mean that the basis is of
BASES = ("gram", "basis")  # what is kept for a matrix beside what Adam keeps


class Soap(torch.optim.Adam):
    """Adam, in which each matrix of weights is seen in a basis of its own.

    The basis has the eigenvectors of the mean of G^T G, where G is the gradient of the matrix with its smaller side as
    columns: those of the first gradient, brought up to date every ten steps by one turn of orthogonal iteration. Both
    moments are kept in the basis. The first turns with it; the second does not, as in the paper.

    All else has Adam as it is: vectors, matrices whose smaller side is longer than 512, and rows that stand in for a
    sparse gradient.

    Args:
        params: As of torch's Adam.
        **settings: Likewise.
    """

    def __init__(self, params: Iterable[Any], **settings: Any):
        super().__init__(params, fused=True, **settings)

    def step(self, closure: None = None) -> None:  # type: ignore[override]  # none that computes gradients anew
        """Change the parameters that have gradients."""
        whole = [group["params"] for group in self.param_groups]
        try:
            for group in self.param_groups:
                group["params"] = [p for p in group["params"] if not has_basis(p)]
            super().step()
        finally:
            for group, parameters in zip(self.param_groups, whole):
                group["params"] = parameters
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None and has_basis(p):
                    _step(p, p.grad, self.state[p], group)


def has_basis(p: Tensor) -> bool:
    """Return whether a parameter is a matrix that gets a basis. Filters are one, with a row for each."""
    return isinstance(p, nn.Parameter) and p.ndim > 1 and min(len(p), p[0].numel()) <= WIDEST


def basis_shape(p: Tensor) -> tuple[int, int]:
    """Return the shape of the basis of a matrix, and of the mean that it is of."""
    side = min(len(p), p[0].numel())
    return side, side


@torch.no_grad()
def _step(p: nn.Parameter, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    if not state:
        state["step"] = torch.zeros(())
        state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(p), torch.zeros_like(p)
    gradient, weight, mean, square = map(_upright, (grad, p, state["exp_avg"], state["exp_avg_sq"]))
    if "basis" not in state:
        state["gram"] = gradient.T @ gradient
        state["basis"] = torch.linalg.eigh(state["gram"]).eigenvectors.flip(1).contiguous()  # the largest first
    state["step"] += 1
    basis, (beta1, beta2), n = state["basis"], group["betas"], int(state["step"])
    turned = gradient @ basis
    mean.lerp_(turned, 1 - beta1)
    square.mul_(beta2).addcmul_(turned, turned, value=1 - beta2)
    deviation = torch.sqrt(square, out=turned).mul_((1 - beta2**n) ** -0.5).add_(group["eps"])
    change = torch.div(mean, deviation, out=deviation)
    weight.addmm_(change, basis.T, alpha=-group["lr"] / (1 - beta1**n))
    state["gram"].addmm_(gradient.T, gradient, beta=GRAM_DECAY, alpha=1 - GRAM_DECAY)
    if n % EVERY == 0:
        state["basis"] = torch.linalg.qr(state["gram"] @ basis).Q.contiguous()
        mean.copy_(mean @ (basis.T @ state["basis"]))


def _upright(t: Tensor) -> Tensor:
    """Return a view of a matrix that is no wider than high."""
    flat = t.flatten(1)
    return flat.T if len(flat) < flat.shape[1] else flat
