"""Softmax layers over a vocabulary ranked by frequency: full, sampled and adaptive."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...formats import Head
from .sampled_loss import BLOCK_LOGITS, Candidates, cross_entropy


class Softmax(nn.Module):
    """What all have in common: the likelihood of words of a vocabulary, ranked by frequency, after vectors.

    Args:
        n_words: Size of the vocabulary.
        width: Of the vectors.
    """

    def __init__(self, n_words: int, width: int):
        super().__init__()
        self.n_words = n_words
        self.width = width

    def loss(
        self, h: Tensor, targets: Tensor, generator: torch.Generator, *, dtype: torch.dtype | None = None
    ) -> Tensor:
        """Return (2,) float32, the sum of negative log likelihoods of each direction, or an estimate of them.

        Args:
            h: (2, rows, width), both directions.
            targets: (2, rows), ids of words.
            generator: Where negatives are drawn from, the same for both directions.
            dtype: Of what products multiply, as of `cross_entropy`.
        """
        raise NotImplementedError

    def log_likelihoods(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return (rows,), exact log likelihoods over the whole vocabulary, without gradients.

        Args:
            h: (rows, width).
            targets: (rows,), ids of words.
        """
        raise NotImplementedError

    def head(self, words: Sequence[str]) -> Head | None:
        """Return the softmax as a model directory keeps it, over the words of the vocabulary.

        None where it is not a matrix and a bias.
        """
        raise NotImplementedError


class FullSoftmax(Softmax):
    """logits = h @ weight.T + bias, over all words.

    Args:
        counts: (words,), how often each word of the vocabulary occurs, for the bias to start at log unigram.
        width: Of the vectors.
        head: Where to start from instead, both weight and bias.

    Raises:
        ValueError: The head is of another shape.
    """

    def __init__(self, counts: Sequence[int], width: int, *, head: Head | None = None):
        super().__init__(len(counts), width)
        if head is not None and head.weight.shape != (self.n_words, width):
            problem = f"the softmax is of shape {tuple(head.weight.shape)} where {(self.n_words, width)} is needed"
            raise ValueError(f"{problem}; continue with its own vocabulary, or without it")
        weight = torch.randn(self.n_words, width) / width**0.5 if head is None else head.weight.clone()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(log_unigram(counts) if head is None else head.bias.clone())

    def loss(
        self, h: Tensor, targets: Tensor, generator: torch.Generator, *, dtype: torch.dtype | None = None
    ) -> Tensor:
        every = Candidates(torch.arange(self.n_words, device=h.device), h.new_zeros(self.n_words))
        return cross_entropy(h, self.weight, self.bias, targets, every, sparse=False, dtype=dtype)

    @torch.no_grad()
    def log_likelihoods(self, h: Tensor, targets: Tensor) -> Tensor:
        found = []
        size = max(1, BLOCK_LOGITS // self.n_words)
        for rows, ids in zip(h.split(size), targets.split(size)):
            logits = torch.addmm(self.bias, rows, self.weight.T)
            found.append(logits.gather(1, ids[:, None])[:, 0] - logits.logsumexp(dim=1))
        return torch.cat(found)

    def head(self, words: Sequence[str]) -> Head:
        return Head(tuple(words), self.weight.detach(), self.bias.detach())


class SampledSoftmax(FullSoftmax):
    """The same, trained over each row's own target and negatives that all rows of both directions share.

    Negatives are drawn one after the other from the log-uniform distribution over ranks until there are so many
    distinct ones. A logit has the logarithm of its expected count taken off, except the target's, which is there
    always; a negative that is a row's target does not count for this row. So the sum of exponents is that of the full
    softmax in expectation, and the gradient approaches it with the number of negatives.

    Args:
        counts: As of `FullSoftmax`.
        width: As of `FullSoftmax`.
        head: As of `FullSoftmax`.
        n_samples: How many negatives. The whole vocabulary, and so the exact loss, where it has no more words.
        sparse: Whether the gradients are sparse. False where DistributedDataParallel is to average them.

    Raises:
        ValueError: The head is of another shape, or n_samples is below 1.
    """

    p: Tensor

    def __init__(
        self, counts: Sequence[int], width: int, *, head: Head | None = None, n_samples: int = 8192, sparse: bool = True
    ):
        super().__init__(counts, width, head=head)
        if n_samples < 1:
            raise ValueError(f"n_samples = {n_samples}: must be at least 1")
        self.n_samples = n_samples
        self.sparse = sparse
        self.register_buffer("p", log_uniform(self.n_words), persistent=False)

    def loss(
        self, h: Tensor, targets: Tensor, generator: torch.Generator, *, dtype: torch.dtype | None = None
    ) -> Tensor:
        negatives = draw_negatives(self.p, self.n_samples, generator)
        return cross_entropy(h, self.weight, self.bias, targets, negatives, sparse=self.sparse, dtype=dtype)


class AdaptiveSoftmax(Softmax):
    """The adaptive softmax of Grave et al. 2017: frequent words in the head, rarer ones in clusters of lower width.

    Args:
        counts: As of `FullSoftmax`; the biases of the head start at log unigram.
        width: As of `FullSoftmax`.
        cutoffs: The rank at which each cluster begins. None for 1/16 and 1/4 of the vocabulary.
        div_value: Each cluster's width is the one before divided by this.

    Raises:
        ValueError: A cluster is left without words or width.
    """

    def __init__(
        self, counts: Sequence[int], width: int, *, cutoffs: Sequence[int] | None = None, div_value: float = 4.0
    ):
        super().__init__(len(counts), width)
        starts = default_cutoffs(self.n_words) if cutoffs is None else list(cutoffs)
        if not starts or starts != sorted(set(starts)) or starts[0] < 1 or starts[-1] >= self.n_words:
            raise ValueError(f"cutoffs = {starts}: must increase and lie between 1 and the {self.n_words} words")
        if width < div_value ** len(starts):
            remedy = f"leaves no width for the last of {len(starts)} clusters; lower it, or use fewer cutoffs"
            raise ValueError(f"div_value = {div_value}: {remedy}")
        self.layer = nn.AdaptiveLogSoftmaxWithLoss(width, self.n_words, starts, div_value=div_value, head_bias=True)
        logs = log_unigram(counts)
        clusters = [logs[start:end].logsumexp(0, keepdim=True) for start, end in zip(starts, [*starts[1:], None])]
        with torch.no_grad():
            self.layer.head.bias.copy_(torch.cat([logs[: starts[0]], *clusters]))

    def loss(
        self, h: Tensor, targets: Tensor, generator: torch.Generator, *, dtype: torch.dtype | None = None
    ) -> Tensor:
        return torch.stack([-self.layer(rows, ids).output.sum() for rows, ids in zip(h, targets)])

    @torch.no_grad()
    def log_likelihoods(self, h: Tensor, targets: Tensor) -> Tensor:
        size = max(1, BLOCK_LOGITS // self.n_words)
        return torch.cat([self.layer(rows, ids).output for rows, ids in zip(h.split(size), targets.split(size))])

    def head(self, words: Sequence[str]) -> None:
        return None


def log_unigram(counts: Sequence[int]) -> Tensor:
    """Return (words,), the log probability of each word by its count; one that never occurs counts as once."""
    numbers = torch.tensor(counts, dtype=torch.float64).clamp(min=1)
    return (numbers / numbers.sum()).log().float()


def log_uniform(n_words: int) -> Tensor:
    """Return (words,), the log-uniform distribution over ranks k from 0: log((k + 2) / (k + 1)) / log(words + 1)."""
    ranks = torch.arange(n_words, dtype=torch.float64)
    return (torch.log1p(1 / (ranks + 1)) / math.log(n_words + 1)).float()


def draw_negatives(p: Tensor, n_samples: int, generator: torch.Generator) -> Candidates:
    """Draw distinct words as if one after the other until there are enough.

    Each word k comes up first after an exponential time of rate p_k: the order of these is that of drawing without
    stopping, with no loop. By the time the next new word would come, k has been drawn with probability
    1 - exp(-p_k * time), its expected count (this time is the "tries" of TensorFlow's sampler).

    Args:
        p: (words,), their probabilities.
        n_samples: How many to draw.
        generator: Where they are drawn from, on the CPU: the same on every device.

    Returns:
        The words, and minus the logarithms of their expected counts. All words and zeros where there are not more.
    """
    n_words = len(p)
    if n_samples >= n_words:
        return Candidates(torch.arange(n_words, device=p.device), torch.zeros_like(p))
    times = torch.empty(n_words).exponential_(generator=generator).to(p.device, non_blocking=True).div_(p)
    first = times.topk(n_samples + 1, largest=False)
    ids = first.indices[:-1].sort().values
    return Candidates(ids, -torch.log(-torch.expm1(-p[ids] * first.values[-1])))


def default_cutoffs(n_words: int) -> list[int]:
    """Return where the clusters of an adaptive softmax begin."""
    return sorted({max(1, n_words // 16), max(1, n_words // 4)})
