"""The LSTMs of a biLM over a window of text, with truncated back-propagation through time written by hand.

The numbers and gradients of `ProjectedLSTM` under autograd, with less work: everything that does not wait for the step
before is one product over the whole window, activations are kept once and overwritten by their gradients, and each
direction has a thread of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

import torch
from torch.autograd.function import once_differentiable

from ...bilm.config import BiLMConfig
from ...bilm.lstm import FORGET_BIAS, ProjectedLSTM
from ...bilm.model import BiLM, State
from ...bilm.types import Floats1d, Floats2d, Floats3d, Floats4d
from ...util.threads import run_both

aten = torch.ops.aten
Masks = Sequence[Floats4d]


class Weights(NamedTuple):
    """Parameters of a layer, or their gradients, shaped as in `ProjectedLSTM`."""

    input: Floats2d
    bias: Floats1d
    hidden: Floats2d
    projection: Floats2d | None = None


class Tape(NamedTuple):
    """What a layer did, for the way back.

    x: (steps, rows, projection size); gates: (steps, rows, 4 * hidden size), activated.
    h, c: (1 + steps, rows, size), the state before the window first; without a projection, h is `gated`.
    tanh_c, gated: (steps, rows, hidden size), of the cells, and times the output gate.
    """

    x: Floats3d
    gates: Floats3d
    h: Floats3d
    c: Floats3d
    tanh_c: Floats3d
    gated: Floats3d


def run_window(model: BiLM, x: Floats4d, state: State, masks: Masks | None = None) -> tuple[Floats4d, State]:
    """Run both directions over a window. Gradients end at the state, which is where truncation is.

    x: (2, steps, rows, projection size), word vectors in the order each direction reads them.
    state: before the window.
    masks: layers + 1 of the shape of x, what each layer's input and the last output are multiplied by: dropout. A skip
        connection adds the input after dropout, as in bilm-tf. None for no dropout.
    RETURNS: (2, steps, rows, projection size) and the state after the window.
    """
    y, h, c = _Window.apply(model.config, masks, state, x, *_parameters(model))
    return y, State(h, c)


def _parameters(model: BiLM) -> list[torch.Tensor]:
    """RETURNS: of the forward direction's layers, then the backward's, those of a layer in the order of `Weights`."""
    found = []
    for lstm in (*model.forward_layers, *model.backward_layers):
        assert isinstance(lstm, ProjectedLSTM)
        found += [lstm.input.weight, lstm.input.bias, lstm.hidden.weight]
        found += [lstm.projection.weight] if lstm.projection is not None else []
    return found


def _by_layer(config: BiLMConfig, parameters: Sequence[torch.Tensor]) -> list[list[Weights]]:
    """RETURNS: for each direction, the weights of its layers."""
    size = 4 if config.lstm_projection else 3
    layers = [Weights(*parameters[i : i + size]) for i in range(0, len(parameters), size)]
    return [layers[: config.n_layers], layers[config.n_layers :]]


class _Window(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, config: BiLMConfig, masks: Masks | None, state: State, x: Floats4d, *parameters: torch.Tensor
    ) -> tuple[Floats4d, Floats4d, Floats4d]:
        weights = _by_layer(config, parameters)
        y, h, c = torch.empty_like(x), torch.empty_like(state.h), torch.empty_like(state.c)
        tapes: list[list[Tape]] = [[], []]

        def run_direction(direction: int) -> None:
            z = x[direction] if masks is None else x[direction] * masks[0][direction]
            for i, layer in enumerate(weights[direction]):
                tape = _run_layer(config, layer, z, state.h[direction, i], state.c[direction, i])
                z = z + tape.h[1:] if i and config.skip_connections else tape.h[1:]
                z = z if masks is None else z * masks[i + 1][direction]
                h[direction, i], c[direction, i] = tape.h[-1], tape.c[-1]
                tapes[direction].append(tape)
            y[direction] = z

        run_both(run_direction)
        ctx.save_for_backward(*parameters)
        ctx.config, ctx.masks, ctx.tapes = config, masks, tapes
        ctx.mark_non_differentiable(h, c)
        return y, h, c

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Floats4d, dh: None, dc: None) -> tuple[torch.Tensor | None, ...]:
        config, masks, tapes = ctx.config, ctx.masks, ctx.tapes
        weights = _by_layer(config, ctx.saved_tensors)
        del ctx.tapes  # overwritten below: a second time through must fail
        dx = torch.empty_like(dy)
        gradients = [torch.empty_like(parameter) for parameter in ctx.saved_tensors]
        outs = _by_layer(config, gradients)

        def run_direction(direction: int) -> None:
            dz = dy[direction] if masks is None else dy[direction] * masks[-1][direction]
            for i in reversed(range(config.n_layers)):
                di = _unwind_layer(config, weights[direction][i], tapes[direction].pop(), dz, outs[direction][i])
                dz = di.add_(dz) if i and config.skip_connections else di
                dz = dz if masks is None else dz.mul_(masks[i][direction])
            dx[direction] = dz

        run_both(run_direction)
        return (None, None, None, dx, *gradients)


def _run_layer(config: BiLMConfig, weights: Weights, x: Floats3d, h: Floats2d, c: Floats2d) -> Tape:
    """h, c: (rows, size), before the window."""
    steps, rows, _ = x.shape
    n = config.hidden_size
    bias = weights.bias.clone()
    bias[n : 2 * n] += FORGET_BIAS
    gates = torch.addmm(bias, x.flatten(0, 1), weights.input.T).view(steps, rows, 4 * n)
    hs, cs = (torch.cat([start[None], start.new_empty(steps, *start.shape)]) for start in (h, c))
    tanh_c = x.new_empty(steps, rows, n)
    gated = torch.empty_like(tanh_c) if weights.projection is not None else hs[1:]
    tape = Tape(x, gates, hs, cs, tanh_c, gated)
    for step in range(steps):
        gates[step].addmm_(hs[step], weights.hidden.T)
        _activate(config, tape, step)
        if weights.projection is not None:
            torch.mm(gated[step], weights.projection.T, out=hs[step + 1])
            if config.projection_clip is not None:
                hs[step + 1].clamp_(-config.projection_clip, config.projection_clip)
    return tape


def _activate(config: BiLMConfig, tape: Tape, step: int) -> None:
    """Go from gates before activation to the next cells and the gated output."""
    sigmoids, g = tape.gates[step].tensor_split([3 * config.hidden_size], dim=1)
    i, f, o = sigmoids.sigmoid_().chunk(3, dim=1)
    c = torch.mul(tape.c[step], f, out=tape.c[step + 1]).addcmul_(i, g.tanh_())
    if config.cell_clip is not None:
        c.clamp_(-config.cell_clip, config.cell_clip)
    torch.mul(torch.tanh(c, out=tape.tanh_c[step]), o, out=tape.gated[step])


def _unwind_layer(config: BiLMConfig, weights: Weights, tape: Tape, dy: Floats3d, out: Weights) -> Floats3d:
    """dy: the gradient of h; out: where the gradients of the weights go. RETURNS: the gradient of x."""
    dh = torch.empty_like(tape.h[1:])
    from_next, dc = torch.zeros_like(tape.h[0]), torch.zeros_like(tape.c[0])
    scratch = torch.empty_like(tape.gates[0])
    for step in reversed(range(len(dy))):
        dgated = torch.add(dy[step], from_next, out=dh[step])
        if weights.projection is not None:
            _stop_clipped(dgated, tape.h[step + 1], config.projection_clip)
            dgated = dgated @ weights.projection
        _unwind_cell(config, tape, step, dgated, dc, scratch)
        torch.mm(tape.gates[step], weights.hidden, out=from_next)
    dgates, x, before = (t.flatten(0, 1) for t in (tape.gates, tape.x, tape.h[:-1]))
    torch.mm(dgates.T, x, out=out.input)
    torch.mm(dgates.T, before, out=out.hidden)
    torch.sum(dgates, 0, out=out.bias)
    if out.projection is not None:
        torch.mm(dh.flatten(0, 1).T, tape.gated.flatten(0, 1), out=out.projection)
    return (dgates @ weights.input).view_as(tape.x)


def _unwind_cell(config: BiLMConfig, tape: Tape, step: int, dgated: Floats2d, dc: Floats2d, scratch: Floats2d) -> None:
    """Go from the gradients of the gated output and of the cells after a step to those before it, the latter in dc,
    and overwrite its gates by their gradients before activation."""
    n = config.hidden_size
    gates, tanh_c = tape.gates[step], tape.tanh_c[step]
    (i, f, o, g), (di, df, do, dg) = gates.chunk(4, dim=1), scratch.chunk(4, dim=1)
    torch.mul(dgated, tanh_c, out=do)
    dc += aten.tanh_backward(dgated * o, tanh_c)
    _stop_clipped(dc, tape.c[step + 1], config.cell_clip)
    torch.mul(dc, g, out=di)
    torch.mul(dc, tape.c[step], out=df)
    torch.mul(dc, i, out=dg)
    dc *= f
    aten.sigmoid_backward.grad_input(scratch[:, : 3 * n], gates[:, : 3 * n], grad_input=gates[:, : 3 * n])
    aten.tanh_backward.grad_input(dg, g, grad_input=g)


def _stop_clipped(gradient: Floats2d, clipped: Floats2d, bound: float | None) -> None:
    """Let no gradient through where values stand at the bound."""
    if bound is not None:
        aten.hardtanh_backward.grad_input(gradient, clipped, -bound, bound, grad_input=gradient)
