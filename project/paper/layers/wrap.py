"""PyTorch behind Thinc: saved without pickle, and batches of sequences as rows, so that nothing depends on padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from safetensors.torch import load, save
from thinc.api import ArgsKwargs, Model, PyTorchShim, PyTorchWrapper_v3, torch2xp, xp2torch
from thinc.types import Floats2d
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from spacy_elmo.layers.averages import use_averages


class _AveragedShim(PyTorchShim):
    @contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        with use_averages(self._model, self.id, params):
            yield


def wrap(
    module: nn.Module, convert_inputs: Callable | None = None, convert_outputs: Callable | None = None
) -> Model[Any, Any]:
    """Return a Thinc layer of a module. Its weights are saved as safetensors, and averages of optimizers reach them."""
    layer = PyTorchWrapper_v3(module, convert_inputs, convert_outputs)
    layer.shims[:] = [_AveragedShim(module, serialize_model=_serialize, deserialize_model=_deserialize)]
    return layer


def wrap_rows(module: nn.Module) -> Model[list[Floats2d], Floats2d]:
    """Return a Thinc layer from lists of (words, width) to what a module makes of them.

    Args:
        module: Takes (all words, width) and the lengths of sequences, some of which may be 0.
    """
    return wrap(module, _convert_lists)


def wrap_encoder(module: nn.Module, width: int) -> Model[list[Floats2d], list[Floats2d]]:
    """Return a Thinc layer from lists of (words, width) to such lists.

    Args:
        module: Makes (all words, width) of such rows and of the lengths of sequences, some of which may be 0.
        width: Of both.
    """
    layer = wrap_rows(module)
    layer.set_dim("nI", width)
    layer.set_dim("nO", width)
    return Model("encoder", _forward, layers=[layer], dims={"nI": width, "nO": width})


def pad_rows(places: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return (sequences, words) to take padded sequences out of rows with, and the length of each.

    Args:
        places: Numbers of the rows of each sequence, at least one. The padding repeats row 0.
    """
    index = pad_sequence([torch.as_tensor(numbers) for numbers in places], batch_first=True)
    return index, torch.tensor([len(numbers) for numbers in places])


def pad_words(rows: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return (sequences, words, width), zeros behind the end of each, and lengths of at least 1.

    Args:
        rows: (all words, width).
        lengths: (sequences,). A sequence without words becomes one vector of zeros.
    """
    padded = pad_sequence(rows.split(lengths.tolist()), batch_first=True)
    missing = 0 if padded.shape[1] else 1
    return nn.functional.pad(padded, (0, 0, 0, missing)), lengths.clamp(min=1)


def mask_words(lengths: Tensor, longest: int) -> Tensor:
    """Return (sequences, words), bool: what is a word and no padding."""
    return torch.arange(longest, device=lengths.device) < lengths[:, None]


def _forward(model: Model, vectors: list[Floats2d], is_train: bool) -> tuple[list[Floats2d], Callable]:
    rows, backprop = model.layers[0](vectors, is_train)
    lengths = model.ops.asarray1i([len(vector) for vector in vectors])
    return model.ops.unflatten(rows, lengths), lambda d_outputs: backprop(model.ops.flatten(d_outputs))


def _convert_lists(model: Model, vectors: list[Floats2d], is_train: bool) -> tuple[ArgsKwargs, Callable]:
    lengths = model.ops.asarray1i([len(vector) for vector in vectors])
    rows = xp2torch(model.ops.flatten(vectors), requires_grad=is_train)
    words = torch.tensor([len(vector) for vector in vectors], dtype=torch.int64)

    def backprop(gradients: ArgsKwargs) -> list[Floats2d]:
        return model.ops.unflatten(cast(Floats2d, torch2xp(gradients.args[0])), lengths)

    return ArgsKwargs((rows, words), {}), backprop


def _serialize(module: nn.Module) -> bytes:
    return save({name: tensor.cpu().clone() for name, tensor in module.state_dict().items()})


def _deserialize(module: nn.Module, state: bytes, device: torch.device) -> nn.Module:
    module.load_state_dict(load(state))
    return module.to(device)
