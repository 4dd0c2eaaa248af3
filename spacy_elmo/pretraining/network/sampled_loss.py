"""Cross entropy over candidate words, its gradients computed on the way, block by block, while logits are in the cache.

Per row with target t, over candidates C: loss = log(exp(s_t) + sum over k in C, k != t, of exp(s_k + offset_k)) - s_t
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch.autograd.function import once_differentiable

from ...bilm.types import Floats1d, Floats2d, Floats3d, Ints1d, Ints2d
from ...util.threads import run_both

BLOCK_LOGITS = 2**20  # logits that are in memory at once, in each direction


class Candidates(NamedTuple):
    """ids: (candidates,) sorted, each once; offsets: (candidates,), what is added to the logit of each."""

    ids: Ints1d
    offsets: Floats1d


class Gradients(NamedTuple):
    """Of the summed loss of one direction.

    d_h: (rows, width); d_candidates: (candidates, width).
    d_bias: (candidates,), of their logits; d_true: (rows,), of the logits of the targets.
    """

    d_h: Floats2d
    d_candidates: Floats2d
    d_bias: Floats1d
    d_true: Floats1d


def cross_entropy(
    h: Floats3d, weight: Floats2d, bias: Floats1d, targets: Ints2d, candidates: Candidates, *, sparse: bool
) -> Floats1d:
    """Sum the loss over the rows of each direction.

    h: (2, rows, width); targets: (2, rows); weight: (words, width); bias: (words,).
    sparse: whether gradients of weight and bias are sparse tensors of the rows that have any.
    RETURNS: (2,).
    """
    loss: Floats1d = _CrossEntropy.apply(h, weight, bias, targets, candidates, sparse)
    return loss


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        h: Floats3d,
        weight: Floats2d,
        bias: Floats1d,
        targets: Ints2d,
        candidates: Candidates,
        sparse: bool,
    ) -> Floats1d:
        losses = h.new_empty(2)
        found: list[Gradients | None] = [None, None]
        rows = weight[candidates.ids], bias[candidates.ids] + candidates.offsets

        def run_direction(direction: int) -> None:
            losses[direction], found[direction] = _descend(
                h[direction], *rows, targets[direction], weight, bias, candidates.ids
            )

        run_both(run_direction)
        ctx.save_for_backward(h, weight, bias)
        ctx.targets, ctx.candidates, ctx.sparse, ctx.found = targets, candidates, sparse, found
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_losses: Floats1d) -> tuple[torch.Tensor | None, ...]:
        h, weight, bias = ctx.saved_tensors
        d_h = torch.stack([found.d_h * scale for found, scale in zip(ctx.found, d_losses)])
        d_true = torch.stack([found.d_true * scale for found, scale in zip(ctx.found, d_losses)]).flatten()
        ids, places = torch.unique(torch.cat([ctx.candidates.ids, ctx.targets.flatten()]), return_inverse=True)
        n = len(ctx.candidates.ids)
        d_weight, d_bias = weight.new_zeros(len(ids), weight.shape[1]), bias.new_zeros(len(ids))
        d_weight[places[:n]] = sum(found.d_candidates * scale for found, scale in zip(ctx.found, d_losses))
        d_bias[places[:n]] = sum(found.d_bias * scale for found, scale in zip(ctx.found, d_losses))
        d_weight.index_add_(0, places[n:], d_true[:, None] * h.flatten(0, 1))
        d_bias.index_add_(0, places[n:], d_true)
        spread = _as_sparse if ctx.sparse else _as_dense
        return d_h, spread(ids, d_weight, weight), spread(ids, d_bias, bias), None, None, None


def _descend(
    h: Floats2d, rows: Floats2d, offsets: Floats1d, targets: Ints1d, weight: Floats2d, bias: Floats1d, ids: Ints1d
) -> tuple[torch.Tensor, Gradients]:
    """h: (rows, width); rows: (candidates, width). RETURNS: the loss of one direction, summed, and its gradients."""
    d_h, d_rows, d_offsets = torch.empty_like(h), torch.zeros_like(rows), torch.zeros_like(offsets)
    true_rows = weight[targets]
    true = (h * true_rows).sum(dim=1) + bias[targets]
    nll = torch.empty_like(true)
    size = max(1, BLOCK_LOGITS // len(ids))
    for block in (slice(i, i + size) for i in range(0, len(h), size)):
        logits = torch.addmm(offsets, h[block], rows.T)
        _leave_out(logits, ids, targets[block])
        highest = torch.maximum(logits.amax(dim=1), true[block])
        shares = logits.sub_(highest[:, None]).exp_()
        total = shares.sum(dim=1) + (true[block] - highest).exp()
        nll[block] = total.log() + highest - true[block]
        torch.mm(shares, rows, out=d_h[block]).div_(total[:, None])
        d_rows.addmm_(shares.T, h[block] / total[:, None])
        d_offsets.addmv_(shares.T, 1 / total)
    d_true = torch.expm1(-nll)
    d_h.addcmul_(true_rows, d_true[:, None])
    return nll.sum(), Gradients(d_h, d_rows, d_offsets, d_true)


def _leave_out(logits: Floats2d, ids: Ints1d, targets: Ints1d) -> None:
    """Take each row's target out of its candidates: it has a logit of its own."""
    places = torch.searchsorted(ids, targets).clamp_(max=len(ids) - 1)
    hit = (ids[places] == targets).nonzero()[:, 0]
    logits[hit, places[hit]] = -torch.inf


def _as_sparse(ids: Ints1d, values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return torch.sparse_coo_tensor(ids[None], values, like.shape, is_coalesced=True, check_invariants=False)


def _as_dense(ids: Ints1d, values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return values if len(ids) == len(like) else torch.zeros_like(like).index_copy_(0, ids, values)
