"""All that decides a run, as plain values and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import torch
from torch import nn, optim

from ...bilm import BiLMConfig
from ...formats import Head, Pretrained
from ...text.readers import Document
from ...util.checks import check_choice
from ..corpus.prepare import CorpusSettings
from ..network.head import change_vocabulary
from ..network.products import Precision
from ..network.softmax import AdaptiveSoftmax, FullSoftmax, SampledSoftmax, Softmax, log_unigram
from ..optimizers import Optimizer, Schedule
from .limits import Limits
from .memory import adaptive_softmax_bytes, softmax_bytes

Documents: TypeAlias = Callable[[], Iterable[Document]]


@dataclass(frozen=True)
class Text:
    """What is read.

    Attributes:
        train: Returns the documents.
        dev: Returns documents that are held out. None to choose them from the others, see `CorpusSettings`.
        corpus: How they are prepared.
    """

    train: Documents
    dev: Documents | None
    corpus: CorpusSettings


class SoftmaxChoice:
    """A softmax before its vocabulary is known.

    Attributes:
        name: For messages.
        uses_all_parameters: Whether every step does.
    """

    name: ClassVar[str]
    uses_all_parameters: ClassVar[bool] = True

    def make(self, counts: Sequence[int], width: int, head: Head | None, *, sparse: bool) -> Softmax:
        """Return the softmax.

        Args:
            counts: (words,), how often each word of the vocabulary occurs.
            width: Of the vectors.
            head: Where to start from. None to start anew.
            sparse: Whether its gradients may be sparse.
        """
        raise NotImplementedError

    def bytes_needed(self, n_words: int, width: int, *, rows: int, slots: int) -> int:
        """Estimate the memory that training it takes; arguments as of `memory.softmax_bytes`."""
        raise NotImplementedError


@dataclass(frozen=True)
class FullChoice(SoftmaxChoice):
    """A `FullSoftmax`."""

    name = "full"

    def make(self, counts: Sequence[int], width: int, head: Head | None, *, sparse: bool) -> Softmax:
        return FullSoftmax(counts, width, head=head)

    def bytes_needed(self, n_words: int, width: int, *, rows: int, slots: int) -> int:
        return softmax_bytes(n_words, width, candidates=n_words, rows=rows, slots=slots)


@dataclass(frozen=True)
class SampledChoice(SoftmaxChoice):
    """A `SampledSoftmax`.

    Attributes:
        n_samples: Number of negatives.
    """

    name = "sampled"
    n_samples: int = 8192

    def make(self, counts: Sequence[int], width: int, head: Head | None, *, sparse: bool) -> Softmax:
        return SampledSoftmax(counts, width, head=head, n_samples=self.n_samples, sparse=sparse)

    def bytes_needed(self, n_words: int, width: int, *, rows: int, slots: int) -> int:
        return softmax_bytes(n_words, width, candidates=self.n_samples, rows=rows, slots=slots)


@dataclass(frozen=True)
class AdaptiveChoice(SoftmaxChoice):
    """An `AdaptiveSoftmax`, which always starts anew.

    Attributes:
        cutoffs: See `AdaptiveSoftmax`.
        div_value: See `AdaptiveSoftmax`.
    """

    name = "adaptive"
    uses_all_parameters = False  # those of a rare cluster only where one of its words comes up
    cutoffs: Sequence[int] | None = None
    div_value: float = 4.0

    def make(self, counts: Sequence[int], width: int, head: Head | None, *, sparse: bool) -> Softmax:
        return AdaptiveSoftmax(counts, width, cutoffs=self.cutoffs, div_value=self.div_value)

    def bytes_needed(self, n_words: int, width: int, *, rows: int, slots: int) -> int:
        return adaptive_softmax_bytes(n_words, width, div_value=self.div_value, rows=rows, slots=slots)


@dataclass(frozen=True)
class OptimizerChoice:
    """An optimizer before its parameters are known.

    Attributes:
        make: Makes it from parameters.
        learn_rate: The rate of each step.
        slots: Numbers that are kept for each parameter, an average among them.
        average_decay: Of the moving averages of parameters, see `Averages`. None for none.
    """

    make: Callable[[Iterable[nn.Parameter]], optim.Optimizer]
    learn_rate: Schedule
    slots: int
    average_decay: float | None = None

    def build(self, module: nn.Module, *, clip_norm: float | None) -> Optimizer:
        """Return the optimizer of a module's parameters; clip_norm as of `Optimizer`."""
        return Optimizer(
            module,
            make=self.make,
            learn_rate=self.learn_rate,
            clip_norm=clip_norm,
            average_decay=self.average_decay,
        )


@dataclass(frozen=True)
class RunSettings:
    """A run.

    Attributes:
        lang: Code of the language, for meta.json.
        text: What is read.
        dimensions: Returns the configuration of a new model, given its vocabulary; not called where there is a start.
        softmax: Over the vocabulary.
        optimizer: Of all parameters.
        limits: Where the run ends.
        start: A model to go on from, None for a new one.
        start_name: Its name, for meta.json.
        batch_size: Lanes of text side by side, over all processes.
        unroll_steps: Tokens of a lane in a step, through which gradients go back.
        dropout: Share of numbers that are dropped in training.
        clip_norm: Upper bound of the norm of all gradients together. None for none.
        precision: Of what products multiply, as of `Objective`.
        frozen: Whether the start stays as it is, and the softmax alone is trained, without dropout.
        eval_frequency: Steps from one evaluation and checkpoint to the next.
        keep_checkpoints: How many of the newest stay.
        seed: Of all that is random.
        threads: Of torch in each process. None for its default.

    Raises:
        ValueError: A number cannot be.
    """

    lang: str
    text: Text
    dimensions: Callable[[Sequence[str]], BiLMConfig]
    softmax: SoftmaxChoice
    optimizer: OptimizerChoice
    limits: Limits
    start: Pretrained | None = None
    start_name: str = ""
    batch_size: int = 64
    unroll_steps: int = 20
    dropout: float = 0.1
    clip_norm: float | None = 1.0
    precision: Precision = "float32"
    frozen: bool = False
    eval_frequency: int = 500
    keep_checkpoints: int = 2
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        for key in ("batch_size", "unroll_steps", "eval_frequency", "keep_checkpoints"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} = {getattr(self, key)}: must be at least 1")
        if self.clip_norm is not None and self.clip_norm <= 0:
            raise ValueError(f"clip_norm = {self.clip_norm}: must be above 0, or null for no clipping")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads = {self.threads}: must be at least 1, or null for torch's own number")
        check_choice("precision", self.precision, Precision)
        if self.seed < 0:
            raise ValueError(f"seed = {self.seed}: must be at least 0")
        if self.frozen and self.start is None:
            problem = "frozen = true: trains the softmax alone, and there is no model for it"
            raise ValueError(f"{problem}; name one by --init, or set it to false to train a new one")
        if self.frozen and isinstance(self.softmax, AdaptiveChoice):
            problem = "frozen = true: trains the softmax alone, and model directories keep no adaptive one"
            raise ValueError(f"{problem}; take the sampled or the full one")

    def start_head(self, words: tuple[str, ...], counts: Sequence[int], width: int) -> Head | None:
        """Return the softmax that a run begins with. None for one of random numbers.

        Args:
            words: The vocabulary.
            counts: (words,), how often each occurs.
            width: Of the vectors.
        """
        head = None if self.start is None else self.start.head
        if head is None and self.frozen:  # only what is trained with the vectors has a symmetry to break
            return Head(words, torch.zeros(len(words), width), log_unigram(counts))
        return head if head is None or head.words == words else change_vocabulary(head, words, counts)
