"""Perplexity: exp of the mean negative log likelihood of a token, by a softmax over the whole vocabulary.

Text is read as in training: sentences one after the other with their markers, all of which are predicted, and the state
of the LSTMs carried on. So it is the perplexity that bilm-tf reports.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR
from tempfile import TemporaryDirectory, gettempdir
from typing import NamedTuple

import torch

from ...bilm.model import BiLM, State
from ...formats import Head
from ...text.readers import Document
from ...util.lock import lock
from ..corpus.mapped import Corpus
from ..corpus.prepare import CorpusSettings, prepare_corpus
from ..corpus.vocabulary import MARKERS, UNK_ID
from ..corpus.windows import Window, Windows
from ..network.char_cnn import encode_words
from ..network.head import Likelihoods
from ..network.lstm import run_window
from ..network.objective import Losses
from .distributed import World

SCRATCH, LOCK = "spacy-elmo-perplexity-", ".lock"
SETTLED = 60  # seconds after which a folder without a living owner has lost it, and is not just being made
UNROLL_STEPS, BATCH_SIZE = 20, 32
LANE_TOKENS = 500  # at least, where there is text for it: each lane starts without context


class Perplexity(NamedTuple):
    """How well a text was predicted.

    Attributes:
        forward: Of the forward direction.
        backward: Of the backward direction.
        mean: Of both, exp of the mean of their losses.
        n_tokens: Number of predictions in each direction.
    """

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

    Args:
        model: Whose state is carried on.
        evaluate: Returns the losses of a window and the state after it, without gradients.
        windows: What to measure.
        world: The processes that share the lanes. None for this one alone.
    """
    state = model.zero_state(len(windows.lanes))
    totals = torch.zeros(3, dtype=torch.float64)
    for index in range(windows.n_windows()):
        losses, state = evaluate(windows.window(0, index), state)
        totals[:2] += losses.sums.double().cpu()
        totals[2] += losses.n_tokens
    forward, backward, n_tokens = (totals if world is None else world.sum(totals)).tolist()
    both = (forward + backward) / 2
    return Perplexity(_exp(forward / n_tokens), _exp(backward / n_tokens), _exp(both / n_tokens), int(n_tokens))


def evaluation_windows(
    corpus: Corpus, *, batch_size: int, unroll_steps: int, rank: int = 0, world: int = 1
) -> Windows:
    """Return the windows to measure a corpus in: the more text, the more lanes.

    Args:
        corpus: What to measure.
        batch_size: Lanes at most.
        unroll_steps: Tokens of a lane in a window at most.
        rank: Number of this process.
        world: Number of processes, which share the lanes.
    """
    n_tokens = corpus.n_tokens - 1
    sizes = [n for n in range(1, batch_size + 1) if batch_size % n == 0 and n % world == 0]
    lanes = max((n for n in sizes if n * LANE_TOKENS <= n_tokens), default=world)
    steps = max(1, min(unroll_steps, n_tokens // lanes))
    return Windows(corpus, batch_size=lanes, unroll_steps=steps, seed=0, rank=rank, world=world)


class TextPerplexity(NamedTuple):
    """How well a text was predicted, and what of it the vocabulary covers.

    Attributes:
        perplexity: Of the text.
        n_words: Its number of words.
        unknown: Share of them that were predicted as `<UNK>`.
    """

    perplexity: Perplexity
    n_words: int
    unknown: float


def text_perplexity(
    model: BiLM, head: Head, documents: Iterable[Document], *, words: Sequence[str] | None = None
) -> TextPerplexity:
    """Return the perplexity of documents. Memory does not grow with them.

    Args:
        model: The model.
        head: Its softmax, on the device of the model.
        documents: What to measure.
        words: The vocabulary that is predicted, None for that of the head. With one vocabulary for all, models are
            compared on the same targets, see `Likelihoods`. Markers are put in front of it where it has none.

    Raises:
        CorpusError: The documents have no words.
        ValueError: The head has no `<UNK>`.
    """
    words = head.words if words is None else (*MARKERS, *(word for word in words if word not in MARKERS))
    likelihoods = Likelihoods(head, words)
    with _scratch() as folder:
        prepared = prepare_corpus(documents, folder / "corpus", CorpusSettings(vocabulary=words, dev_size=0))
        corpus = prepared.train
        windows = evaluation_windows(corpus, batch_size=BATCH_SIZE, unroll_steps=UNROLL_STEPS)
        found = measure(model, lambda window, state: _evaluate(model, likelihoods, window, state), windows)
        unknown = prepared.vocabulary.counts[UNK_ID] / corpus.n_words
        return TextPerplexity(found, corpus.n_words, float(unknown))


@contextmanager
def _scratch() -> Iterator[Path]:
    """Yield a temporary folder. Those that killed processes of this user left, with the texts in them, are removed."""
    user = getattr(os, "getuid", int)()
    for left in Path(gettempdir()).glob(f"{SCRATCH}*/{LOCK}"):
        with suppress(OSError):
            found = left.parent.lstat()
            if not S_ISDIR(found.st_mode) or found.st_uid != user or time.time() - found.st_mtime < SETTLED:
                continue
            with lock(left, doing="is at work"):
                shutil.rmtree(left.parent, ignore_errors=True)
    with TemporaryDirectory(prefix=SCRATCH) as folder, lock(Path(folder) / LOCK, doing="is at work"):
        yield Path(folder)


@torch.no_grad()
def _evaluate(model: BiLM, likelihoods: Likelihoods, window: Window, state: State) -> tuple[Losses, State]:
    window = window.to(model.device)
    y, state = run_window(model, encode_words(model.word_encoder, window.words)[window.inputs], state)
    found = [likelihoods(h.flatten(0, 1), ids.flatten()) for h, ids in zip(y, window.targets)]
    return Losses(-torch.stack([values.double().sum() for values in found]), window.targets[0].numel()), state


def _exp(mean: float) -> float:
    return math.exp(mean) if mean < 700 else math.inf
