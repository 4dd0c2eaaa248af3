"""What heads that choose share: vectors of words of their own width, and PyTorch modules from arrays to arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Linear, Model, PyTorchShim, chain, torch2xp, with_array, xp2torch
from torch import Tensor, nn

from .wrap import wrap

Arrays = tuple[Any, ...]


def build_head(
    name: str, forward: Callable, tok2vec: Model[list[Doc], list[Any]], width: int, module: nn.Module
) -> Model[list[Doc], Any]:
    """Build a model of two layers: Docs to vectors of a width that the task sets, and the wrapped module.

    Its `forward` calls the layers; only the first one has to be initialized, by Docs.
    """
    encode: Model[list[Doc], list[Any]] = chain(tok2vec, with_array(Linear(nO=width)))
    return Model(name, forward, init=_init, layers=[encode, wrap_arrays(module)])


def _init(model: Model, X: list[Doc] | None = None, Y: Any = None) -> None:
    model.layers[0].initialize(X=X)


def wrap_arrays(module: nn.Module) -> Model[Arrays, Arrays]:
    """Wrap a module as a layer from arrays to arrays.

    The first input gets a gradient; the others are indices, of NumPy. The module returns a tuple, which becomes one of
    NumPy's arrays. The layer's backprop takes the gradients of its first outputs, as many as there are, and returns
    the one of the first input.
    """
    return wrap(module, _convert_inputs, _convert_outputs)


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

    return tuple(output.detach().cpu().numpy() for output in outputs), take_gradients
