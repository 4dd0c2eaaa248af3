"""PyTorch modules of several inputs and outputs as Thinc layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from thinc.api import ArgsKwargs, Model, PyTorchShim, PyTorchWrapper_v3, torch2xp, xp2torch
from torch import Tensor, nn

Arrays = tuple[Any, ...]


def wrap(module: nn.Module) -> Model[Arrays, Arrays]:
    """Wrap a module as a layer from arrays to arrays.

    The first input gets a gradient; the others are indices. The module returns a tuple. The layer's backprop takes the
    gradients of its first outputs, as many as there are, and returns the one of the first input.
    """
    return PyTorchWrapper_v3(module, convert_inputs=_convert_inputs, convert_outputs=_convert_outputs)


def _convert_inputs(model: Model, inputs: Arrays, is_train: bool) -> tuple[ArgsKwargs, Callable[[ArgsKwargs], Any]]:
    device = cast(PyTorchShim, model.shims[0]).device
    first, *indices = inputs
    tensors = [xp2torch(first, requires_grad=is_train, device=device)]
    tensors += [xp2torch(array, device=device) for array in indices]

    def get_gradient(gradients: ArgsKwargs) -> Any:
        return torch2xp(gradients.args[0])

    return ArgsKwargs(tuple(tensors), {}), get_gradient


def _convert_outputs(
    model: Model, pair: tuple[Arrays, tuple[Tensor, ...]], is_train: bool
) -> tuple[Arrays, Callable[[Arrays], ArgsKwargs]]:
    _, outputs = pair

    def take_gradients(gradients: Arrays) -> ArgsKwargs:
        tensors = [xp2torch(array, device=outputs[0].device) for array in gradients]
        return ArgsKwargs((outputs[: len(tensors)],), {"grad_tensors": tensors})

    return tuple(torch2xp(output.detach()) for output in outputs), take_gradients
