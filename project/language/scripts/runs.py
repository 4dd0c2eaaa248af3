"""One run: a pipeline with or without ELMo, trained with a seed, and scored."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import spacy
import srsly
from spacy.language import Language
from thinc.api import Config

from project.shared.arguments import StepError
from project.shared.pipelines.processes import circumstances, run_python, share_threads, weights_digest
from project.shared.results import Result
from spacy_elmo.pipeline.recipes import make_config
from spacy_elmo.util.digests import digest_file

from .results import BASELINE, ELMO, INIT, systems
from .settings import SPLITS, Job, Settings

COMPONENTS = {"tagger": ("XPOS",), "morphologizer": ("UPOS", "FEATS"), "trainable_lemmatizer": ("LEMMA",)}
COMPONENTS["parser"] = ("HEAD",)
EVALUATIONS = 10  # of a training, at least
RARELY = 200  # steps between evaluations, at most


class Runs:
    """What all runs of a language share.

    Args:
        job: The files of the language.
        settings: What is asked for.

    Raises:
        StepError: Where the treebank or the model is not there yet.
    """

    def __init__(self, job: Job, settings: Settings):
        self.job, self.settings = job, settings
        self.components = _find_components(job)
        if not job.model.is_dir():
            raise StepError(f"{job.model}: no model yet; run the step `pretrain` first")
        self.sources = {ELMO: str(job.model), INIT: settings.init}
        self.weights = {system: weights_digest(source) for system, source in self.sources.items() if source}
        self.tokenizer = _digest_folder(job.tokenizer)
        self.blank = spacy.load(job.tokenizer)

    def all(self) -> Iterator[Run]:
        """Yield the runs: with each seed, those without ELMo first, which are done sooner."""
        for seed in self.settings.seeds:
            for kind, system in product(self.job.kinds, systems(self.settings)):
                yield Run(self, kind, system, seed)


class Run:
    """A pipeline trained with a seed.

    Args:
        shared: What it shares with the other runs.
        kind: "treebank" or "ner".
        system: One of `systems`.
        seed: The seed of the training.
    """

    def __init__(self, shared: Runs, kind: str, system: str, seed: int):
        self.shared, self.kind, self.system, self.seed = shared, kind, system, seed
        self.data = {
            path.stem: path for path in (self._folder / f"{split}.spacy" for split in SPLITS) if path.is_file()
        }
        self.config = make_training_config(shared, kind, system, self.data["train"])
        self.weights = shared.weights.get(system, "")
        digests = {split: digest_file(path) for split, path in self.data.items()}
        decides = [self.config.to_str(), seed, digests, self.weights, shared.tokenizer]
        self.key = hashlib.md5(json.dumps(decides).encode("utf8")).hexdigest()
        self.folder = shared.job.pipelines / f"{kind}-{system.replace(' ', '-')}-{seed}-{self.key[:8]}"

    @property
    def _folder(self) -> Path:
        return self.shared.job.treebank if self.kind == "treebank" else self.shared.job.ner

    @property
    def name(self) -> str:
        """Return what the run is called in messages."""
        return f"{self.kind} {self.system}, seed {self.seed}"

    @property
    def log(self) -> Path:
        """Return the file of what its processes print."""
        return self.folder / "log.txt"

    @property
    def model(self) -> Path:
        """Return the folder of the pipeline."""
        return self.folder / "model-best"

    def score(self) -> Result:
        """Train, and return what there is to know of the run. Raises RunError where that fails."""
        job = self.shared.job
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config.to_disk(self.folder / "config.cfg")
        paths: dict[str, Path | str] = {"train": self.data["train"], "dev": self.data["dev"]}
        paths["tokenizer"] = job.tokenizer
        paths |= {"elmo": self.shared.sources[self.system]} if self.weights else {}
        given = [f"--paths.{name}={path}" for name, path in paths.items()]
        start = time.perf_counter()
        peak = self._call(
            *("-m", "spacy", "train", self.folder / "config.cfg", "--output", self.folder),
            *(*given, f"--system.seed={self.seed}"),
        )
        seconds = time.perf_counter() - start
        shutil.rmtree(self.folder / "model-last")
        found = self.folder / "scores.json"
        data = [path for split, path in self.data.items() if split != "train"]
        self._call("-m", "project.language.scripts.evaluate", self.model, self.data["train"], found, *data)
        return {
            "key": self.key,
            "kind": self.kind,
            "system": self.system,
            "seed": self.seed,
            "model": self.model.relative_to(job.workspace.root).as_posix(),
            "config": self.config.to_str(),
            "weights_md5": self.weights,
            **circumstances(),
            "train_seconds": seconds,
            "train_peak_mb": peak,
            "bytes": sum(path.stat().st_size for path in self.model.rglob("*") if path.is_file()),
            **srsly.read_json(found),
        }

    def _call(self, *arguments: object) -> float | None:
        settings = self.shared.settings
        threads = share_threads(settings.jobs, settings.threads)
        return run_python(list(arguments), log=self.log, threads=threads, name=self.name)


def make_training_config(shared: Runs, kind: str, system: str, train: Path) -> Config:
    """Return the training config of a system, in which no path of this machine stands.

    Both systems learn from the same text by the same tokenizer, in the same batches, for as long.
    """
    settings, blank = shared.settings, shared.blank
    config = make_config(
        lang=settings.lang,
        pipeline=["ner"] if kind == "ner" else shared.components,
        pretrained=shared.sources.get(system) or str(shared.job.model),
        recipe=settings.recipe,
        baseline=system == BASELINE,
        tokenizer=blank.config["nlp"]["tokenizer"],
    )
    config["paths"] |= {"elmo": None} if system != BASELINE else {}
    config["paths"]["tokenizer"] = None
    copy = {"@callbacks": "spacy.copy_from_base_model.v1", "tokenizer": "${paths.tokenizer}", "vocab": None}
    config["initialize"] |= {"before_init": copy, "tokenizer": blank.config["initialize"]["tokenizer"]}
    limits = {"max_epochs": settings.epochs, "max_steps": 0, "patience": 0}
    config["training"] |= {**limits, "eval_frequency": _eval_frequency(blank, train, settings.epochs)}
    return config


def _eval_frequency(nlp: Language, train: Path, epochs: int) -> int:
    """Return after how many steps a training is evaluated: it may have few in all."""
    docs = list(spacy.tokens.DocBin().from_disk(train).get_docs(nlp.vocab))
    words = epochs * sum(map(len, docs))
    growing = math.log1p(words * 0.001 / 100) / math.log(1.001)  # steps of batches that begin with 100 words and grow
    return max(1, min(RARELY, int(min(growing, epochs * len(docs)) / EVALUATIONS)))


def _find_components(job: Job) -> list[str]:
    """Return what is trained on the treebank, by its annotation."""
    path = job.treebank / "notes.json"
    try:
        annotation = set(srsly.read_json(path)["figures"].get("annotation", []))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StepError(f"{path}: no Docs of a treebank yet; run the step `treebank` first") from error
    return [component for component, needed in COMPONENTS.items() if annotation & set(needed)]


def _digest_folder(folder: Path) -> dict[str, str]:
    """Return the digests of the files of a tokenizer."""
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name not in ("meta.json", "strings.json")
    )
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}
