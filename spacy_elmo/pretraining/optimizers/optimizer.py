"""Steps of an optimizer of torch: schedule, clipping, only those rows of a softmax that have gradients, averages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...util.determinism import unique_indices
from .averages import Averages
from .schedules import Schedule
from .soap import BASES, basis_shape, has_basis

Tensors = dict[str, Tensor]



class Optimizer:
    """An optimizer of torch over the parameters of a module.

    Where a gradient is sparse, rows without gradient are not read or written: a step costs what the sampled words
    cost. Rows with gradient get what the dense optimizer would give them from the state they have. With Adagrad that
    is all of the truth. With Adam and AdamW ("lazy"), the moments of other rows do not decay while they wait, nothing
    moves them on by their momentum, and AdamW's weight decay passes them over; the number of steps that corrects the
    moments' bias counts all steps. Gradients that are dense, as DistributedDataParallel leaves them, give the dense
    optimizer.

    Args:
        module: Whose parameters to train.
        make: Makes the optimizer from parameters, e.g. `partial(torch.optim.Adam, betas=(0.9, 0.99))`; one that keeps
            nothing for a parameter but tensors of its shape, its number of steps, and bases as of `Soap`.
        learn_rate: The rate of each step, from 0 on.
        clip_norm: Upper bound of the norm of all gradients together. None for none.
        average_decay: Of the moving averages of the parameters, see `Averages`. None for none.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        make: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
        learn_rate: Schedule,
        clip_norm: float | None = None,
        average_decay: float | None = None,
    ):
        self.parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self.make, self.optimizer = make, make(self.parameters.values())
        self.schedule = learn_rate
        self.clip_norm = math.inf if clip_norm is None else clip_norm
        self.averages = Averages(self.parameters, average_decay)
        self.n_steps = 0

    def learn_rate(self) -> float:
        """Return the rate of the next step."""
        return self.schedule(self.n_steps)

    def step(self) -> float:
        """Apply all gradients and forget them.

        Returns:
            Their norm before clipping.

        Raises:
            FloatingPointError: The norm is not finite; nothing is changed then.
        """
        group = self.optimizer.param_groups[0]
        # Read as torch.optim.SparseAdam does. Autograd drops the mark that gradients are coalesced, so the public
        # `indices` and `values` would need to sort them once more: 20 ms for 10,000 rows of 512 numbers
        rows = {p: p.grad._indices()[0] for p in group["params"] if p.grad is not None and p.grad.is_sparse}
        stand_ins = {p: self._take_rows(p, ids) for p, ids in rows.items()}
        whole = group["params"]
        group["params"] = [stand_ins.get(p, p) for p in whole]
        group["lr"] = self.learn_rate()
        try:
            norm = nn.utils.clip_grad_norm_(group["params"], self.clip_norm)
            if not norm.isfinite():
                problem = f"step {self.n_steps}: the gradient is {norm.item()}"
                raise FloatingPointError(f"{problem}; lower the learning rate, or clip gradients to a lower norm")
            self.optimizer.step()
        finally:
            group["params"] = whole
            states = {p: self.optimizer.state.pop(stand_in, {}) for p, stand_in in stand_ins.items()}
        for p, ids in rows.items():
            self._put_rows(p, ids, stand_ins[p], states[p])
        self.optimizer.zero_grad()
        self.n_steps += 1
        self.averages.update(self.n_steps)
        return norm.item()

    def _take_rows(self, p: nn.Parameter, ids: Tensor) -> Tensor:
        """Return the rows of a parameter that have gradients as one of their own, with their gradient and state."""
        assert p.grad is not None
        rows = p.detach()[ids]
        rows.grad = p.grad._values()
        if p in self.optimizer.state:
            state = self.optimizer.state[p]
            self.optimizer.state[rows] = {key: t[ids] if t.shape == p.shape else t for key, t in state.items()}
        return rows

    @torch.no_grad()
    @unique_indices()
    def _put_rows(self, p: nn.Parameter, ids: Tensor, rows: Tensor, state: Mapping[str, Tensor]) -> None:
        """Write rows and their state back."""
        p[ids] = rows
        kept = self.optimizer.state[p]
        for key, t in state.items():
            if t.shape != rows.shape:
                kept[key] = t
                continue
            if key not in kept:
                kept[key] = torch.zeros_like(p)
            kept[key][ids] = t

    def tensors(self) -> Tensors:
        """Return the tensors of the state, by "parameter/key"."""
        state = self.optimizer.state
        return {f"{name}/{key}": t for name, p in self.parameters.items() for key, t in state.get(p, {}).items()}

    def fits(self, name: str, key: str, t: Tensor) -> bool:
        """Return whether a tensor can be what is kept for a parameter by this key, as far as its shape says."""
        p = self.parameters.get(name)
        if p is None:
            return False
        if key in BASES:
            return has_basis(p) and t.shape == basis_shape(p)
        return t.shape in ((), p.shape)

    def keys(self) -> dict[str, torch.device]:
        """Return the keys of what is kept for a parameter once it had a gradient, and where it is kept."""
        probe = nn.Parameter(torch.zeros(1, device=next(iter(self.parameters.values())).device))
        probe.grad = torch.zeros_like(probe)
        optimizer = self.make([probe])
        optimizer.step()
        return {key: t.device for key, t in optimizer.state[probe].items()}

    def values(self) -> dict[str, Any]:
        """Return what else belongs to the state, as values for JSON."""
        return {"n_steps": self.n_steps}

    def load(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Go on from what `tensors` and `values` returned. Raises ValueError where they are not of these parameters."""
        states: dict[str, Tensors] = {}
        for path, t in tensors.items():
            name, _, key = path.rpartition("/")
            if not self.fits(name, key, t):
                remedy = "continue with the configuration it was written with"
                raise ValueError(
                    f"state of the optimizer: {path} of shape {tuple(t.shape)} fits no parameter; {remedy}"
                )
            states.setdefault(name, {})[key] = t
        devices = self.keys()
        for name, state in states.items():  # one after the other, so that never two whole states are in memory
            self.optimizer.state[self.parameters[name]] = {}
            self.optimizer.state[self.parameters[name]] = {
                key: t.to(devices.get(key, t.device), copy=True) for key, t in state.items()
            }
        self.n_steps = values["n_steps"]
