"""One direction of a biLM over lanes of sentences, for inference: the numbers of `ProjectedLSTM`, in place.

Layers advance together, block by block of a few steps, so that memory does not depend on the length of the text.
"""

from __future__ import annotations

from typing import Iterator, Sequence

import torch

from .kernels import Product
from .lanes import Lanes
from .lstm import ProjectedLSTM
from .types import Floats1d, Floats2d, Ints1d

BLOCK_ROWS = 256  # rows of a layer's input product


class Cell:
    """The products of one layer and the state that every sentence starts from.

    h: (1, projection size), c: (1, hidden size): the state after the opening marker.
    """

    def __init__(self, lstm: ProjectedLSTM, h: Floats2d, c: Floats2d):
        self.input = Product(lstm.input.weight)
        self.hidden = Product(lstm.hidden.weight)
        self.projection = Product(lstm.projection.weight) if lstm.projection is not None else None
        self.bias: Floats1d = lstm.gate_bias()
        self.cell_clip, self.projection_clip = lstm.config.cell_clip, lstm.config.projection_clip
        self.h, self.c = h, c

    @property
    def stepwise(self) -> list[Product]:
        """The products of every step, with few rows; the input's have enough for any kernel."""
        return [self.hidden] if self.projection is None else [self.hidden, self.projection]

    def project(self, gated: Floats2d, out: Floats2d) -> None:
        if self.projection is None:
            out.copy_(gated)
        elif self.projection_clip is None:
            out.copy_(self.projection(gated))
        else:
            torch.clamp(self.projection(gated), -self.projection_clip, self.projection_clip, out=out)


class Run:
    """The state of a cell on its way through lanes.

    h: (lanes, projection size), c: (lanes, hidden size), of the lanes that are still going.
    products: (rows, 4 * hidden size), a buffer for the input products of a block.
    """

    def __init__(self, cell: Cell, lanes: Lanes):
        self.cell = cell
        self.lanes = lanes
        n_lanes = lanes.sizes[0]
        self.h = cell.h.expand(n_lanes, -1)
        self.c = cell.c.repeat(n_lanes, 1)
        self.gated = torch.empty_like(self.c)
        self.products = torch.empty(max(BLOCK_ROWS, n_lanes), cell.bias.shape[0])

    def advance(self, products: Floats2d, steps: range) -> Floats2d:
        """Go on by some steps.

        products: (rows, 4 * hidden size), input products with bias of all rows of these steps; overwritten.
        RETURNS: (rows, projection size).
        """
        outputs = products.new_empty(products.shape[0], self.h.shape[1])
        row = 0
        for step in steps:
            size = self.lanes.sizes[step]
            rows = slice(row, row + size)
            if step in self.lanes.starts:
                self._restart(self.lanes.starts[step])
            gates = self.cell.hidden.add_to(products[rows], self.h[:size])
            self.cell.project(self._gate(gates), outputs[rows])
            self.h = outputs[rows]
            row += size
        return outputs

    def _restart(self, lanes: Ints1d) -> None:
        self.h = self.h.index_copy(0, lanes, self.cell.h.expand(len(lanes), -1))  # a copy: h is part of the output
        self.c.index_copy_(0, lanes, self.cell.c.expand(len(lanes), -1))

    def _gate(self, gates: Floats2d) -> Floats2d:
        """gates: (rows, 4 * hidden size) before activation, i, f, o, g. RETURNS: (rows, hidden size)."""
        rows, n = gates.shape[0], self.c.shape[1]
        c = self.c[:rows]
        i, f, o = gates[:, : 3 * n].sigmoid_().chunk(3, dim=1)
        g = gates[:, 3 * n :].tanh_()
        c.mul_(f).addcmul_(i, g)
        if self.cell.cell_clip is not None:
            c.clamp_(-self.cell.cell_clip, self.cell.cell_clip)
        return torch.tanh(c, out=self.gated[:rows]).mul_(o)


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
            products = run.cell.input.with_bias(run.cell.bias, x, run.products[: x.shape[0]])
            y = run.advance(products, steps)
            x = x + y if skip_connections else y
            _write(x, rows, output)


def _first_products(
    cell: Cell, vectors: Floats2d, ids: Ints1d, lanes: Lanes, max_rows: int, buffer: Floats2d
) -> Iterator[tuple[range, Floats2d]]:
    """Yield blocks of steps with the first layer's input products, computed once for each distinct word."""
    for section in lanes.blocks(range(len(lanes.sizes)), max_rows):
        distinct, numbers = torch.unique(ids[lanes.rows(section)], return_inverse=True)
        table = torch.empty(distinct.shape[0], cell.bias.shape[0])
        cell.input.with_bias(cell.bias, vectors[distinct], table)
        start = lanes.offsets[section.start]
        for steps in lanes.blocks(section, BLOCK_ROWS):
            rows = lanes.rows(steps)
            index = numbers[rows.start - start : rows.stop - start]
            yield steps, torch.index_select(table, 0, index, out=buffer[: index.shape[0]])


def _write(x: Floats2d, rows: Ints1d, outputs: Sequence[Floats2d]) -> None:
    for output in outputs:
        output[rows] = x
