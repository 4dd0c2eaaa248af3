"""One direction of a biLM over lanes of sentences, for inference: the numbers of `ProjectedLSTM`, in place.

Layers advance together, block by block of a few steps, so that memory does not depend on the length of the text.
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

import torch

from ..lstm import ProjectedLSTM
from ..types import Floats1d, Floats2d, Ints1d
from .kernels import Product
from .lanes import MAX_LANES, Lanes

BLOCK_ROWS = 256  # rows of a layer's input product
TABLE_ROOM = 256  # more distinct words than a buffer was first needed for; not touched, they take no memory


class Views(NamedTuple):
    """The buffers of some lanes, cut once: cutting is as slow as computing where layers are small.

    gates: (lanes, 4 * hidden size); sigmoids: i, f and o of them; c, gated: (lanes, hidden size).
    """

    gates: Floats2d
    sigmoids: Floats2d
    i: Floats2d
    f: Floats2d
    o: Floats2d
    g: Floats2d
    c: Floats2d
    gated: Floats2d


class Cell:
    """The products of one layer, its buffers, and the state that every sentence starts from.

    h: (1, projection size), c: (1, hidden size): the state after the opening marker.
    """

    def __init__(self, lstm: ProjectedLSTM, h: Floats2d, c: Floats2d):
        self.input = Product(lstm.input.weight)
        self.hidden = Product(lstm.hidden.weight)
        self.projection = Product(lstm.projection.weight) if lstm.projection is not None else None
        self.bias: Floats1d = lstm.gate_bias()
        self.cell_clip, self.projection_clip = lstm.config.cell_clip, lstm.config.projection_clip
        self.h, self.c = h, c
        n = lstm.config.hidden_size
        self._buffers = [torch.empty(MAX_LANES, width) for width in (4 * n, n, n)]
        self._views: dict[int, Views] = {}
        self._table = torch.empty(0)

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

    def table(self, n_words: int) -> Floats2d:
        """Return (words, 4 * hidden size), a buffer that is kept: new memory costs as much time as filling it."""
        if len(self._table) < n_words:
            self._table = torch.empty(0)
            self._table = torch.empty(n_words + TABLE_ROOM, self.bias.shape[0])
        return self._table[:n_words]

    def step(self, views: Views) -> None:
        """Go from gates before activation to the next cells and the gated output."""
        views.sigmoids.sigmoid_()
        views.g.tanh_()
        views.c.mul_(views.f).addcmul_(views.i, views.g)
        if self.cell_clip is not None:
            views.c.clamp_(-self.cell_clip, self.cell_clip)
        torch.tanh(views.c, out=views.gated).mul_(views.o)

    def project(self, gated: Floats2d, out: Floats2d) -> None:
        if self.projection is None:
            out.copy_(gated)
        elif self.projection_clip is None:
            out.copy_(self.projection(gated))
        else:
            torch.clamp(self.projection(gated), -self.projection_clip, self.projection_clip, out=out)


class Run:
    """The state of a cell on its way through lanes.

    h: (lanes, projection size), of the lanes that are still going; their cells are in the cell's buffers.
    products: (rows, 4 * hidden size), a buffer for the input products of a block.
    """

    def __init__(self, cell: Cell, lanes: Lanes):
        self.cell = cell
        self.lanes = lanes
        n_lanes = lanes.sizes[0]
        self.h = cell.h.expand(n_lanes, -1)
        cell.views(n_lanes).c.copy_(cell.c.expand(n_lanes, -1))
        self.products = torch.empty(max(BLOCK_ROWS, n_lanes), cell.bias.shape[0])

    def advance(self, products: Floats2d, steps: range) -> Floats2d:
        """Go on by some steps.

        products: (rows, 4 * hidden size), input products with bias of all rows of these steps.
        RETURNS: (rows, projection size).
        """
        outputs = torch.empty(products.shape[0], self.h.shape[1])
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

    def _restart(self, lanes: Ints1d, c: Floats2d) -> None:
        self.h = self.h.index_copy(0, lanes, self.cell.h.expand(len(lanes), -1))  # a copy: h is part of the output
        c.index_copy_(0, lanes, self.cell.c.expand(len(lanes), -1))


def run_direction(
    cells: Sequence[Cell],
    vectors: Floats2d,
    ids: Ints1d,
    lanes: Lanes,
    places: Ints1d,
    outputs: Sequence[Sequence[Floats2d]],
    *,
    skip_connections: bool,
    max_rows: int,
) -> None:
    """Run the layers of one direction.

    cells: from the first layer to the last that is needed.
    vectors: (distinct words, projection size); ids: (rows,), the word of each row.
    places: (rows,), where a row goes in the outputs.
    outputs: for each cell, the (words, projection size) to write to; none where its layer is not asked for.
    max_rows: rows for which the products of distinct words are kept at once.
    """
    if not cells:
        return
    runs = [Run(cell, lanes) for cell in cells]
    for steps, products in _first_products(cells[0], vectors, ids, lanes, max_rows, runs[0].products):
        rows = places[lanes.rows(steps)]
        x = runs[0].advance(products, steps)
        _write(x, rows, outputs[0])
        for run, output in zip(runs[1:], outputs[1:]):
            products = run.cell.input.add(run.cell.bias, x, run.products[: x.shape[0]])
            y = run.advance(products, steps)
            x = x + y if skip_connections else y
            _write(x, rows, output)


def _first_products(
    cell: Cell, vectors: Floats2d, ids: Ints1d, lanes: Lanes, max_rows: int, buffer: Floats2d
) -> Iterator[tuple[range, Floats2d]]:
    """Yield blocks of steps with the first layer's input products, computed once for each distinct word."""
    for section in lanes.blocks(range(len(lanes.sizes)), max_rows):
        distinct, numbers = torch.unique(ids[lanes.rows(section)], return_inverse=True)
        table = cell.input.add(cell.bias, vectors[distinct], cell.table(distinct.shape[0]))
        start = lanes.offsets[section.start]
        for steps in lanes.blocks(section, BLOCK_ROWS):
            rows = lanes.rows(steps)
            index = numbers[rows.start - start : rows.stop - start]
            yield steps, torch.index_select(table, 0, index, out=buffer[: index.shape[0]])


def _write(x: Floats2d, rows: Ints1d, outputs: Sequence[Floats2d]) -> None:
    for output in outputs:
        output[rows] = x
