"""Vectors of distinct words, with gradients: the numbers of `CharacterEncoder` with less work.

All filters are one product over windows of the widest, with as many positions as the words of a piece need: a window of
padding alone gives the same as any other, so one after the end of a word is enough for the maximum to be exact. Pieces
of words stay in a core's cache, also on the way back, where only the maxima have gradients.
"""

from __future__ import annotations

from typing import Any, Sequence

import torch
import torch.nn.functional as F
from torch.autograd.function import once_differentiable

from ...bilm.characters import PAD
from ...bilm.types import Floats2d, Floats3d, Ints1d, Ints2d
from ...bilm.word_encoder import CharacterEncoder, WordTable
from ...util.threads import run_both

PIECE = 2**18  # windows times filters that are in memory at once, in each thread


def encode_words(encoder: CharacterEncoder | WordTable, words: Sequence[str]) -> Floats2d:
    """Return (words, width), the context-free vectors of words; give each once. Raises KeyError as the table does."""
    ids = encoder.word_ids(words)
    if isinstance(encoder, WordTable):
        return encoder(ids)
    window = max(width for width, _ in encoder.config.filters)
    lengths = (ids != PAD + 1).sum(dim=1)
    order = lengths.argsort(stable=True)
    n_short = int((lengths + window <= ids.shape[1]).sum())  # those with a window of padding alone
    short, long = ids[order[:n_short]], ids[order[n_short:]]
    filtered = torch.cat(
        [
            _filter(encoder, _cut(short, lengths[order], window, encoder.config.n_filters)),
            _filter_plainly(encoder, long),
        ]
    )
    return encoder.project(filtered[order.argsort()])


def _cut(ids: Ints2d, lengths: Ints1d, window: int, n_filters: int) -> list[Ints2d]:
    """ids: sorted by length. RETURNS: pieces of them with all characters and as much padding as a window has."""
    pieces, start, n_windows = [], 0, lengths.tolist()
    while start < len(ids):
        end = min(len(ids), start + max(1, PIECE // (n_filters * (n_windows[start] + 1))))
        pieces.append(ids[start:end, : n_windows[end - 1] + window])
        start = end
    return pieces


def _filter(encoder: CharacterEncoder, pieces: list[Ints2d]) -> Floats2d:
    """RETURNS: (words of all pieces, filters), the maximum over positions."""
    parameters = dict(encoder.convolutions.named_parameters())
    weights, biases = (
        tuple(parameters[f"{i}.{name}"] for i in range(len(encoder.convolutions))) for name in ("weight", "bias")
    )
    window = max(t.shape[2] for t in weights)
    filters = torch.cat([F.pad(t, (0, window - t.shape[2])).transpose(1, 2).flatten(1) for t in weights])
    characters = F.pad(encoder.embedding.weight, (0, 0, 1, 0))
    highest: Floats2d = _Highest.apply(pieces, characters, filters)
    return highest + torch.cat(biases)


def _filter_plainly(encoder: CharacterEncoder, ids: Ints2d) -> Floats2d:
    x = encoder.embed_characters(ids)
    return torch.cat([convolve(x).amax(dim=-1) for convolve in encoder.convolutions], dim=1)


class _Highest(torch.autograd.Function):
    """The highest response of each filter over the windows of each word: (words, filters)."""

    @staticmethod
    def forward(ctx: Any, pieces: list[Ints2d], characters: Floats2d, filters: Floats2d) -> Floats2d:
        sizes = [len(piece) for piece in pieces]
        highest = filters.new_empty(sum(sizes), len(filters))
        places = torch.empty_like(highest, dtype=torch.long)
        outs = list(zip(pieces, highest.split(sizes), places.split(sizes)))

        def filter_pieces(worker: int) -> None:
            for ids, values, positions in outs[worker::2]:
                windows = _windows(F.embedding(ids, characters), filters)
                responses = (windows.flatten(0, 1) @ filters.T).view(*windows.shape[:2], -1)
                torch.max(responses, dim=1, out=(values, positions))

        run_both(filter_pieces)
        ctx.save_for_backward(characters, filters)
        ctx.pieces, ctx.places = pieces, places.split(sizes)
        return highest

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_highest: Floats2d) -> tuple[torch.Tensor | None, ...]:
        characters, filters = ctx.saved_tensors
        d_characters, d_filters = (t.new_zeros(2, *t.shape) for t in (characters, filters))
        ins = list(zip(ctx.pieces, ctx.places, d_highest.split([len(piece) for piece in ctx.pieces])))

        def unwind_pieces(worker: int) -> None:
            for ids, positions, d_values in ins[worker::2]:
                x = F.embedding(ids, characters)
                windows = _windows(x, filters)
                d_responses = x.new_zeros(*windows.shape[:2], len(filters))
                d_responses.scatter_(1, positions[:, None], d_values[:, None])
                flat = d_responses.flatten(0, 1)
                d_filters[worker].addmm_(flat.T, windows.flatten(0, 1))
                d_x = _fold((flat @ filters).view(windows.shape), x)
                d_characters[worker].index_add_(0, ids.flatten(), d_x.flatten(0, 1))

        run_both(unwind_pieces)
        return None, d_characters[0] + d_characters[1], d_filters[0] + d_filters[1]


def _windows(x: Floats3d, filters: Floats2d) -> Floats3d:
    """x: (words, characters, size). RETURNS: (words, positions, characters of a window * size), a view."""
    n, length, size = x.shape
    return x.as_strided((n, length - filters.shape[1] // size + 1, filters.shape[1]), (length * size, size, 1))


def _fold(d_windows: Floats3d, x: Floats3d) -> Floats3d:
    """RETURNS: the gradient of x from that of its windows."""
    d_x = torch.zeros_like(x)
    for i, part in enumerate(d_windows.split(x.shape[2], dim=2)):
        d_x[:, i : i + part.shape[1]] += part
    return d_x
