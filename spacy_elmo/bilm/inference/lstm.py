"""One direction of a biLM over lanes of sentences, for inference: the numbers of `ProjectedLSTM`, in place.

Layers advance together, block by block of a few steps, so that memory does not depend on the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..lstm import ProjectedLSTM
from .kernels import Product
from .lanes import MAX_LANES, Lanes

BLOCK_ROWS = 256  # rows of a layer's input product
TABLE_ROOM = 256  # more distinct words than a buffer was first needed for; not touched, they take no memory


class Views(NamedTuple):
    """The buffers of some lanes, cut once: cutting is as slow as computing where layers are small.

    `gates` is (lanes, 4 * hidden size), `sigmoids` has i, f and o of them, `c` and `gated` are (lanes, hidden size).
    """

    gates: Tensor
    sigmoids: Tensor
    i: Tensor
    f: Tensor
    o: Tensor
    g: Tensor
    c: Tensor
    gated: Tensor


class Cell:
    """The products of one layer, its buffers, and the state that every sentence starts from.

    Args:
        lstm: The layer.
        h: (1, projection size), after the opening marker.
        c: (1, hidden size), after the opening marker.
        precision: As of `Encoder`.
    """

    def __init__(self, lstm: ProjectedLSTM, h: Tensor, c: Tensor, precision: str = "float32"):
        self.input = Product(lstm.input.weight, precision)
        self.hidden = Product(lstm.hidden.weight, precision)
        self.projection = Product(lstm.projection.weight, precision) if lstm.projection is not None else None
        self.bias: Tensor = lstm.gate_bias()
        self.cell_clip, self.projection_clip = lstm.config.cell_clip, lstm.config.projection_clip
        self.h, self.c = h, c
        n = lstm.config.hidden_size
        self._buffers = [self.bias.new_empty(MAX_LANES, width) for width in (4 * n, n, n)]
        self._views: dict[int, Views] = {}
        self._table = self.bias.new_empty(0)

    @property
    def stepwise(self) -> list[Product]:
        """The products of every step, with few rows; the input's have enough for any kernel."""
        return [self.hidden] if self.projection is None else [self.hidden, self.projection]

    def views(self, n_lanes: int) -> Views:
        """Return the buffers of the first lanes."""
        if n_lanes not in self._views:
            gates, c, gated = (buffer[:n_lanes] for buffer in self._buffers)
            sigmoids, g = gates.tensor_split([3 * c.shape[1]], dim=1)
            i, f, o = sigmoids.chunk(3, dim=1)
            self._views[n_lanes] = Views(gates, sigmoids, i, f, o, g, c, gated)
        return self._views[n_lanes]

    def table(self, n_words: int) -> Tensor:
        """Return (words, 4 * hidden size), a buffer that is kept: new memory costs as much time as filling it."""
        if len(self._table) < n_words:
            self._table = self.bias.new_empty(0)
            self._table = self.bias.new_empty(n_words + TABLE_ROOM, self.bias.shape[0])
        return self._table[:n_words]

    def step(self, views: Views) -> None:
        """Go from gates before activation to the next cells and the gated output."""
        views.sigmoids.sigmoid_()
        views.g.tanh_()
        views.c.mul_(views.f).addcmul_(views.i, views.g)
        if self.cell_clip is not None:
            views.c.clamp_(-self.cell_clip, self.cell_clip)
        torch.tanh(views.c, out=views.gated).mul_(views.o)

    def project(self, gated: Tensor, out: Tensor) -> None:
        """Put (lanes, projection size), projected and clipped, into out."""
        if self.projection is None:
            out.copy_(gated)
        elif self.projection_clip is None:
            out.copy_(self.projection(gated))
        else:
            torch.clamp(self.projection(gated), -self.projection_clip, self.projection_clip, out=out)


class Run:
    """The state of a cell on its way through lanes.

    Attributes:
        h: (lanes, projection size), of the lanes that are still going; their cells are in the cell's buffers.
        products: (rows, 4 * hidden size), a buffer for the input products of a block.
    """

    def __init__(self, cell: Cell, lanes: Lanes):
        self.cell = cell
        self.lanes = lanes
        n_lanes = lanes.sizes[0]
        self.h = cell.h.expand(n_lanes, -1)
        cell.views(n_lanes).c.copy_(cell.c.expand(n_lanes, -1))
        self.products = cell.bias.new_empty(max(BLOCK_ROWS, n_lanes), cell.bias.shape[0])

    def advance(self, products: Tensor, steps: range) -> Tensor:
        """Go on by some steps, and return (rows, projection size).

        Args:
            products: (rows, 4 * hidden size), input products with bias of all rows of these steps.
            steps: Consecutive steps.
        """
        outputs = products.new_empty(products.shape[0], self.h.shape[1])
        sizes = self.lanes.sizes[steps.start : steps.stop]
        for step, size, product, output in zip(steps, sizes, products.split(sizes), outputs.split(sizes)):
            views = self.cell.views(size)
            if step in self.lanes.starts:
                self._restart(self.lanes.starts[step], views.c)
            h = self.h if self.h.shape[0] == size else self.h[:size]
            self.cell.hidden.add(product, h, views.gates)
            self.cell.step(views)
            self.cell.project(views.gated, output)
            self.h = output
        return outputs

    def _restart(self, lanes: Tensor, c: Tensor) -> None:
        self.h = self.h.index_copy(0, lanes, self.cell.h.expand(len(lanes), -1))  # a copy: h is part of the output
        c.index_copy_(0, lanes, self.cell.c.expand(len(lanes), -1))


class DirectedText(NamedTuple):
    """What one direction reads.

    Attributes:
        vectors: (distinct words, projection size).
        ids: (rows,), the word of each row.
        lanes: The order of the rows.
        places: (rows,), where a row goes in the outputs.
    """

    vectors: Tensor
    ids: Tensor
    lanes: Lanes
    places: Tensor


def run_direction(
    cells: Sequence[Cell],
    text: DirectedText,
    outputs: Sequence[Sequence[Tensor]],
    *,
    skip_connections: bool,
    max_rows: int,
) -> None:
    """Run the layers of one direction.

    Args:
        cells: From the first layer to the last that is needed.
        text: What is read.
        outputs: For each cell, the (words, projection size) to write to; none where its layer is not asked for.
        skip_connections: Whether layers after the first add their input to their output.
        max_rows: Rows for which the products of distinct words are kept at once.
    """
    if not cells:
        return
    runs = [Run(cell, text.lanes) for cell in cells]
    for steps, products in _first_products(cells[0], text, max_rows, runs[0].products):
        rows = text.places[text.lanes.rows(steps)]
        x = runs[0].advance(products, steps)
        _write(x, rows, outputs[0])
        for run, output in zip(runs[1:], outputs[1:]):
            products = run.cell.input.add(run.cell.bias, x, run.products[: x.shape[0]])
            y = run.advance(products, steps)
            x = x + y if skip_connections else y
            _write(x, rows, output)


def _first_products(
    cell: Cell, text: DirectedText, max_rows: int, buffer: Tensor
) -> Iterator[tuple[range, Tensor]]:
    """Yield blocks of steps with the first layer's input products, computed once for each distinct word."""
    lanes = text.lanes
    for section in lanes.blocks(range(len(lanes.sizes)), max_rows):
        distinct, ids = torch.unique(text.ids[lanes.rows(section)], return_inverse=True)
        table = cell.input.add(cell.bias, text.vectors[distinct], cell.table(distinct.shape[0]))
        start = lanes.offsets[section.start]
        for steps in lanes.blocks(section, BLOCK_ROWS):
            rows = lanes.rows(steps)
            index = ids[rows.start - start : rows.stop - start]
            yield steps, torch.index_select(table, 0, index, out=buffer[: index.shape[0]])


def _write(x: Tensor, rows: Tensor, outputs: Sequence[Tensor]) -> None:
    for output in outputs:
        output[rows] = x
