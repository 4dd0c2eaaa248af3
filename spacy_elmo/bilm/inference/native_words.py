"""The character CNN by the kernel in C: the numbers of `CharacterEncoder`."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...util.threads import run_both
from ..word_encoder import CharacterEncoder, stacked_filters
from .native import Kernel, Struct
from .native_lstm import INT, POINTER

BLOCK_WORDS = 64  # words that go through a layer at once
FEW_WORDS = 8  # not worth two threads


class Highway(Struct):
    """As in native.c."""

    _fields_ = tuple((name, POINTER) for name in ("carry", "carry_bias", "transform", "transform_bias"))


class CharacterCNN(Struct):
    """As in native.c."""

    _fields_ = (
        *((name, POINTER) for name in ("characters", "filters", "bias", "widths")),
        *((name, INT) for name in ("size", "window", "max_characters", "n_filters", "uses_tanh")),
        ("highways", POINTER),
        ("n_highways", INT),
        *((name, POINTER) for name in ("projection", "projection_bias")),
        *((name, INT) for name in ("width", "padding")),
    )


class Words(Struct):
    """As in native.c."""

    _fields_ = (
        *((name, POINTER) for name in ("ids", "lengths")),
        *((name, INT) for name in ("n_words", "stride", "block_words")),
        *((name, POINTER) for name in ("x", "sums", "a", "b", "c", "out")),
    )


class NativeCNN:
    """The character CNN.

    Args:
        kernel: What computes.
        encoder: The character CNN.
        width: Numbers in a word vector.
    """

    def __init__(self, kernel: Kernel, encoder: CharacterEncoder, *, width: int):
        config = encoder.config
        self.kernel, self.config, self.width = kernel, config, width
        self.spelling = encoder.spelling
        self.window = max(size for size, _ in config.filters)
        filters, bias = stacked_filters(encoder)
        widths = torch.cat([torch.full((n,), size, dtype=torch.int32) for size, n in config.filters])
        padded = kernel.padded(config.n_filters)
        parameters = {name: parameter.detach() for name, parameter in encoder.named_parameters()}
        tensors = {
            "characters": F.pad(parameters["embedding.weight"], (0, 0, 1, 0)).contiguous(),
            "filters": kernel.pack(filters.detach()),
            "bias": kernel.pack_bias(bias.detach()),
            "widths": F.pad(widths, (0, padded - len(widths)), value=1),
        }

        def add_linear(to: dict[str, Tensor], name: str, key: str) -> None:
            to[name] = kernel.pack(parameters[f"{key}.weight"])
            to[f"{name}_bias"] = kernel.pack_bias(parameters[f"{key}.bias"])

        if config.projection:
            add_linear(tensors, "projection", "projection")
        highways: list[dict[str, Tensor]] = [{} for _ in range(config.n_highway)]
        for i, highway in enumerate(highways):
            add_linear(highway, "carry", f"highways.{i}.carry")
            add_linear(highway, "transform", f"highways.{i}.transform")
        self._highways = (Highway * len(highways))(*(Highway(**highway) for highway in highways))
        self._tensors = tensors, highways  # their memory is the structures'
        self._cnn = CharacterCNN(
            **tensors,
            size=config.embedding_size,
            window=self.window,
            max_characters=config.max_characters,
            n_filters=config.n_filters,
            uses_tanh=config.activation == "tanh",
            highways=ctypes.addressof(self._highways),
            n_highways=len(highways),
            width=width,
            padding=encoder.spelling.pad,
        )

    def __call__(self, words: Sequence[str]) -> Tensor:
        """Return (words, width), the vectors of words."""
        ids, lengths = map(torch.from_numpy, self.spelling(words, self.config.max_characters))
        vectors = torch.empty(len(words), self.width, dtype=torch.float32)
        half = len(words) // 2 if len(words) >= FEW_WORDS else len(words)

        def encode_half(worker: int) -> None:
            part = slice(half, None) if worker else slice(half)
            self._encode(ids[part], lengths[part], vectors[part])

        if half < len(words):
            run_both(encode_half)
        else:
            encode_half(0)
        return vectors

    def _encode(self, ids: Tensor, lengths: Tensor, out: Tensor) -> None:
        block, longest = min(BLOCK_WORDS, len(ids)), self.config.max_characters
        widest = max(self.kernel.padded(self.config.n_filters), self.kernel.padded(self.width))
        shapes = dict.fromkeys(("a", "b", "c"), (block, widest))
        shapes["x"] = (block * (longest + self.window), self.config.embedding_size)
        shapes["sums"] = (longest, self.kernel.panel)
        buffers = {name: torch.empty(shape, dtype=torch.float32) for name, shape in shapes.items()}
        sizes = {"n_words": len(ids), "stride": ids.shape[1], "block_words": block}
        self.kernel.call("characters", self._cnn, Words(ids=ids, lengths=lengths, out=out, **sizes, **buffers))


class NativeLinear:
    """A linear layer.

    Args:
        kernel: What computes.
        linear: The layer.
    """

    def __init__(self, kernel: Kernel, linear: nn.Linear):
        self.kernel, self.width = kernel, linear.out_features
        self.weight, self.bias = kernel.pack(linear.weight.detach()), kernel.pack_bias(linear.bias.detach())

    def __call__(self, x: Tensor) -> Tensor:
        """Return (rows, outputs) for (rows, inputs)."""
        x = x.contiguous()
        y = torch.empty(len(self.weight), len(x), self.kernel.panel, dtype=torch.float32)
        self.kernel.call("linear", y, x, len(x), x.shape[1], self.weight, self.bias, self.width)
        return y.transpose(0, 1).flatten(1)[:, : self.width].contiguous()
