"""One run: a pipeline trained with a seed, and scored."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import srsly

from project.shared.pipelines.processes import RunError, circumstances, run_python, share_threads
from project.shared.results import Result
from project.shared.workspace import Workspace

from .configs import make_config
from .experiments import Cell, Planned, make_cell
from .sources.datasets import Notes, count_share
from .systems import Weights
from .tasks import TASKS

UNSEEN = "tasks"  # the experiment in which words that training did not have are scored apart


class Shared:
    """What all runs share.

    Args:
        workspace: The project.
        notes: Of the corpora, by dataset.
        weights: By system.
        epochs: Passes over all of the training data, 0 for as many as a task sets.
        jobs: Runs at a time; they share the cores.
    """

    def __init__(
        self,
        workspace: Workspace,
        notes: Mapping[str, Notes],
        weights: Mapping[str, Weights],
        *,
        epochs: int = 0,
        jobs: int = 1,
    ):
        self.workspace, self.notes, self.weights, self.epochs, self.jobs = workspace, notes, weights, epochs, jobs


class Run:
    """A cell trained with a seed.

    Args:
        shared: What it shares with the other runs.
        planned: What it is.
    """

    def __init__(self, shared: Shared, planned: Planned):
        self.shared, self.planned, self.cell = shared, planned, planned.cell
        self.task = TASKS[self.cell.task]
        self.notes, self.weights = shared.notes[self.task.dataset], shared.weights[self.cell.system]
        train = self.notes.splits["train"]
        self.epochs = self.cell.count_epochs(shared.epochs)
        self.docs = count_share(self.cell.share, train.docs, train.words)
        self.words = round(train.words * self.docs / train.docs)
        limit = 0 if self.cell.share == 1 else self.docs
        self.config = _make_text(self.cell, self.epochs, self.docs, self.words, limit)
        self.digests = {split: part.md5 for split, part in self.notes.splits.items()}
        decides = [self.config, planned.seed, self.digests, self.weights.md5]
        self.key = hashlib.md5(json.dumps(decides).encode("utf8")).hexdigest()
        self.folder = shared.workspace.training / self.cell.task / f"{self.cell.system}-{planned.seed}-{self.key[:8]}"

    @property
    def name(self) -> str:
        """Return what the run is called in messages."""
        usual = make_cell(self.cell.task, self.cell.system).variant
        changes = [f"{key} {value}" for key, value in self.cell.variant.items() if value != usual[key]]
        share = [f"{100 * self.cell.share:g}% of the data"] if self.cell.share < 1 else []
        return ", ".join([f"{self.cell.task} {self.cell.system}", *changes, *share, f"seed {self.planned.seed}"])

    @property
    def log(self) -> Path:
        """Return the file of what its processes print."""
        return self.folder / "log.txt"

    @property
    def has_test(self) -> bool:
        """Return whether it is scored on the test data, too."""
        return self.planned.is_tested and "test" in self.notes.splits

    def score(self, split: str) -> Result:
        """Train, unless it is for the test data, and return what there is to know of the run.

        Args:
            split: "dev" or "test".

        Returns:
            The line of the results.

        Raises:
            RunError: The training or the evaluation fails, or there is no trained pipeline to test.
        """
        model = self.folder / "model-best"
        if split == "dev":
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            (self.folder / "config.cfg").write_text(self.config, encoding="utf8")
        elif not model.is_dir():
            remedy = "remove the line of the run from the results, and train it again"
            raise RunError(f"{model}: the pipeline that was trained is gone; {remedy}")
        corpus = self.shared.workspace.corpus / self.task.dataset
        settings = json.dumps({"system.seed": self.planned.seed, **dict(self.weights.paths)})
        unseen = ["--unseen"] if self.task.is_by_words and UNSEEN in self.planned.experiments else []
        peak = self._call([self.cell.task, self.folder, corpus, split, settings, *unseen])
        measured = srsly.read_json(self.folder / f"{split}.json")
        measured["bytes"] += self.weights.extra_bytes
        if split == "dev":
            measured["train_peak_mb"] = peak
            if not self.has_test:
                shutil.rmtree(model)
        return {**self.facts, "split": split, **measured, **circumstances(), "runs_at_a_time": self.shared.jobs}

    def _call(self, arguments: Sequence[object]) -> float | None:
        """Run the training and the evaluation with a share of the cores, and return the peak memory in MB."""
        command = ["-m", "project.paper.scripts.train", *arguments]
        return run_python(command, log=self.log, threads=share_threads(self.shared.jobs), name=self.name)

    @property
    def facts(self) -> Result:
        """Return what is known of it before it is done."""
        return {
            "key": self.key,
            "task": self.cell.task,
            "experiment": list(self.planned.experiments),
            "system": self.cell.system,
            "variant": self.cell.variant,
            "share": self.cell.share,
            "seed": self.planned.seed,
            "epochs": self.epochs,
            "pretrained": self.weights.name,
            "weights_md5": self.weights.md5,
            "corpus": {
                "files": self.digests,
                "sample": self.notes.sample,
                "words": self.words,
                "docs": self.docs,
            },
            "config": self.config,
        }


@cache
def _make_text(cell: Cell, epochs: int, docs: int, words: int, limit: int) -> str:
    """Return a config as text; runs with other seeds have the same."""
    text: str = make_config(cell, epochs=epochs, docs=docs, words=words, limit=limit).to_str()
    return text
