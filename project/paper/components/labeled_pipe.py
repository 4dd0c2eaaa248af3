"""What components have whose labels come from their examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacy.pipeline import TrainablePipe
from thinc.api import Model


class LabeledPipe(TrainablePipe):
    """A component that keeps its labels with its settings.

    Args:
        vocab: That of the pipeline.
        model: What it predicts by.
        name: Name of the component.
        scorer: Scores predictions; None for no scores.
    """

    def __init__(
        self, vocab: Any, model: Model[Any, Any], name: str = "labeled_pipe", *, scorer: Callable | None = None
    ):
        super().__init__(vocab, model, name, labels=[])
        self.scorer = scorer

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels; none before `initialize`."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> tuple[str, ...]:
        """What `initialize` takes as `labels`."""
        return self.labels
