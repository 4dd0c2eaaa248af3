"""One run: a system trained with a seed, and scored."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import srsly
from spacy.cli.init_config import init_config
from thinc.api import Config

from project.shared.pipelines.processes import RunError, circumstances, run_python, share_threads, weights_digest
from spacy_elmo.models.load import find_model
from spacy_elmo.pipeline.recipes import make_config

from .results import Result
from .tasks import SOURCES, TASKS, TaskFiles, after_step, read_sources

DEFAULT = "spaCy's default"
BASELINE = " without ELMo"
EVAL_FREQUENCY = 200  # steps


@dataclass(frozen=True)
class Settings:
    """What all runs of an experiment share.

    Attributes:
        files: The task and its corpus.
        lang: The language of the pipelines.
        pretrained: A model name, a model directory or published weights.
        epochs: Passes over the training data, 0 for as many as the task sets.
        jobs: Runs at a time; they share the cores.
    """

    files: TaskFiles
    lang: str
    pretrained: str
    epochs: int
    jobs: int


class Run:
    """A system trained with a seed.

    Args:
        settings: What it shares with the other runs.
        system: What is trained: spaCy's default, or a recipe with or without ELMo.
        seed: The seed of the training.
    """

    def __init__(self, settings: Settings, system: str, seed: int):
        self.settings, self.files, self.system, self.seed = settings, settings.files, system, seed
        self.config = make_system(settings, system)
        if (sources := read_sources(self.files.corpus)) is None:
            raise RunError(f"{self.files.corpus / SOURCES}: missing or broken; {after_step('corpus', self.files.task)}")
        self.sources = sources
        has_elmo = system != DEFAULT and not system.endswith(BASELINE)
        self.weights = weights_digest(settings.pretrained) if has_elmo else ""
        self.pretrained = _model_name(settings.pretrained) if has_elmo else ""
        identity = f"{self.config.to_str()} {seed} {self.sources['md5']} {self.weights}"
        self.key = hashlib.md5(identity.encode("utf8")).hexdigest()
        self.folder = self.files.models / f"{system.replace(' ', '-')}-{seed}-{self.key[:8]}"

    @property
    def name(self) -> str:
        """Return what the run is called in messages."""
        return f"{self.system}, seed {self.seed}"

    @property
    def log(self) -> Path:
        """Return the file of what its processes print."""
        return self.folder / "log.txt"

    def score(self, split: str) -> Result:
        """Train, unless it is for the test data, and return what there is to know of the run.

        Args:
            split: "dev" or "test".

        Returns:
            The line of the results.

        Raises:
            RunError: If the training or the evaluation fails, or there is no trained pipeline to test.
        """
        facts = self._train() if split == "dev" else {}
        if not (self.folder / "model-best").is_dir():
            remedy = "remove its line from the results, and train it again"
            raise RunError(f"{self.folder / 'model-best'}: the pipeline that was trained is gone; {remedy}")
        found = self.folder / f"{split}.json"
        data = [self.files.corpus / f"{split}.spacy", "--train", self.files.corpus / "train.spacy"]
        self._call("-m", "project.features.scripts.evaluate", self.folder / "model-best", *data, "--output", found)
        measured = srsly.read_json(found)
        names = {"key": self.key, "task": self.files.task, "system": self.system, "seed": self.seed, "split": split}
        model = str((self.folder / "model-best").relative_to(self.files.workspace.root))
        return {**names, "model": model, **measured, **facts, **self._circumstances()}

    def _train(self) -> Result:
        """Return seconds and peak memory of `spacy train`, evaluations included."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config.to_disk(self.folder / "config.cfg")
        paths = [f"--paths.{split}={self.files.corpus / split}.spacy" for split in ("train", "dev")]
        start = time.perf_counter()
        peak = self._call(
            *("-m", "spacy", "train", self.folder / "config.cfg", "--output", self.folder),
            *(*paths, f"--system.seed={self.seed}"),
        )
        shutil.rmtree(self.folder / "model-last")
        return {"train_seconds": time.perf_counter() - start, "train_peak_mb": peak}

    def _call(self, *arguments: object) -> float | None:
        """Run Python with its share of the cores, and return its peak memory in MB."""
        return run_python(list(arguments), log=self.log, threads=share_threads(self.settings.jobs), name=self.name)

    def _circumstances(self) -> Result:
        return {
            "lang": self.settings.lang,
            "corpus": self.sources,
            "config": self.config.to_str(),
            "pretrained": self.pretrained,
            "weights_md5": self.weights,
            **circumstances(),
            "runs_at_a_time": self.settings.jobs,
        }


def make_system(settings: Settings, system: str) -> Config:
    """Return the training config of a system. All learn from the gold tokens, in the same batches, for as long."""
    task = TASKS[settings.files.task]
    if system == DEFAULT:
        config = init_config(lang=settings.lang, pipeline=list(task.pipeline), optimize="efficiency", gpu=False)
    else:
        recipe, baseline = system.removesuffix(BASELINE), system.endswith(BASELINE)
        config = make_config(
            lang=settings.lang,
            pipeline=task.pipeline,
            pretrained=settings.pretrained,
            recipe=recipe,
            baseline=baseline,
        )
    epochs = settings.epochs or task.epochs
    config["training"] |= {"max_epochs": epochs, "max_steps": 0, "patience": 0, "eval_frequency": EVAL_FREQUENCY}
    for corpus in ("train", "dev"):
        config["corpora"][corpus]["gold_preproc"] = True
    return config


def _model_name(pretrained: str) -> str:
    """Return the name of a model directory, or of the folder of a published file."""
    found = find_model(pretrained)
    return found.name if found.is_dir() else found.absolute().parent.name
