"""All that decides a run, as plain values and functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterable, Mapping, Sequence

from torch import nn, optim

from ...bilm import BiLM, BiLMConfig
from ...formats import Head
from ...formats.pretrained import Meta
from ..corpus.shards import Document
from ..network.softmax import AdaptiveSoftmax, FullSoftmax, SampledSoftmax, Softmax, bytes_needed
from .optimizer import Schedule
from .trainer import Limits

Documents = Callable[[], Iterable[Document]]


@dataclass(frozen=True)
class Text:
    """What is read.

    train: returns the documents. heldout: returns others, or the share or number of documents to hold out.
    sources: facts (JSON) by which a change of the text shows.
    max_words, min_count: of the vocabulary. vocabulary: words to take instead of counting; None to count.
    """

    train: Documents
    heldout: Documents | float
    sources: Mapping[str, Any]
    max_words: int | None = None
    min_count: int = 1
    vocabulary: Sequence[str] | None = None


@dataclass(frozen=True)
class Start:
    """A trained model to go on from: its parts as `load_model` returns them. name: for messages and meta.json."""

    name: str
    model: BiLM
    meta: Meta
    head: Head | None


@dataclass(frozen=True)
class SoftmaxChoice:
    """A softmax before its vocabulary is known.

    kind: "sampled", "adaptive" or "full". n_samples: negatives of the first.
    cutoffs, div_value: of the second, see `AdaptiveSoftmax`.
    """

    kind: str
    n_samples: int = 8192
    cutoffs: Sequence[int] | None = None
    div_value: float = 4.0

    def make(self, counts: Sequence[int], width: int, head: Head | None, *, sparse: bool) -> Softmax:
        """Return the softmax. head: where to start from; an adaptive one starts anew. sparse: of the gradients."""
        if self.kind == "adaptive":
            return AdaptiveSoftmax(counts, width, cutoffs=self.cutoffs, div_value=self.div_value)
        if self.kind == "full":
            return FullSoftmax(counts, width, head=head)
        return SampledSoftmax(counts, width, head=head, n_samples=self.n_samples, sparse=sparse)

    def bytes_needed(self, n_words: int, width: int, *, rows: int, slots: int) -> int:
        """Estimate the memory to train it in."""
        sizes = {"n_samples": self.n_samples, "div_value": self.div_value}
        return bytes_needed(self.kind, n_words, width, rows=rows, slots=slots, **sizes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class OptimizerChoice:
    """An optimizer before its parameters are known. slots: numbers that it keeps for each parameter."""

    make: Callable[[Iterable[nn.Parameter]], optim.Optimizer]
    learn_rate: Schedule
    slots: int


@dataclass(frozen=True)
class Recipe:
    """A run.

    lang: code of the language, for meta.json.
    dimensions: returns the configuration of a new model, given its vocabulary; not called where there is a start.
    lanes: rows of a batch, over all processes. steps: tokens of a lane in a step, through which gradients go back.
    dropout: share of numbers that are dropped in training. clip_norm: of all gradients together; None for none.
    limits: where the run ends.
    eval_frequency: steps from one evaluation and checkpoint to the next. keep_checkpoints: how many stay.
    seed: of all that is random. threads: of torch in each process; None for its default.
    Raises ValueError for numbers that cannot be.
    """

    lang: str
    text: Text
    dimensions: Callable[[Sequence[str]], BiLMConfig]
    softmax: SoftmaxChoice
    optimizer: OptimizerChoice
    limits: Limits
    start: Start | None = None
    lanes: int = 64
    steps: int = 20
    dropout: float = 0.1
    clip_norm: float | None = 1.0
    eval_frequency: int = 500
    keep_checkpoints: int = 2
    seed: int = 0
    threads: int | None = None

    def __post_init__(self) -> None:
        for key in ("lanes", "steps", "eval_frequency", "keep_checkpoints"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key} = {getattr(self, key)}: must be at least 1")
        if self.clip_norm is not None and self.clip_norm <= 0:
            raise ValueError(f"clip_norm = {self.clip_norm}: must be above 0, or null for no clipping")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads = {self.threads}: must be at least 1, or null for torch's own number")
        if self.seed < 0:
            raise ValueError(f"seed = {self.seed}: must be at least 0")
