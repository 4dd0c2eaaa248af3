"""Adam in a basis in which the gradients of a matrix are nearly independent: SOAP (Vyas et al. 2024), of one side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from .repeated import RepeatedTask

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
        self._moves = RepeatedTask()

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
            self._step_matrices([p for p in group["params"] if p.grad is not None and has_basis(p)], group)

    @torch.no_grad()
    def _step_matrices(self, matrices: list[nn.Parameter], group: dict[str, Any]) -> None:
        """Change matrices that have gradients."""
        gradients = [p.grad for p in matrices if p.grad is not None]
        states = [self.state[p] for p in matrices]
        for p, gradient, state in zip(matrices, gradients, states):
            if not state:
                _start(p, gradient, state)
            state["step"] += 1
        if not matrices:
            return
        factors = torch.tensor([_factors(int(state["step"]), group) for state in states])

        def move(factors: Tensor, *gradients: Tensor) -> None:
            for p, gradient, state, two in zip(matrices, gradients, states, factors):
                _move(p, gradient, state, two, group)

        kept = [t for p, state in zip(matrices, states) for t in (p, *state.values())]
        self._moves.run(move, [factors.to(matrices[0].device, non_blocking=True), *gradients], kept)
        for state in states:
            if int(state["step"]) % EVERY == 0:
                _turn(state)


def has_basis(p: Tensor) -> bool:
    """Return whether a parameter is a matrix that gets a basis. Filters are one, with a row for each."""
    return isinstance(p, nn.Parameter) and p.ndim > 1 and min(len(p), p[0].numel()) <= WIDEST


def basis_shape(p: Tensor) -> tuple[int, int]:
    """Return the shape of the basis of a matrix, and of the mean that it is of."""
    side = min(len(p), p[0].numel())
    return side, side


def _start(p: nn.Parameter, gradient: Tensor, state: dict[str, Tensor]) -> None:
    state["step"] = torch.zeros(())
    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(p), torch.zeros_like(p)
    upright = _upright(gradient)
    state["gram"] = upright.T @ upright
    state["basis"] = torch.linalg.eigh(state["gram"]).eigenvectors.flip(1).contiguous()  # the largest first


def _factors(n: int, group: dict[str, Any]) -> tuple[float, float]:
    """Return by what the n-th step multiplies the deviation and the change: the rate, and what corrects the bias of
    moments that began at zero."""
    beta1, beta2 = group["betas"]
    return (1 - beta2**n) ** -0.5, group["lr"] / (1 - beta1**n)


def _move(p: nn.Parameter, grad: Tensor, state: dict[str, Tensor], factors: Tensor, group: dict[str, Any]) -> None:
    gradient, weight, mean, square = map(_upright, (grad, p, state["exp_avg"], state["exp_avg_sq"]))
    basis, (beta1, beta2) = state["basis"], group["betas"]
    turned = gradient @ basis
    mean.lerp_(turned, 1 - beta1)
    square.mul_(beta2).addcmul_(turned, turned, value=1 - beta2)
    deviation = torch.sqrt(square, out=turned).mul_(factors[0]).add_(group["eps"])
    change = torch.div(mean, deviation, out=deviation).mul_(factors[1])
    weight.addmm_(change, basis.T, alpha=-1)
    state["gram"].addmm_(gradient.T, gradient, beta=GRAM_DECAY, alpha=1 - GRAM_DECAY)


def _turn(state: dict[str, Tensor]) -> None:
    """Bring the basis up to date, and turn the first moment with it."""
    before, mean = state["basis"].clone(), _upright(state["exp_avg"])
    state["basis"].copy_(torch.linalg.qr(state["gram"] @ before).Q)
    mean.copy_(mean @ (before.T @ state["basis"]))


def _upright(t: Tensor) -> Tensor:
    """Return a view of a matrix that is no wider than high."""
    flat = t.flatten(1)
    return flat.T if len(flat) < flat.shape[1] else flat
