"""`spacy-elmo.ScalarMix.v1`: the layers of a biLM into one vector, with weights that a task learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
from thinc.api import Model

from ..tokens.mix import Mix, check_mix, resolve_mix
from ..util.types import Floats1d, Floats2d, Floats3d

InT: TypeAlias = Sequence[Floats3d]
OutT: TypeAlias = list[Floats2d]
EPSILON = 1e-12  # of the layer norm, as bilm-tf


def build_scalar_mix(
    mix: Mix = "learned", dropout: float = 0.5, L2: float = 0.001, layer_norm: bool = False
) -> Model[InT, OutT]:
    """Build the mix gamma * sum_j s_j h_j of layers h_j (paper, equation 1). The task learns gamma, which starts at 1.

    Args:
        mix: "learned", for s = softmax(w) with w learned from zeros; or fixed: "average", "top", a layer number, or a
            weight of at least 0 for each layer, which sum to 1.
        dropout: Share of the numbers of the mixed vectors that are dropped in training (paper: 0.5).
        L2: Lambda of the term lambda * ||w||^2 in the loss of a word. 1 keeps the weights near the average, 0.001 lets
            them vary (paper, section 3.2). It decays nothing else.
        layer_norm: Give each vector of each layer mean 0 and variance 1 before it is weighted. Unlike in AllenNLP, each
            by itself, so that it does not depend on the batch.

    Returns:
        A list of (layers, words, width) to a list of (words, width).

    Raises:
        ValueError: For a setting out of range.
    """
    if mix != "learned":
        check_mix(mix)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout = {dropout!r}: must be at least 0 and below 1")
    if not L2 >= 0:
        raise ValueError(f"L2 = {L2!r}: must be at least 0")
    # "mix_dropout": every "dropout_rate" is overwritten by spaCy when a pipe is updated.
    return Model(
        "scalar_mix",
        forward,
        init=init,
        attrs={"mix": mix, "mix_dropout": dropout, "L2": L2, "layer_norm": layer_norm},
        dims={"nO": None, "layers": None},
        params={"gamma": None, **({"w": None} if mix == "learned" else {})},
    )


def init(model: Model[InT, OutT], X: InT | None = None, Y: OutT | None = None) -> None:
    """Set the parameters, which are the same for all tasks at the start. A mix that has them keeps them."""
    if X:
        set_dims(model, len(X[0]), X[0].shape[-1])
    if model.has_param("gamma") is None:
        model.set_param("gamma", model.ops.alloc1f(1) + 1)
    if model.has_param("w") is None:
        model.set_param("w", model.ops.alloc1f(model.get_dim("layers")))


def set_dims(model: Model[InT, OutT], n_layers: int, width: int) -> None:
    """Make a mix fit a biLM.

    Raises:
        ValueError: Where it was trained with another one.
    """
    for name, value in (("layers", n_layers), ("nO", width)):
        if model.has_param("gamma") and model.has_dim(name) and model.get_dim(name) != value:
            known = "layers" if name == "layers" else "numbers in a vector"
            raise ValueError(
                f"a mix for {model.get_dim(name)} {known} cannot mix {value}: "
                "train the component again with these weights, or give the pipeline the weights it was trained with"
            )
        model.set_dim(name, value, force=True)
    if model.attrs["mix"] != "learned":
        resolve_mix(model.attrs["mix"], n_layers)


def get_weights(model: Model[InT, OutT]) -> tuple[Floats1d, float]:
    """Return (layers,) the weights s, which sum to 1, and gamma."""
    ops: Any = model.ops
    if model.attrs["mix"] == "learned":
        s = ops.softmax(model.get_param("w"))
    else:
        s = ops.asarray1f(resolve_mix(model.attrs["mix"], model.get_dim("layers")))
    return s, float(model.get_param("gamma")[0])


def forward(model: Model[InT, OutT], X: InT, is_train: bool) -> tuple[OutT, Callable[[OutT], list[Floats3d]]]:
    """The gradient of w includes that of the L2 term, for each row, since spaCy's losses are sums over rows."""
    ops: Any = model.ops
    s, gamma = get_weights(model)
    layers = [ops.asarray3f(x, dtype="float32") for x in X]
    inverse_deviations: list[Any] = [None for _ in layers]
    if model.attrs["layer_norm"]:
        layers, inverse_deviations = map(list, zip(*map(_normalize, layers))) if layers else ([], [])
    sums = [_weighted_sum(h, s) for h in layers]
    masks = [_dropout_mask(model, total.shape) if is_train else 1.0 for total in sums]

    def backprop(d_outputs: OutT) -> list[Floats3d]:
        d_mixed = [ops.asarray2f(d) * mask for d, mask in zip(d_outputs, masks)]
        d_gamma = sum((d * total).sum() for d, total in zip(d_mixed, sums))
        model.inc_grad("gamma", ops.asarray1f([d_gamma]))
        if model.attrs["mix"] == "learned":
            d_s = gamma * sum((h * d).sum(axis=(1, 2)) for h, d in zip(layers, d_mixed))
            rows = sum(len(d) for d in d_mixed)
            d_w = s * (d_s - (s * d_s).sum()) + 2 * model.attrs["L2"] * rows * model.get_param("w")
            model.inc_grad("w", ops.asarray1f(d_w, dtype="float32"))
        d_layers = [gamma * s[:, None, None] * d for d in d_mixed]
        return [
            d if inverse is None else _backprop_normalize(d, h, inverse)
            for d, h, inverse in zip(d_layers, layers, inverse_deviations)
        ]

    return [gamma * total * mask for total, mask in zip(sums, masks)], backprop


def _weighted_sum(h: Floats3d, s: Floats1d) -> Floats2d:
    """Add up the layers in their order, so that a row's bits do not depend on the rows beside it."""
    total = h[0] * s[0]
    for layer, weight in zip(h[1:], s[1:]):
        total += layer * weight
    return total


def _dropout_mask(model: Model[InT, OutT], shape: tuple[int, ...]) -> Floats2d:
    return cast(Floats2d, model.ops.get_dropout_mask(shape, model.attrs["mix_dropout"]))


def _normalize(h: Floats3d) -> tuple[Floats3d, Floats3d]:
    """Return each vector with mean 0 and variance 1, those of zeros left so, and (..., 1), 1 / deviation."""
    centred = h - h.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return centred * inverse, inverse


def _backprop_normalize(d: Floats3d, normalized: Floats3d, inverse: Floats3d) -> Floats3d:
    d_centred = d - normalized * (d * normalized).mean(axis=-1, keepdims=True)
    return inverse * (d_centred - d_centred.mean(axis=-1, keepdims=True))
