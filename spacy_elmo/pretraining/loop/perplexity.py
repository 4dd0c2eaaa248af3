"""Perplexity: exp of the mean negative log likelihood of a token, by a softmax over the whole vocabulary.

Text is read as in training: sentences one after the other with their markers, all of which are predicted, and the state
of the LSTMs carried on. So it is the perplexity that bilm-tf reports.
"""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Callable, Iterable, NamedTuple, Sequence

import torch

from ...bilm.characters import UNK
from ...bilm.model import BiLM, State
from ...bilm.types import Floats1d, Floats2d, Ints1d
from ...formats import Head
from ..corpus.mapped import Corpus
from ..corpus.prepare import prepare
from ..corpus.shards import Document
from ..corpus.vocabulary import MARKERS, UNK_ID
from ..corpus.windows import Window, Windows
from ..network.char_cnn import encode_words
from ..network.lstm import run_window
from ..network.objective import Losses
from .distributed import World

STEPS, LANES = 20, 32
LANE_TOKENS = 500  # at least, where there is text for it: each lane starts without context
BLOCK_LOGITS = 1 << 23  # computed at once


class Perplexity(NamedTuple):
    """What a text of n_tokens predictions in each direction cost. mean: exp of the mean of both directions' losses."""

    forward: float
    backward: float
    mean: float
    n_tokens: int


def measure(
    model: BiLM,
    evaluate: Callable[[Window, State], tuple[Losses, State]],
    windows: Windows,
    *,
    world: World | None = None,
) -> Perplexity:
    """Return the perplexity of an epoch of windows, the lanes of all processes together.

    evaluate: returns the losses of a window and the state after it, without gradients.
    """
    state = model.zero_state(len(windows.lanes))
    totals = torch.zeros(3, dtype=torch.float64)
    for index in range(windows.n_windows()):
        losses, state = evaluate(windows.window(0, index), state)
        totals[:2] += losses.sums.double()
        totals[2] += losses.n_tokens
    forward, backward, n_tokens = (totals if world is None else world.sum(totals)).tolist()
    both = (forward + backward) / 2
    return Perplexity(_exp(forward / n_tokens), _exp(backward / n_tokens), _exp(both / n_tokens), int(n_tokens))


def evaluation_windows(corpus: Corpus, *, lanes: int, steps: int, rank: int = 0, world: int = 1) -> Windows:
    """Return the windows to measure a corpus in: the more text, the more lanes, up to so many.

    rank, world: number of this process, and of all, which share the lanes.
    """
    n_tokens = corpus.n_tokens - 1
    fitting = [n for n in range(1, lanes + 1) if lanes % n == 0 and n % world == 0 and n * LANE_TOKENS <= n_tokens]
    lanes = max(fitting, default=world)
    return Windows(corpus, lanes=lanes, steps=max(1, min(steps, n_tokens // lanes)), seed=0, rank=rank, world=world)


class TextPerplexity(NamedTuple):
    """The perplexity of a text, its number of words, and the share of them that were predicted as `<UNK>`."""

    perplexity: Perplexity
    n_words: int
    unknown: float


def text_perplexity(
    model: BiLM, head: Head, documents: Iterable[Document], *, words: Sequence[str] | None = None
) -> TextPerplexity:
    """Return the perplexity of documents. Memory does not grow with them.

    head: the softmax of the model.
    words: the vocabulary that is predicted; None for that of the head. With one vocabulary for all, models are compared
        on the same targets, see `Likelihoods`. Markers are put in front of it where it has none.
    Raises CorpusError where there are no words, and ValueError for a head without `<UNK>`.
    """
    words = head.words if words is None else (*MARKERS, *(word for word in words if word not in MARKERS))
    likelihoods = Likelihoods(head, words)
    with TemporaryDirectory() as folder:
        prepared = prepare(documents, Path(folder) / "corpus", sources={}, vocabulary=words, heldout=0)
        corpus = prepared.train
        windows = evaluation_windows(corpus, lanes=LANES, steps=STEPS)
        found = measure(model, lambda window, state: _evaluate(model, likelihoods, window, state), windows)
        unknown = prepared.vocabulary.counts[UNK_ID] / corpus.n_words
        return TextPerplexity(found, corpus.n_words, float(unknown))


class Likelihoods:
    """Exact log likelihoods of a vocabulary by a softmax over that vocabulary or another.

    They sum to 1 over the vocabulary whatever the softmax is over, so that models can be compared. What the softmax
    gives to words outside the vocabulary goes to `<UNK>`. Words that the softmax does not have share its `<UNK>` in
    equal parts with `<UNK>` itself.

    head: the softmax. words: the vocabulary, with `<UNK>`.
    Raises ValueError for a head without `<UNK>`.
    """

    def __init__(self, head: Head, words: Sequence[str]):
        index = {word: i for i, word in enumerate(head.words)}
        if UNK not in index:
            raise ValueError(f"the vocabulary of the softmax has no {UNK}, so words outside it have no likelihood")
        self.head = head
        wanted = set(words)
        missing = torch.tensor([word not in index for word in words])
        self.columns = torch.tensor([index.get(word, index[UNK]) for word in words])
        self.share = math.log(1 + int(missing.sum()))
        self.shares = missing * self.share
        self.unknown = list(words).index(UNK)
        self.outside = torch.tensor([i for word, i in index.items() if word not in wanted], dtype=torch.long)

    def __call__(self, h: Floats2d, targets: Ints1d) -> Floats1d:
        """h: (rows, projection size); targets: (rows,), indices of words. RETURNS: (rows,)."""
        size = max(1, BLOCK_LOGITS // len(self.head.words))
        return torch.cat([self._block(*block) for block in zip(h.split(size), targets.split(size))])

    def _block(self, h: Floats2d, targets: Ints1d) -> Floats1d:
        logits = torch.addmm(self.head.bias, h, self.head.weight.T)
        chosen = logits.gather(1, self.columns[targets][:, None])[:, 0] - self.shares[targets]
        is_unknown = targets == self.unknown
        of_unknown = logits[is_unknown]
        parts = [of_unknown[:, self.outside], of_unknown[:, self.columns[self.unknown], None] - self.share]
        chosen[is_unknown] = torch.cat(parts, dim=1).logsumexp(dim=1)
        return chosen - logits.logsumexp(dim=1)


@torch.no_grad()
def _evaluate(model: BiLM, likelihoods: Likelihoods, window: Window, state: State) -> tuple[Losses, State]:
    y, state = run_window(model, encode_words(model.word_encoder, window.words)[window.inputs], state)
    found = [likelihoods(h.flatten(0, 1), ids.flatten()) for h, ids in zip(y, window.targets)]
    return Losses(-torch.stack([values.double().sum() for values in found]), window.targets[0].numel()), state


def _exp(mean: float) -> float:
    return math.exp(mean) if mean < 700 else math.inf
