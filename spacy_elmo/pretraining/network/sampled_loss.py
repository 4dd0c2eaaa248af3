"""Cross entropy over candidate words, its gradients computed on the way, block by block, while logits are in the cache.

Per row with target t, over candidates C: loss = log(exp(s_t) + sum over k in C, k != t, of exp(s_k + offset_k)) - s_t
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...bilm.inference.native import Struct, find_kernel
from ...util.determinism import unique_indices
from ...util.threads import CPU, run_both
from .gpu import find_kernels
from .products import add_product, product

BLOCK_LOGITS = 2**20  # logits that are in memory at once, in each direction
GPU_BLOCK_LOGITS = 2**25  # the same on a GPU
NOWHERE = -1
INT, POINTER = ctypes.c_int64, ctypes.c_void_p


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
    h: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    candidates: Candidates,
    *,
    sparse: bool,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """Return (2,), the loss summed over the rows of each direction.

    Args:
        h: (2, rows, width).
        weight: (words, width).
        bias: (words,).
        targets: (2, rows), ids of words.
        candidates: The words that each row's target is told apart from.
        sparse: Whether gradients of weight and bias are sparse tensors of the rows that have any.
        dtype: Of what products multiply, such as bfloat16; that of h if None. Everything else has the type of h.
    """
    loss: Tensor = _CrossEntropy.apply(h, weight, bias, targets, candidates, sparse, dtype or h.dtype)
    return loss


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        h: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        candidates: Candidates,
        sparse: bool,
        dtype: torch.dtype,
    ) -> Tensor:
        losses = h.new_empty(2)
        found: list[Gradients | None] = [None, None]
        ids, offsets = candidates
        weights = _Weights(weight, bias, ids, weight[ids], bias[ids] + offsets)

        def run_direction(direction: int) -> None:
            losses[direction], found[direction] = _loss_and_gradients(h[direction], targets[direction], weights, dtype)

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
        d_rows = sum(found.d_candidates * scale for found, scale in zip(ctx.found, d_losses))
        d_offsets = sum(found.d_bias * scale for found, scale in zip(ctx.found, d_losses))
        with unique_indices():
            d_weight[places[:n]], d_bias[places[:n]] = d_rows, d_offsets
        d_weight.index_add_(0, places[n:], d_true[:, None] * h.flatten(0, 1))
        d_bias.index_add_(0, places[n:], d_true)
        spread = _as_sparse if ctx.sparse else _as_dense
        return d_h, spread(ids, d_weight, weight), spread(ids, d_bias, bias), None, None, None, None


def _loss_and_gradients(h: Tensor, targets: Tensor, weights: _Weights, dtype: torch.dtype) -> tuple[Tensor, Gradients]:
    """Return the loss of one direction, summed over h (rows, width), and its gradients."""
    weight, bias, ids, rows, offsets = weights
    d_h, d_rows, d_offsets = torch.empty_like(h), torch.zeros_like(rows), torch.zeros_like(offsets)
    true_rows = weight[targets]
    true = (h * true_rows).sum(dim=1) + bias[targets]
    places = torch.searchsorted(ids, targets).clamp_(max=len(ids) - 1)
    places = torch.where(ids[places] == targets, places, NOWHERE)
    losses = torch.empty_like(true)
    left, right = h.to(dtype), rows.to(dtype)
    size = max(1, (BLOCK_LOGITS if h.device == CPU else GPU_BLOCK_LOGITS) // len(ids))
    for block in (slice(i, i + size) for i in range(0, len(h), size)):
        logits = product(left[block], right.T)
        normalize(logits, offsets, true[block], places[block], losses=losses[block], sums=d_offsets)
        probabilities = logits.to(dtype)
        product(probabilities, right, out=d_h[block])
        add_product(d_rows, probabilities.T, left[block])
    d_true = torch.expm1(-losses)
    d_h.addcmul_(true_rows, d_true[:, None])
    return losses.sum(), Gradients(d_h, d_rows, d_offsets, d_true)


class _Settings(Struct):
    """`Softmax` of training.c."""

    _fields_ = (
        *((name, POINTER) for name in ("logits", "offsets", "target_logits", "places", "losses", "sums")),
        *((name, INT) for name in ("rows", "n")),
    )


def normalize(
    logits: Tensor, offsets: Tensor, target_logits: Tensor, places: Tensor, *, losses: Tensor, sums: Tensor
) -> None:
    """Turn logits into losses and probabilities, over candidates and each row's own target.

    Args:
        logits: (rows, candidates), becomes probabilities.
        offsets: (candidates,), added to the logits.
        target_logits: (rows,), of the targets.
        places: (rows,), of the candidate that is a row's target and does not count beside it, or NOWHERE.
        losses: (rows,), is written.
        sums: (candidates,), the sums of all probabilities are added to it.
    """
    kernel = find_kernel() if logits.device == CPU and logits.dtype == torch.float32 else None
    if kernel is not None:
        rows, n = logits.shape
        kernel.call("normalize", _Settings(logits, offsets, target_logits, places, losses, sums, rows, n))
        return
    if logits.is_cuda and (kernels := find_kernels()):
        kernels.normalize(logits, offsets, target_logits, places, losses)
        sums += logits.sum(dim=0)
        return
    candidate = places.clamp(min=0)[:, None]
    logits += offsets
    logits.scatter_(1, candidate, logits.gather(1, candidate).masked_fill_(places[:, None] != NOWHERE, -torch.inf))
    highest = torch.maximum(logits.amax(dim=1), target_logits)
    logits.sub_(highest[:, None]).exp_()
    total = logits.sum(dim=1) + (target_logits - highest).exp()
    torch.sub(total.log() + highest, target_logits, out=losses)
    logits.div_(total[:, None])
    sums += logits.sum(dim=0)


def _as_sparse(ids: Tensor, values: Tensor, like: Tensor) -> Tensor:
    return torch.sparse_coo_tensor(ids[None], values, like.shape, is_coalesced=True, check_invariants=False)


def _as_dense(ids: Tensor, values: Tensor, like: Tensor) -> Tensor:
    return values if len(ids) == len(like) else torch.zeros_like(like).index_copy_(0, ids, values)
