"""One direction of a biLM over lanes of sentences, in one call of the kernel in C: the numbers of `ProjectedLSTM`."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..lstm import GATES, ProjectedLSTM
from .lanes import Lanes, pack
from .lstm import DirectedText
from .native import BLOCK, Kernel, Struct

BLOCK_ROWS = 128  # rows of a layer's input product
ROOM = 1.25  # a buffer that is too small grows to more than is needed; what is not touched takes no memory
INT, FLOAT, POINTER = ctypes.c_int64, ctypes.c_float, ctypes.c_void_p


class Layer(Struct):
    """As in native.c."""

    _fields_ = (
        *((name, POINTER) for name in ("input", "hidden", "projection", "bias", "h", "c")),
        ("cell_clip", FLOAT),
        ("projection_clip", FLOAT),
    )


class Text(Struct):
    """As in native.c."""

    _fields_ = (
        ("layers", POINTER),
        *((name, INT) for name in ("n_layers", "hidden_size", "projection_size", "skip_connections")),
        *((name, POINTER) for name in ("h", "c", "gated", "x", "products", "sums", "operands")),
        *((name, INT) for name in ("n_lanes", "block_rows")),
        *((name, POINTER) for name in ("vectors", "table")),
        ("n_table", INT),
        *((name, POINTER) for name in ("word_ids", "ids", "places", "sizes")),
        ("n_steps", INT),
        *((name, POINTER) for name in ("start_offsets", "start_lanes")),
        ("n_outputs", INT),
        *((name, POINTER) for name in ("output_layers", "outputs")),
        ("output_stride", INT),
    )


class Direction:
    """The layers of one direction, their state at the start of a sentence, and buffers.

    What a call reads of the buffers, it has written before.

    Args:
        kernel: What computes.
        lstms: `ProjectedLSTM`s, from the first layer on, at least one.
        markers: (words, projection size), which are read before every sentence, from a state of zeros.
        skip_connections: Whether layers after the first add their input to their output.
    """

    def __init__(self, kernel: Kernel, lstms: Iterable[nn.Module], markers: Tensor, *, skip_connections: bool):
        layers = [lstm for lstm in lstms if isinstance(lstm, ProjectedLSTM)]
        config = layers[0].config
        self.kernel = kernel
        self.n, self.p = config.hidden_size, config.projection_size
        self.gates = -(-self.n // kernel.width) * kernel.panel
        self.skip_connections = skip_connections
        self.h = torch.zeros(len(layers), kernel.padded(self.p), dtype=torch.float32)
        self.c = torch.zeros(len(layers), self.gates // len(GATES), dtype=torch.float32)
        self._buffers: dict[str, Tensor] = {}
        self._weights = [_pack(kernel, lstm) for lstm in layers]  # their memory is the layers'
        self._layers = (Layer * len(layers))(
            *(Layer(**weights, h=h, c=c) for weights, h, c in zip(self._weights, self.h, self.c))
        )
        self.after_markers = self._read_markers(markers)

    def run(self, n_layers: int, text: DirectedText, outputs: Sequence[tuple[int, Tensor]], *, max_rows: int) -> None:
        """Compute layers.

        Args:
            n_layers: How many, from the first on.
            text: What is read, at least one word.
            outputs: Layers, 0 for the words' vectors, and the (words, projection size) to write each to; all with the
                same strides, of which the last is 1.
            max_rows: Rows for which the products of distinct words are kept at once.
        """
        lanes, n_lanes = text.lanes, text.lanes.sizes[0]
        padded, cells = self.h.shape[1], self.c.shape[1]
        block_rows = max(BLOCK_ROWS, n_lanes)
        sizes, start_offsets, start_lanes = _as_arrays(lanes)
        h, c = self._buffer("h", n_layers, n_lanes, padded), self._buffer("c", n_layers, n_lanes, cells)
        h.copy_(self.h[:n_layers, None])
        c.copy_(self.c[:n_layers, None])
        vectors, word_ids, places = text.vectors.contiguous(), text.ids.contiguous(), text.places.contiguous()
        settings = Text(
            layers=ctypes.addressof(self._layers),
            n_layers=n_layers,
            hidden_size=self.n,
            projection_size=self.p,
            skip_connections=self.skip_connections,
            h=h,
            c=c,
            gated=self._buffer("gated", n_lanes, cells),
            x=self._buffer("x", block_rows, padded),
            products=self._buffer("products", block_rows, self.gates),
            sums=self._buffer("sums", n_lanes, self.kernel.panel),
            operands=self._operands(n_lanes),
            n_lanes=n_lanes,
            block_rows=block_rows,
            vectors=vectors,
            start_lanes=start_lanes,
            n_outputs=len(outputs),
            output_stride=outputs[0][1].stride(0) if outputs else 0,
        )
        layers = torch.tensor([layer for layer, _ in outputs], dtype=torch.int64)
        addresses = torch.tensor([output.data_ptr() for _, output in outputs], dtype=torch.int64)
        settings.output_layers, settings.outputs = layers.data_ptr(), addresses.data_ptr()
        for steps, table, ids in self._sections(n_layers, vectors, word_ids, lanes, max_rows):
            row = lanes.offsets[steps.start]
            settings.table, settings.n_table, settings.ids = table.data_ptr(), len(table), ids.data_ptr()
            settings.word_ids, settings.places = word_ids[row:].data_ptr(), places[row:].data_ptr()
            settings.sizes, settings.n_steps = sizes[steps.start :].data_ptr(), len(steps)
            settings.start_offsets = start_offsets[steps.start :].data_ptr()
            self.kernel.call("direction", settings)

    def _sections(
        self, n_layers: int, vectors: Tensor, word_ids: Tensor, lanes: Lanes, max_rows: int
    ) -> Iterator[tuple[range, Tensor, Tensor]]:
        """Yield steps, the first layer's input products of their distinct words, and the row of each word in these."""
        sections = list(lanes.blocks(range(len(lanes.sizes)), max_rows))
        for steps in sections:
            x, ids = vectors, word_ids
            if len(sections) > 1:
                distinct, ids = torch.unique(word_ids[lanes.rows(steps)], return_inverse=True)
                x = vectors[distinct]
            table = self._buffer("table", len(x), self.gates)
            if n_layers:
                weights = self._weights[0]
                weight, bias, memory = weights["input"], weights["bias"], self._operands(BLOCK)
                self.kernel.call("linear", table, x, len(x), self.p, weight, bias, self.gates, memory)
            yield steps, table, ids

    def _read_markers(self, markers: Tensor) -> Tensor:
        """Make what the markers leave the state at the start, and return the numbers of it."""
        n_words, n_layers = len(markers), len(self._layers)
        places = torch.arange(n_words)
        outputs = torch.empty(n_layers, n_words, self.p, dtype=torch.float32)
        text = DirectedText(markers, places, pack([n_words]), places)
        self.run(n_layers, text, list(enumerate(outputs, start=1)), max_rows=n_words)
        self.h.copy_(self._buffers["h"][: self.h.numel()].view_as(self.h))
        self.c.copy_(self._buffers["c"][: self.c.numel()].view_as(self.c))
        return torch.cat([outputs.flatten(), self.c.flatten()])

    def _operands(self, rows: int) -> Tensor:
        return self._buffer("operands", max(rows, BLOCK), self.kernel.units(max(self.n, self.p)))

    def _buffer(self, name: str, *shape: int) -> Tensor:
        """Return memory that is kept: new memory costs as much time as filling it."""
        size = int(np.prod(shape))
        if name not in self._buffers or len(self._buffers[name]) < size:
            self._buffers.pop(name, None)
            self._buffers[name] = torch.empty(int(size * ROOM), dtype=torch.float32)
        return self._buffers[name][:size].view(shape)


def _pack(kernel: Kernel, lstm: ProjectedLSTM) -> dict[str, object]:
    infinite = float("inf")
    return {
        "input": kernel.pack(lstm.input.weight.detach(), parts=len(GATES)),
        "hidden": kernel.pack(lstm.hidden.weight.detach(), parts=len(GATES)),
        "projection": None if lstm.projection is None else kernel.pack(lstm.projection.weight.detach()),
        "bias": kernel.pack_bias(lstm.gate_bias().detach(), parts=len(GATES)),
        "cell_clip": infinite if lstm.config.cell_clip is None else lstm.config.cell_clip,
        "projection_clip": infinite if lstm.config.projection_clip is None else lstm.config.projection_clip,
    }


def _as_arrays(lanes: Lanes) -> tuple[Tensor, Tensor, Tensor]:
    """Return the number of lanes of each step, (steps + 1,) where its starts begin, and the lanes of all starts."""
    counts = np.zeros(len(lanes.sizes) + 1, dtype=np.int64)
    counts[[step + 1 for step in lanes.starts]] = [len(group) for group in lanes.starts.values()]
    starts = torch.cat([*lanes.starts.values()]) if lanes.starts else torch.empty(0, dtype=torch.int64)
    return torch.tensor(lanes.sizes, dtype=torch.int64), torch.from_numpy(counts.cumsum()), starts
