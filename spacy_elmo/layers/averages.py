"""Averages that Thinc's optimizers keep of the parameters of PyTorch modules.

`PyTorchShim.use_params` looks for them under other keys than optimizers have them, and finds none (Thinc 8.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from thinc.api import xp2torch
from torch import Tensor, nn


@contextmanager
def use_averages(module: nn.Module, shim_id: int, params: Mapping[tuple[int, str], Any]) -> Iterator[None]:
    """Compute with averages for a while.

    Args:
        module: Whose parameters get other values, and their own again at the end.
        shim_id: The number of the shim that gives the parameters to the optimizer.
        params: Arrays by shims and names, as `Optimizer.averages` has them, for all parameters or some.
    """
    named = dict(module.named_parameters())
    averages = {name: xp2torch(params[shim_id, name]) for name in named if (shim_id, name) in params}
    own = {name: named[name].detach().clone() for name in averages}
    _copy(averages, named)
    try:
        yield
    finally:
        _copy(own, named)


def _copy(values: Mapping[str, Tensor], parameters: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, value in values.items():
            parameters[name].copy_(value)
