"""Linear-chain conditional random fields (Lafferty et al. 2001; Lample et al. 2016, section 2.2), in torch.

A sequence begins and ends in a state that is no tag, so one matrix of transitions has all there is to learn: of
(tags + 1, tags + 1), with the score of a first tag in its last row and that of a last tag in its last column.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

FORBIDDEN = -1e4  # added to a score: out of reach, and yet with a gradient, which infinity has not


def allow_bio(tags: Sequence[str]) -> Tensor:
    """Return which transitions are sequences of BIO: `I-X` comes after `B-X` or `I-X` alone.

    Args:
        tags: "O", and "B-X" and "I-X" for each X.

    Returns:
        (tags + 1, tags + 1), bool.
    """
    allowed = torch.ones(len(tags) + 1, len(tags) + 1, dtype=torch.bool)
    for i, tag in enumerate(tags):
        if tag.startswith("I-"):
            before = [other in (tag, f"B-{tag[2:]}") for other in tags]
            allowed[:, i] = torch.tensor([*before, False])
    return allowed


def forbid(scores: Tensor, allowed: Tensor) -> Tensor:
    """Return scores that put what is not allowed out of reach."""
    return scores + FORBIDDEN * (~allowed)


def log_partition(emissions: Tensor, transitions: Tensor, lengths: Tensor) -> Tensor:
    """Return the logarithm of the sum over all paths of exp(score): the forward algorithm.

    Args:
        emissions: (sequences, words, tags), padded at the end.
        transitions: (tags + 1, tags + 1).
        lengths: (sequences,): words of each, at least one.

    Returns:
        (sequences,)
    """
    between, start, end = transitions[:-1, :-1], transitions[-1, :-1], transitions[:-1, -1]
    scores = emissions[:, 0] + start
    for i in range(1, emissions.shape[1]):
        following = torch.logsumexp(scores[:, :, None] + between, dim=1) + emissions[:, i]
        scores = torch.where((i < lengths)[:, None], following, scores)
    return torch.logsumexp(scores + end, dim=1)


def negative_log_likelihood(emissions: Tensor, transitions: Tensor, lengths: Tensor, gold: Tensor) -> Tensor:
    """Return -log p(gold), summed over sequences. A word whose tag is not known may have any.

    Args:
        emissions: (sequences, words, tags), padded at the end.
        transitions: (tags + 1, tags + 1).
        lengths: (sequences,): words of each, at least one.
        gold: (sequences, words, tags), bool: the tag of each word, or those that are possible.
    """
    both = torch.cat([emissions, forbid(emissions, gold)])
    of_all, of_gold = log_partition(both, transitions, lengths.repeat(2)).chunk(2)
    return (of_all - of_gold).sum()


def viterbi(emissions: Tensor, transitions: Tensor, lengths: Tensor) -> Tensor:
    """Return the tags of the best paths.

    Args:
        emissions: (sequences, words, tags), padded at the end.
        transitions: (tags + 1, tags + 1).
        lengths: (sequences,): words of each, at least one.

    Returns:
        (sequences, words), int64. What stands behind the length of a sequence means nothing.
    """
    between, start, end = transitions[:-1, :-1], transitions[-1, :-1], transitions[:-1, -1]
    stay = torch.arange(emissions.shape[2])
    scores, pointers = emissions[:, 0] + start, []
    for i in range(1, emissions.shape[1]):
        inside = (i < lengths)[:, None]
        best, pointer = (scores[:, :, None] + between).max(dim=1)
        scores = torch.where(inside, best + emissions[:, i], scores)
        pointers.append(torch.where(inside, pointer, stay))  # the last tag comes through the padding unchanged
    path = [(scores + end).argmax(dim=1, keepdim=True)]
    for pointer in reversed(pointers):
        path.append(pointer.gather(1, path[-1]))
    return torch.cat(path[::-1], dim=1)
