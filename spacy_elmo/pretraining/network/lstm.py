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
from ...bilm.lstm import FORGET_BIAS, ProjectedLSTM
from ...bilm.model import BiLM, State
from ...util.threads import run_both
from .activations import mask_clipped, sigmoid_backward, tanh_backward

Masks = Sequence[Tensor]


class Weights(NamedTuple):
    """Parameters of a layer, or their gradients, shaped as in `ProjectedLSTM`."""

    input: Tensor
    bias: Tensor
    hidden: Tensor
    projection: Tensor | None = None


class Activations(NamedTuple):
    """What a layer computed, saved for the way back.

    Attributes:
        x: (steps, rows, projection size).
        gates: (steps, rows, 4 * hidden size), activated.
        h: (1 + steps, rows, projection size), the state before the window first. Without a projection it shares its
            memory with `gated`.
        c: (1 + steps, rows, hidden size), the state before the window first.
        tanh_c: (steps, rows, hidden size), of the cells.
        gated: (steps, rows, hidden size), tanh_c times the output gate.
    """

    x: Tensor
    gates: Tensor
    h: Tensor
    c: Tensor
    tanh_c: Tensor
    gated: Tensor


def run_window(model: BiLM, x: Tensor, state: State, masks: Masks | None = None) -> tuple[Tensor, State]:
    """Run both directions over a window. Gradients end at the state, which is where truncation is.

    Args:
        model: Whose LSTMs to run.
        x: (2, steps, rows, projection size), word vectors in the order each direction reads them.
        state: Before the window.
        masks: Layers + 1 of the shape of x, what each layer's input and the last output are multiplied by: dropout. A
            skip connection adds the input after dropout, as in bilm-tf. None for no dropout.

    Returns:
        (2, steps, rows, projection size), and the state after the window.
    """
    y, h, c = _Window.apply(model.config, masks, state, x, *_parameters(model))
    return y, State(h, c)


def _parameters(model: BiLM) -> list[Tensor]:
    """Return those of the forward direction's layers, then the backward's, of each layer in the order of `Weights`."""
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
        ctx: Any, config: BiLMConfig, masks: Masks | None, state: State, x: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        weights = _by_layer(config, parameters)
        y, h, c = torch.empty_like(x), torch.empty_like(state.h), torch.empty_like(state.c)
        saved: list[list[Activations]] = [[], []]

        def run_direction(direction: int) -> None:
            z = x[direction] if masks is None else x[direction] * masks[0][direction]
            for i, layer in enumerate(weights[direction]):
                found = _run_layer(config, layer, z, state.h[direction, i], state.c[direction, i])
                z = z + found.h[1:] if i and config.skip_connections else found.h[1:]
                z = z if masks is None else z * masks[i + 1][direction]
                h[direction, i], c[direction, i] = found.h[-1], found.c[-1]
                saved[direction].append(found)
            y[direction] = z

        run_both(run_direction, device=x.device)
        ctx.save_for_backward(*parameters)
        ctx.config, ctx.masks, ctx.saved = config, masks, saved
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
                di = _backward_layer(config, weights[direction][i], saved[direction].pop(), dz, outs[direction][i])
                dz = di.add_(dz) if i and config.skip_connections else di
                dz = dz if masks is None else dz.mul_(masks[i][direction])
            dx[direction] = dz

        run_both(backward_direction, device=dy.device)
        return (None, None, None, dx, *gradients)


def _run_layer(config: BiLMConfig, weights: Weights, x: Tensor, h: Tensor, c: Tensor) -> Activations:
    """Run a layer over x (steps, rows, projection size) from the state before the window, h and c (rows, size)."""
    steps, rows, _ = x.shape
    n = config.hidden_size
    bias = weights.bias.clone()
    bias[n : 2 * n] += FORGET_BIAS
    gates = torch.addmm(bias, x.flatten(0, 1), weights.input.T).view(steps, rows, 4 * n)
    hs, cs = (torch.cat([start[None], start.new_empty(steps, *start.shape)]) for start in (h, c))
    tanh_c = x.new_empty(steps, rows, n)
    gated = torch.empty_like(tanh_c) if weights.projection is not None else hs[1:]
    saved = Activations(x, gates, hs, cs, tanh_c, gated)
    for step in range(steps):
        gates[step].addmm_(hs[step], weights.hidden.T)
        _activate(config, saved, step)
        if weights.projection is not None:
            torch.mm(gated[step], weights.projection.T, out=hs[step + 1])
            if config.projection_clip is not None:
                hs[step + 1].clamp_(-config.projection_clip, config.projection_clip)
    return saved


def _activate(config: BiLMConfig, saved: Activations, step: int) -> None:
    """Go from gates before activation to the next cells and the gated output."""
    sigmoids, g = saved.gates[step].tensor_split([3 * config.hidden_size], dim=1)
    i, f, o = sigmoids.sigmoid_().chunk(3, dim=1)
    c = torch.mul(saved.c[step], f, out=saved.c[step + 1]).addcmul_(i, g.tanh_())
    if config.cell_clip is not None:
        c.clamp_(-config.cell_clip, config.cell_clip)
    torch.mul(torch.tanh(c, out=saved.tanh_c[step]), o, out=saved.gated[step])


def _backward_layer(config: BiLMConfig, weights: Weights, saved: Activations, dy: Tensor, out: Weights) -> Tensor:
    """Return the gradient of x from dy, that of h, and write the gradients of the weights to out."""
    dh = torch.empty_like(saved.h[1:])
    from_next, dc = torch.zeros_like(saved.h[0]), torch.zeros_like(saved.c[0])
    scratch = torch.empty_like(saved.gates[0])
    for step in reversed(range(len(dy))):
        dgated = torch.add(dy[step], from_next, out=dh[step])
        if weights.projection is not None:
            mask_clipped(dgated, saved.h[step + 1], config.projection_clip)
            dgated = dgated @ weights.projection
        _backward_cell(config, saved, step, dgated, dc, scratch)
        torch.mm(saved.gates[step], weights.hidden, out=from_next)
    dgates, x, before = (t.flatten(0, 1) for t in (saved.gates, saved.x, saved.h[:-1]))
    torch.mm(dgates.T, x, out=out.input)
    torch.mm(dgates.T, before, out=out.hidden)
    torch.sum(dgates, 0, out=out.bias)
    if out.projection is not None:
        torch.mm(dh.flatten(0, 1).T, saved.gated.flatten(0, 1), out=out.projection)
    return (dgates @ weights.input).view_as(saved.x)


def _backward_cell(
    config: BiLMConfig, saved: Activations, step: int, dgated: Tensor, dc: Tensor, scratch: Tensor
) -> None:
    """Go from the gradients of the gated output and of the cells after a step to those before it, the latter in dc,
    and overwrite the step's gates by their gradients before activation."""
    n = config.hidden_size
    gates, tanh_c = saved.gates[step], saved.tanh_c[step]
    (i, f, o, g), (di, df, do, dg) = gates.chunk(4, dim=1), scratch.chunk(4, dim=1)
    torch.mul(dgated, tanh_c, out=do)
    through_tanh = dgated * o
    tanh_backward(through_tanh, tanh_c, out=through_tanh)
    dc += through_tanh
    mask_clipped(dc, saved.c[step + 1], config.cell_clip)
    torch.mul(dc, g, out=di)
    torch.mul(dc, saved.c[step], out=df)
    torch.mul(dc, i, out=dg)
    dc *= f
    sigmoid_backward(scratch[:, : 3 * n], gates[:, : 3 * n], out=gates[:, : 3 * n])
    tanh_backward(dg, g, out=g)
