"""Vectors of distinct words, with gradients: the numbers of `CharacterEncoder` with less work.

All filters are one product over windows of the widest, with as many positions as the words of a piece need: a window of
padding alone gives the same as any other, so one after the end of a word is enough for the maximum to be exact. Pieces
of words stay in a core's cache, also on the way back, where only the maxima have gradients.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...bilm.characters import BOS, EOS
from ...bilm.inference.native import Struct, find_kernel
from ...bilm.lexicons import LexiconEncoder
from ...bilm.word_encoder import CharacterEncoder, WordTable, character_windows, stacked_filters
from ...util.determinism import unique_indices
from ...util.threads import CPU, run_both

INT, POINTER = ctypes.c_int64, ctypes.c_void_p
PIECE = 2**18  # windows times filters that are in memory at once, in each thread
GPU_PIECE = 2**24  # the same on a GPU, which has no use for pieces but to bound its memory


def encode_words(encoder: CharacterEncoder | WordTable | LexiconEncoder, words: Sequence[str]) -> Tensor:
    """Return (words, width), the context-free vectors of words; give each once. Raises KeyError as the table does."""
    if isinstance(encoder, LexiconEncoder):
        names = dict(zip((BOS, EOS), encoder.markers))
        words = [names.get(word, word) for word in words]
        filtered = None if encoder.cnn is None else encode_words(encoder.cnn, words)
        return encoder.combine(encoder.word_rows(words), filtered)
    if isinstance(encoder, WordTable):
        return encoder(encoder.word_ids(words))
    ids = encoder.spelling.whole(words, encoder.config.max_characters)  # what is computed when is planned on the CPU
    window = max(width for width, _ in encoder.config.filters)
    lengths = (ids != encoder.spelling.pad).sum(dim=1)
    order = lengths.argsort(stable=True)
    piece = PIECE if encoder.embedding.weight.device == CPU else GPU_PIECE
    n_short = int((lengths + window <= ids.shape[1]).sum())  # those with a window of padding alone
    short, long = ids[order[:n_short]], ids[order[n_short:]]
    filtered = _filter(encoder, _cut(short, lengths[order], window, piece // encoder.config.n_filters))
    if len(long):
        filtered = torch.cat([filtered, _filter_plainly(encoder, long)])
    return encoder.project(filtered[order.argsort().to(filtered.device, non_blocking=True)])


def _cut(ids: Tensor, lengths: Tensor, window: int, most: int) -> list[Tensor]:
    """Return ids (words, characters), sorted by length, in pieces of at most so many windows: all characters, and
    padding as wide as a window."""
    pieces, start, n_windows = [], 0, lengths.tolist()
    while start < len(ids):
        end = min(len(ids), start + max(1, most // (n_windows[start] + 1)))
        pieces.append(ids[start:end, : n_windows[end - 1] + window])
        start = end
    return pieces


def _filter(encoder: CharacterEncoder, pieces: list[Tensor]) -> Tensor:
    """Return (words of all pieces, filters), the maximum over positions."""
    filters, bias = stacked_filters(encoder)
    pieces = [piece.to(filters.device, non_blocking=True) for piece in pieces]
    characters = F.pad(encoder.embedding.weight, (0, 0, 1, 0))
    highest: Tensor = _Highest.apply(pieces, characters, filters, None)
    return highest + bias


def outside_words(encoder: CharacterEncoder) -> Tensor:
    """Return (max_characters, filters), where a filter would reach beyond the characters of a word."""
    widths = torch.tensor([width for width, n in encoder.config.filters for _ in range(n)])
    length = encoder.config.max_characters
    return (torch.arange(length)[:, None] > length - widths).to(encoder.embedding.weight.device)


def encode_ids(encoder: CharacterEncoder, ids: Tensor, outside: Tensor) -> Tensor:
    """Return (words, width): the same operations for all ids of a shape, as a graph of a GPU needs it.

    Args:
        encoder: The encoder.
        ids: (words, max_characters), on its device.
        outside: As of `outside_words`.
    """
    filters, bias = stacked_filters(encoder)
    window = max(width for width, _ in encoder.config.filters)
    size = max(1, GPU_PIECE // outside.numel())
    pieces = list(F.pad(ids, (0, window - 1), value=encoder.spelling.pad).split(size))
    characters = F.pad(encoder.embedding.weight, (0, 0, 1, 0))
    highest: Tensor = _Highest.apply(pieces, characters, filters, outside)
    return encoder.project(highest + bias)


def _filter_plainly(encoder: CharacterEncoder, ids: Tensor) -> Tensor:
    x = encoder.embed_characters(ids.to(encoder.embedding.weight.device, non_blocking=True))
    return torch.cat([convolve(x).amax(dim=-1) for convolve in encoder.convolutions], dim=1)


class _Settings(Struct):
    """`Highest` of training.c."""

    _fields_ = (
        *((name, POINTER) for name in ("x", "filters", "d_values", "places", "d_x", "d_filters")),
        *((name, INT) for name in ("words", "length", "size", "n_filters", "window")),
    )


class _Highest(torch.autograd.Function):
    """The highest response of each filter over the windows of each word: (words, filters).

    Those that are outside for a filter do not count, as (windows, filters) says where it is given.
    """

    @staticmethod
    def forward(
        ctx: Any, pieces: list[Tensor], characters: Tensor, filters: Tensor, outside: Tensor | None
    ) -> Tensor:
        sizes = [len(piece) for piece in pieces]
        highest = filters.new_empty(sum(sizes), len(filters))
        kernel = find_kernel() if filters.device == CPU and filters.dtype == torch.float32 else None
        places = torch.empty_like(highest, dtype=torch.long if kernel is None else torch.int32)
        outs = list(zip(pieces, highest.split(sizes), places.split(sizes)))

        def filter_pieces(worker: int) -> None:
            for ids, values, positions in outs[worker::2]:
                windows = character_windows(F.embedding(ids, characters), filters)
                responses = (windows.flatten(0, 1) @ filters.T).view(*windows.shape[:2], -1)
                if outside is not None:
                    responses.masked_fill_(outside, -torch.inf)
                if kernel is None:
                    torch.max(responses, dim=1, out=(values, positions))
                else:
                    kernel.call("highest", responses, *responses.shape, values, positions)

        run_both(filter_pieces, device=filters.device)
        ctx.save_for_backward(characters, filters)
        ctx.pieces, ctx.places, ctx.kernel = pieces, places.split(sizes), kernel
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_highest: Tensor) -> tuple[Tensor | None, ...]:
        (characters, filters), d_highest = ctx.saved_tensors, d_highest.contiguous()
        d_characters, d_filters = (t.new_zeros(2, *t.shape) for t in (characters, filters))
        ins = list(zip(ctx.pieces, ctx.places, d_highest.split([len(piece) for piece in ctx.pieces])))

        def backward_pieces(worker: int) -> None:
            for ids, positions, d_values in ins[worker::2]:
                x = F.embedding(ids, characters)
                if ctx.kernel is not None:
                    d_x, (words, length, size) = torch.zeros_like(x), x.shape
                    sizes = words, length, size, *filters.shape
                    gradients = d_x, d_filters[worker]
                    ctx.kernel.call("highest_backward", _Settings(x, filters, d_values, positions, *gradients, *sizes))
                    d_characters[worker].index_add_(0, ids.flatten(), d_x.flatten(0, 1))
                    continue
                windows = character_windows(x, filters)
                d_responses = x.new_zeros(*windows.shape[:2], len(filters))
                with unique_indices():
                    d_responses.scatter_(1, positions[:, None], d_values[:, None])
                flat = d_responses.flatten(0, 1)
                d_filters[worker].addmm_(flat.T, windows.flatten(0, 1))
                d_x = _fold((flat @ filters).view(windows.shape), x)
                _add_rows(d_characters[worker], ids.flatten(), d_x.flatten(0, 1))

        run_both(backward_pieces, device=filters.device)
        return None, d_characters[0] + d_characters[1], d_filters[0] + d_filters[1], None


def _add_rows(total: Tensor, ids: Tensor, values: Tensor) -> None:
    """Add values (ids, size) to the rows of total (rows, size) that have these ids."""
    if total.is_cuda:  # where sums in one order are slow to find, but not in a product
        places = ids[:, None] == torch.arange(len(total), device=ids.device)
        total.addmm_(places.T.to(values.dtype), values)
    else:
        total.index_add_(0, ids, values)


def _fold(d_windows: Tensor, x: Tensor) -> Tensor:
    """Return the gradient of x (words, characters, size) from that of its windows."""
    d_x = torch.zeros_like(x)
    for i, part in enumerate(d_windows.split(x.shape[2], dim=2)):
        d_x[:, i : i + part.shape[1]] += part
    return d_x
