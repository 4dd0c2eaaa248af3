"""Cross entropy over candidate words, its gradients computed on the way, block by block, while logits are in the cache.

Per row with target t, over candidates C: loss = log(exp(s_t) + sum over k in C, k != t, of exp(s_k + offset_k)) - s_t
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...util.threads import run_both

BLOCK_LOGITS = 2**20  # logits that are in memory at once, in each direction


class Candidates(NamedTuple):
    """Words that rows are told apart from.

    Attributes:
        ids: (candidates,), sorted, each once.
        offsets: (candidates,), what is added to the logit of each.
    """

    ids: Tensor
    offsets: Tensor


class Gradients(NamedTuple):
    """Of the summed loss of one direction.

    Attributes:
        d_h: (rows, width).
        d_candidates: (candidates, width).
        d_bias: (candidates,), of their logits.
        d_true: (rows,), of the logits of the targets.
    """

    d_h: Tensor
    d_candidates: Tensor
    d_bias: Tensor
    d_true: Tensor


class _Weights(NamedTuple):
    """A softmax: weight (words, width) and bias (words,), and of the candidates their ids, rows and biases, to which
    their offsets are added."""

    weight: Tensor
    bias: Tensor
    ids: Tensor
    rows: Tensor
    offsets: Tensor


def cross_entropy(
    h: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, candidates: Candidates, *, sparse: bool
) -> Tensor:
    """Return (2,), the loss summed over the rows of each direction.

    Args:
        h: (2, rows, width).
        weight: (words, width).
        bias: (words,).
        targets: (2, rows), ids of words.
        candidates: The words that each row's target is told apart from.
        sparse: Whether gradients of weight and bias are sparse tensors of the rows that have any.
    """
    loss: Tensor = _CrossEntropy.apply(h, weight, bias, targets, candidates, sparse)
    return loss


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, h: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, candidates: Candidates, sparse: bool
    ) -> Tensor:
        losses = h.new_empty(2)
        found: list[Gradients | None] = [None, None]
        ids, offsets = candidates
        weights = _Weights(weight, bias, ids, weight[ids], bias[ids] + offsets)

        def run_direction(direction: int) -> None:
            losses[direction], found[direction] = _loss_and_gradients(h[direction], targets[direction], weights)

        run_both(run_direction, device=h.device)
        ctx.save_for_backward(h, weight, bias)
        ctx.targets, ctx.candidates, ctx.sparse, ctx.found = targets, candidates, sparse, found
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_losses: Tensor) -> tuple[Tensor | None, ...]:
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


def _loss_and_gradients(h: Tensor, targets: Tensor, weights: _Weights) -> tuple[Tensor, Gradients]:
    """Return the loss of one direction, summed over h (rows, width), and its gradients."""
    weight, bias, ids, rows, offsets = weights
    d_h, d_rows, d_offsets = torch.empty_like(h), torch.zeros_like(rows), torch.zeros_like(offsets)
    true_rows = weight[targets]
    true = (h * true_rows).sum(dim=1) + bias[targets]
    nll = torch.empty_like(true)
    size = max(1, BLOCK_LOGITS // len(ids))
    for block in (slice(i, i + size) for i in range(0, len(h), size)):
        logits = torch.addmm(offsets, h[block], rows.T)
        _mask_targets(logits, ids, targets[block])
        highest = torch.maximum(logits.amax(dim=1), true[block])
        probabilities = logits.sub_(highest[:, None]).exp_()  # times the total
        total = probabilities.sum(dim=1) + (true[block] - highest).exp()
        nll[block] = total.log() + highest - true[block]
        torch.mm(probabilities, rows, out=d_h[block]).div_(total[:, None])
        d_rows.addmm_(probabilities.T, h[block] / total[:, None])
        d_offsets.addmv_(probabilities.T, 1 / total)
    d_true = torch.expm1(-nll)
    d_h.addcmul_(true_rows, d_true[:, None])
    return nll.sum(), Gradients(d_h, d_rows, d_offsets, d_true)


def _mask_targets(logits: Tensor, ids: Tensor, targets: Tensor) -> None:
    """Take each row's target out of its candidates: it has a logit of its own."""
    places = torch.searchsorted(ids, targets).clamp_(max=len(ids) - 1)[:, None]
    logits.scatter_(1, places, logits.gather(1, places).masked_fill_(ids[places] == targets[:, None], -torch.inf))


def _as_sparse(ids: Tensor, values: Tensor, like: Tensor) -> Tensor:
    return torch.sparse_coo_tensor(ids[None], values, like.shape, is_coalesced=True, check_invariants=False)


def _as_dense(ids: Tensor, values: Tensor, like: Tensor) -> Tensor:
    return values if len(ids) == len(like) else torch.zeros_like(like).index_copy_(0, ids, values)
