"""The LSTMs of a biLM over a window of text, with truncated back-propagation through time written by hand.

The numbers and gradients of `ProjectedLSTM` under autograd, with less work: everything that does not wait for the step
before is one product over the whole window, activations are kept once and overwritten by their gradients, and each
direction has a thread of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...bilm.config import BiLMConfig
from ...bilm.lstm import ProjectedLSTM
from ...bilm.model import BiLM, State
from ...util.threads import run_both
from .activations import mask_clipped
from .cells import Activations, Cells, make_cells
from .products import add_product, product

Masks = Sequence[Tensor]


class Weights(NamedTuple):
    """Parameters of a layer, or their gradients, shaped as in `ProjectedLSTM`."""

    input: Tensor
    bias: Tensor
    hidden: Tensor
    projection: Tensor | None = None


def run_window(
    model: BiLM, x: Tensor, state: State, masks: Masks | None = None, *, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, State]:
    """Run both directions over a window. Gradients end at the state, which is where truncation is.

    Args:
        model: Whose LSTMs to run.
        x: (2, steps, rows, projection size), word vectors in the order each direction reads them.
        state: Before the window.
        masks: Layers + 1 of the shape of x, what each layer's input and the last output are multiplied by: dropout. A
            skip connection adds the input after dropout, as in bilm-tf. None for no dropout.
        dtype: Of what products multiply: float32 or bfloat16. Everything else is float32.

    Returns:
        (2, steps, rows, projection size), and the state after the window.
    """
    y, h, c = _Window.apply(model.config, masks, state, dtype, x, *window_parameters(model))
    return y, State(h, c)


def window_parameters(model: BiLM) -> list[Tensor]:
    """Return the parameters of the forward direction's layers, then the backward's, each layer's in the order of
    `Weights`."""
    found = []
    for lstm in (*model.forward_layers, *model.backward_layers):
        assert isinstance(lstm, ProjectedLSTM)
        found += [lstm.input.weight, lstm.input.bias, lstm.hidden.weight]
        found += [lstm.projection.weight] if lstm.projection is not None else []
    return found


def _by_layer(config: BiLMConfig, parameters: Sequence[Tensor]) -> list[list[Weights]]:
    """Return, for each direction, the weights of its layers."""
    size = 4 if config.lstm_projection else 3
    layers = [Weights(*parameters[i : i + size]) for i in range(0, len(parameters), size)]
    return [layers[: config.n_layers], layers[config.n_layers :]]


class _Window(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        config: BiLMConfig,
        masks: Masks | None,
        state: State,
        dtype: torch.dtype,
        x: Tensor,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        weights = _by_layer(config, parameters)
        y, h, c = torch.empty_like(x), torch.empty_like(state.h), torch.empty_like(state.c)
        saved: list[list[tuple[Activations, Cells]]] = [[], []]

        def run_direction(direction: int) -> None:
            z = x[direction] if masks is None else x[direction] * masks[0][direction]
            for i, layer in enumerate(weights[direction]):
                found, cells = _run_layer(config, layer, z, state.h[direction, i], state.c[direction, i], dtype)
                z = z + found.h[1:] if i and config.skip_connections else found.h[1:]
                z = z if masks is None else z * masks[i + 1][direction]
                h[direction, i], c[direction, i] = found.h[-1], found.c[-1]
                saved[direction].append((found, cells))
            y[direction] = z

        run_both(run_direction, device=x.device)
        ctx.save_for_backward(*parameters)
        ctx.config, ctx.masks, ctx.saved, ctx.dtype = config, masks, saved, dtype
        ctx.mark_non_differentiable(h, c)
        return y, h, c

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor, dh: None, dc: None) -> tuple[Tensor | None, ...]:
        config, masks, saved = ctx.config, ctx.masks, ctx.saved
        weights = _by_layer(config, ctx.saved_tensors)
        del ctx.saved  # overwritten below: a second time through must fail
        dx = torch.empty_like(dy)
        gradients = [torch.empty_like(parameter) for parameter in ctx.saved_tensors]
        outs = _by_layer(config, gradients)

        def backward_direction(direction: int) -> None:
            dz = dy[direction] if masks is None else dy[direction] * masks[-1][direction]
            for i in reversed(range(config.n_layers)):
                layer, out, (found, cells) = weights[direction][i], outs[direction][i], saved[direction].pop()
                di = _backward_layer(config, layer, found, cells, dz, out, ctx.dtype)
                dz = di.add_(dz) if i and config.skip_connections else di
                dz = dz if masks is None else dz.mul_(masks[i][direction])
            dx[direction] = dz

        run_both(backward_direction, device=dy.device)
        return (None, None, None, None, dx, *gradients)


def _run_layer(
    config: BiLMConfig, weights: Weights, x: Tensor, h: Tensor, c: Tensor, dtype: torch.dtype
) -> tuple[Activations, Cells]:
    """Run a layer over x (steps, rows, projection size) from the state before the window, h and c (rows, size)."""
    steps, rows, _ = x.shape
    n = config.hidden_size
    bias = weights.bias.clone()
    bias[n : 2 * n] += config.forget_bias
    gates = product(x.flatten(0, 1).to(dtype), weights.input.T.to(dtype)).view(steps, rows, 4 * n)
    hs, cs = (start.new_empty(1 + steps, *start.shape) for start in (h, c))
    hs[0], cs[0] = h, c
    tanh_c = x.new_empty(steps, rows, n)
    gated = hs[1:] if weights.projection is None else torch.empty_like(tanh_c)
    saved = Activations(x, gates, hs, cs, tanh_c, gated)
    cells = make_cells(config, saved, bias)
    hidden = weights.hidden.T.to(dtype)
    projection = None if weights.projection is None else weights.projection.T.to(dtype)
    for step in range(steps):
        add_product(gates[step], hs[step].to(dtype), hidden)
        cells.forward(step)
        if projection is not None:
            product(gated[step].to(dtype), projection, out=hs[step + 1])
            if config.projection_clip is not None:
                hs[step + 1].clamp_(-config.projection_clip, config.projection_clip)
    return saved, cells


def _backward_layer(
    config: BiLMConfig, weights: Weights, saved: Activations, cells: Cells, dy: Tensor, out: Weights, dtype: torch.dtype
) -> Tensor:
    """Return the gradient of x from dy, that of h, and write the gradients of the weights to out."""
    dh = torch.empty_like(saved.h[1:])
    from_next, dc = torch.zeros_like(saved.h[0]), torch.zeros_like(saved.c[0])
    hidden = weights.hidden.to(dtype)
    projection = None if weights.projection is None else weights.projection.to(dtype)
    d_gated = torch.empty_like(dc)
    for step in reversed(range(len(dy))):
        d_output = torch.add(dy[step], from_next, out=dh[step])
        if projection is None:
            cells.backward(step, d_output, dc)
        else:
            mask_clipped(d_output, saved.h[step + 1], config.projection_clip)
            cells.backward(step, product(d_output.to(dtype), projection, out=d_gated), dc)
        product(saved.gates[step].to(dtype), hidden, out=from_next)
    dgates, x, before = (t.flatten(0, 1).to(dtype) for t in (saved.gates, saved.x, saved.h[:-1]))
    product(dgates.T, x, out=out.input)
    product(dgates.T, before, out=out.hidden)
    torch.sum(saved.gates.flatten(0, 1), 0, out=out.bias)
    if out.projection is not None:
        product(dh.flatten(0, 1).T.to(dtype), saved.gated.flatten(0, 1).to(dtype), out=out.projection)
    return product(dgates, weights.input.to(dtype)).view_as(saved.x)
