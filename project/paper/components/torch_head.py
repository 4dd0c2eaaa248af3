"""Modules of PyTorch over sequences of vectors, as Thinc layers: an encoder, and heads that classify Docs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import spacy
import srsly
import torch
from safetensors.torch import load, save
from spacy.tokens import Doc
from thinc.api import Model, PyTorchShim, chain, torch2xp, xp2torch
from thinc.types import ArgsKwargs
from thinc.util import get_torch_default_device
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from spacy_elmo.util.types import Floats2d

Make: TypeAlias = Callable[[int, int], nn.Module]  # by the width of vectors and the number of classes
Words: TypeAlias = Model[Sequence[Doc], list[Floats2d]]
Classifier: TypeAlias = Model[Sequence[Doc], Floats2d]


class SequenceShim(PyTorchShim):
    """Thinc's access to a module that is made once its sizes are known, and is stored without pickles.

    Args:
        make: Makes the module.
    """

    def __init__(self, make: Make):
        super().__init__(None)
        self._make = make
        self._sizes: list[int] = []

    def build(self, n_in: int, n_out: int) -> None:
        """Make the module for vectors of a width and a number of classes."""
        self._sizes = [n_in, n_out]
        self._model = self._make(n_in, n_out).to(get_torch_default_device())

    def to_bytes(self) -> bytes:
        """Return sizes and parameters; no parameters before `build`."""
        state = {name: tensor.cpu().clone() for name, tensor in self._model.state_dict().items()} if self._sizes else {}
        data: bytes = srsly.msgpack_dumps({"sizes": self._sizes, "state": save(state)})
        return data

    def from_bytes(self, bytes_data: bytes) -> SequenceShim:
        """Load what `to_bytes` returned."""
        given = srsly.msgpack_loads(bytes_data)
        if given["sizes"]:
            self.build(*given["sizes"])
            self._model.load_state_dict(load(given["state"]))
        return self


@spacy.registry.architectures("spacy-elmo-paper.BiLSTMEncoder.v1")
def build_encoder(width: int) -> Model[list[Floats2d], list[Floats2d]]:
    """Build a bidirectional LSTM of one layer, for `encode` of a `spacy-elmo.ElmoTok2Vec.v1`.

    Unlike that of `spacy.TorchBiLSTMEncoder.v1`, its backward direction begins at the end of each sequence, and not in
    the padding behind it, so that no output depends on the other sequences of the batch.

    Args:
        width: Of what it reads, and of what it returns; an even number.

    Raises:
        ValueError: The width is odd.
    """
    if width % 2:
        raise ValueError(f"width = {width}: must be even, since each direction has half of it")
    shim = SequenceShim(_make_encoder)
    shim.build(width, width)
    return Model("bilstm_encoder", _encode, shims=[shim], dims={"nI": width, "nO": width})


def _make_encoder(n_in: int, n_out: int) -> nn.Module:
    return BiLSTM(n_in, n_out // 2)


def _encode(
    model: Model[list[Floats2d], list[Floats2d]], X: list[Floats2d], is_train: bool
) -> tuple[list[Floats2d], Callable[[list[Floats2d]], list[Floats2d]]]:
    Y, backprop_padded = _run(model, X, is_train)

    def backprop(d_outputs: list[Floats2d]) -> list[Floats2d]:
        return backprop_padded(_pad(model, d_outputs, model.get_dim("nO")))

    return _unpad(Y, X), backprop


def build_classifier(name: str, tok2vec: Words, make: Make, nO: int | None) -> Classifier:
    """Build a classifier for spaCy's `textcat`: exclusive classes.

    Args:
        name: Of the head.
        tok2vec: Docs to sequences of vectors.
        make: Makes the module: (sequences, longest, width), zeros behind the end of each, and (sequences,) their
            lengths, of at least 1, to (Docs, classes).
        nO: Number of classes; None until it is known from examples.
    """
    head: Model[list[Floats2d], Floats2d] = Model(
        name, _classify, init=_init, shims=[SequenceShim(make)], dims={"nI": None, "nO": nO}
    )
    model = cast(Classifier, chain(tok2vec, head))
    model.set_ref("tok2vec", tok2vec)
    return model


def _init(model: Model[list[Floats2d], Floats2d], X: list[Floats2d] | None = None, Y: Any = None) -> None:
    if X is not None and Y is not None:
        model.set_dim("nI", X[0].shape[1])
        model.set_dim("nO", Y.shape[1])
        cast(SequenceShim, model.shims[0]).build(model.get_dim("nI"), model.get_dim("nO"))


def _classify(
    model: Model[list[Floats2d], Floats2d], X: list[Floats2d], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], list[Floats2d]]]:
    """Return the probability of each class.

    The gradient that comes back is that of the logits: textcat hands over scores less truths, which is the gradient of
    the cross entropy by them.
    """
    logits, backprop = _run(model, X, is_train)
    return cast(Floats2d, model.ops.softmax(logits)), backprop


def _run(model: Model, X: list[Floats2d], is_train: bool) -> tuple[Any, Callable[[Any], list[Floats2d]]]:
    """Return what the module makes of sequences, and what gives their gradients."""
    shim = cast(SequenceShim, model.shims[0])
    given = xp2torch(_pad(model, X, model.get_dim("nI")), requires_grad=is_train, device=shim.device)
    lengths = torch.tensor([max(len(x), 1) for x in X])
    Y, backprop_torch = shim(ArgsKwargs((given, lengths), {}), is_train)

    def backprop(dY: Any) -> list[Floats2d]:
        d_torch = xp2torch(model.ops.asarray(dY, dtype="float32"), device=shim.device)
        d_given = backprop_torch(ArgsKwargs(((Y,),), {"grad_tensors": d_torch})).args[0]
        return _unpad(torch2xp(d_given), X)

    return torch2xp(Y.detach()), backprop


def _pad(model: Model, X: list[Floats2d], width: int) -> Any:
    """Return (sequences, longest, width), zeros behind the end of each. An empty one is as one vector of zeros."""
    padded: Any = model.ops.alloc3f(len(X), max(1, *map(len, X)), width)
    for row, x in zip(padded, X):
        row[: len(x)] = x
    return padded


def _unpad(padded: Any, X: list[Floats2d]) -> list[Floats2d]:
    return [row[: len(x)] for row, x in zip(padded, X)]


class BiLSTM(nn.Module):
    """A bidirectional LSTM of one layer over sequences with padding.

    Args:
        n_in: Width of what it reads.
        hidden: Width of each direction.
    """

    def __init__(self, n_in: int, hidden: int):
        super().__init__()
        self.lstm = nn.LSTM(n_in, hidden, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return (sequences, longest, 2 * hidden), zeros behind the end of each."""
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])[0]


def make_mask(x: Tensor, lengths: Tensor) -> Tensor:
    """Return (sequences, longest), whether there is a vector, and no padding."""
    return torch.arange(x.shape[1], device=x.device) < lengths.to(x.device)[:, None]


def attend(queries: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
    """Return, for each query, the sum of keys, weighted by the softmax of their products with it.

    Args:
        queries: (sequences, n, width).
        keys: (sequences, m, width).
        mask: (sequences, m), which keys there are.
    """
    weights = (queries @ keys.transpose(1, 2)).masked_fill(~mask[:, None], -torch.inf).softmax(2)
    return weights @ keys


def pool_max(x: Tensor, mask: Tensor) -> Tensor:
    """Return (sequences, width), the largest number in each place."""
    return x.masked_fill(~mask[:, :, None], -torch.inf).amax(1)


def pool_mean(x: Tensor, mask: Tensor) -> Tensor:
    """Return (sequences, width), the mean over vectors."""
    return (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
