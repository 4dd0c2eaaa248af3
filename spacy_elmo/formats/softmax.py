"""The softmax of a language model as tensors of a file: floats, or weights of 8 bits with a scale a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..util.files import WeightsError
from .pretrained import DTYPES, Head, Tensors, check_finite, check_tensors, in_type

INT8 = "int8"
HIGHEST = 127  # of the weights of 8 bits
SCALE_BITS = 16  # with 7 of a weight, their product is exact, and so is another time through `pack_head`


def pack_head(head: Head, dtype: str) -> dict[str, Tensor]:
    """Return the tensors that a file keeps of a softmax.

    Args:
        head: The softmax.
        dtype: "float32" or "float16" for weight and bias. "int8" for weights of 8 bits, each row times its `scale`
            (words,); scales and bias are float32 then.

    Raises:
        ValueError: The type is another.
    """
    if dtype not in (*DTYPES, INT8):
        raise ValueError(f"head dtype = {dtype!r}: must be one of {', '.join((*DTYPES, INT8))}")
    if dtype != INT8:
        return in_type({"weight": head.weight, "bias": head.bias}, dtype)
    weight, scale = _quantize(head.weight.detach().cpu())
    return {"weight": weight, "scale": scale, **in_type({"bias": head.bias}, "float32")}


def unpack_head(words: Sequence[str], tensors: Tensors, width: int, *, source: Path | str) -> Head:
    """Return the softmax that `pack_head` made tensors of, in float32.

    Args:
        words: Its words.
        tensors: What a file has.
        width: Of the vectors.
        source: Where they come from, for messages.

    Raises:
        WeightsError: Where these are not exactly the finite tensors that are needed.
    """
    shapes: dict[str, tuple[int, ...]] = {"weight": (len(words), width), "bias": (len(words),)}
    if "weight" not in tensors or tensors["weight"].dtype != torch.int8:
        check_tensors(tensors, shapes, source=source)
        return Head(tuple(words), tensors["weight"].float(), tensors["bias"].float())
    check_tensors(tensors, shapes | {"scale": (len(words),)}, source=source, int8=("weight",))
    scale = tensors["scale"].float()
    if not (scale > 0).all():
        raise WeightsError(f"{source}: scale has values that are not above 0; copy or convert the model again")
    weight = tensors["weight"].float().mul_(scale[:, None])
    check_finite("weight times scale", weight, source=source)
    return Head(tuple(words), weight, tensors["bias"].float())


def lossless_head_dtype(head: Head) -> str:
    """Return the smallest type that keeps all numbers of a softmax; "int8" and "float16" for those stored so."""
    weight, scale = _quantize(head.weight)
    if torch.equal(weight.float().mul_(scale[:, None]), head.weight):
        return INT8
    return "float16" if all(torch.equal(t.half().to(t.dtype), t) for t in (head.weight, head.bias)) else "float32"


def _quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights of 8 bits, and the scale of each row."""
    mantissa, exponent = torch.frexp(weight.abs().amax(dim=1) / HIGHEST)
    scale = torch.ldexp((mantissa * 2**SCALE_BITS).ceil() / 2**SCALE_BITS, exponent)
    scale[scale == 0] = 1  # a row of zeros
    return (weight / scale[:, None]).round().clamp(-HIGHEST, HIGHEST).to(torch.int8), scale
