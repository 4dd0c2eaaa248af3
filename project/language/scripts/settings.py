"""What a language is made from, and where its files are: written by the step `check`, read by all others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import srsly

from project.shared.arguments import Parser, StepError, folder_name
from project.shared.workspace import Workspace
from spacy_elmo.util.staging import staged

SPLITS = ("train", "dev", "test")
KINDS = ("treebank", "ner")  # of what pipelines learn from
SUFFIX = "_elmo_sm"  # of the names of models, by the convention of spaCy
FILE = "settings.json"
NOTES = "notes.json"  # of a step: {"notes": [{"level": "info" or "warning", "text": ...}], "figures": {...}}


@dataclass(frozen=True)
class Settings:
    """What is asked for. Paths are absolute.

    Attributes:
        name: The name of the model, and of the folders of its files, as fr_elmo_sm.
        lang: Code of the language.
        segmenter: What splits text without spaces into words, as the language has it; "" for its own choice.
        text: Files, folders and patterns of raw text.
        treebank: Its file, or its files train, dev and test; none where entities alone are to be learned.
        ner: Files with entities, likewise; none where the treebank has them, or there are none.
        init: A model to go on from, "" for none.
        hours: Of pretraining.
        recipe: Of the pipelines: "paper" or "listener".
        seeds: Of the trainings of pipelines.
        epochs: Passes over the treebank.
        jobs: Trainings at a time; they share the threads.
        threads: Of all that is computed. 0 for as many as the machine has cores, or as OMP_NUM_THREADS says.
        facts: Author, license, sources and the like, for the files of models.
        wheels: Which wheels are made: "own" or "all".
    """

    name: str
    lang: str
    segmenter: str
    text: list[str]
    treebank: list[str]
    ner: list[str]
    init: str
    hours: float
    recipe: str
    seeds: list[int]
    epochs: int
    jobs: int
    threads: int
    facts: dict[str, Any]
    wheels: str


@dataclass(frozen=True)
class Job:
    """The files of a language.

    Attributes:
        workspace: The project.
        name: As of its settings.
    """

    workspace: Workspace
    name: str

    @property
    def text(self) -> Path:
        """Return the folder of what is left of the raw text: train.txt, heldout.txt and notes.json."""
        return self.workspace.corpus / self.name / "text"

    @property
    def treebank(self) -> Path:
        """Return the folder of Docs, {train,dev,test}.spacy, where there is a treebank, with notes.json in any case."""
        return self.workspace.corpus / self.name / "treebank"

    @property
    def ner(self) -> Path:
        """Return the folder of Docs with entities, likewise; it is missing where there are none."""
        return self.workspace.corpus / self.name / "ner"

    @property
    def annotated(self) -> Path:
        """Return the folder of Docs that show what text of the language is: the treebank, or those with entities."""
        has_ner, has_treebank = ((folder / "dev.spacy").is_file() for folder in (self.ner, self.treebank))
        return self.ner if has_ner and not has_treebank else self.treebank

    @property
    def kinds(self) -> list[str]:
        """Return which of KINDS there are Docs of."""
        return [kind for kind in KINDS if (self.treebank.with_name(kind) / "train.spacy").is_file()]

    @property
    def tokenizer(self) -> Path:
        """Return the folder of a blank pipeline, whose tokenizer splits raw text, treebank and all later text."""
        return self.workspace.corpus / self.name / "tokenizer"

    @property
    def training(self) -> Path:
        """Return the folder of what is trained, and of the settings."""
        return self.workspace.training / self.name

    @property
    def plan(self) -> Path:
        """Return the config of the pretraining."""
        return self.training / "pretrain.cfg"

    @property
    def asked(self) -> Path:
        """Return the file of what the plan was made for."""
        return self.training / "plan.json"

    @property
    def run(self) -> Path:
        """Return the folder of the pretraining, one for each plan and what it was made for."""
        if not (self.plan.is_file() and self.asked.is_file()):
            return self.training / "pretraining-unplanned"
        digest = hashlib.md5(self.plan.read_bytes() + self.asked.read_bytes()).hexdigest()[:8]
        return self.training / f"pretraining-{digest}"

    @property
    def model(self) -> Path:
        """Return the model directory that the pretraining becomes, with its facts."""
        return self.training / self.name

    @property
    def pipelines(self) -> Path:
        """Return the folder of trained pipelines, one a run."""
        return self.training / "pipelines"

    @property
    def results(self) -> Path:
        """Return the folder of scores and of the report."""
        return self.workspace.results / self.name

    @property
    def packages(self) -> Path:
        """Return the folder of wheels."""
        return self.workspace.packages / self.name

    def settings(self) -> Settings:
        """Return what the step `check` wrote. Raises StepError where it did not."""
        path = self.training / FILE
        try:
            values = srsly.read_json(path)
            return Settings(**{field.name: values[field.name] for field in fields(Settings)})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise StepError(f"{path}: no settings of a language; run the step `check` first") from error

    def keep(self, settings: Settings) -> None:
        """Write settings for the other steps."""
        with staged(self.training, [FILE]) as stage:
            (stage / FILE).write_text(json.dumps(asdict(settings), indent=2, ensure_ascii=False), encoding="utf8")


def read_job(workspace: Workspace, arguments: Sequence[str], description: str) -> tuple[Job, Settings]:
    """Return the files and settings that a step works on, by its arguments: a language, and a name if it has one."""
    parser = Parser(description)
    parser.add_argument("--lang", required=True, help="code of the language")
    parser.add_argument("--name", default="", type=folder_name, help=f"of the model; LANG{SUFFIX} if empty")
    args = parser.parse_args(arguments)
    job = Job(workspace, args.name or f"{args.lang}{SUFFIX}")
    return job, job.settings()


def read_notes(path: Path, *, after: str = "") -> dict[str, Any]:
    """Return what a step noted, {} where nothing can be read.

    Args:
        path: The file.
        after: The step that writes it, where nothing can be done without.

    Raises:
        StepError: It cannot be read, and a step is named.
    """
    try:
        notes = srsly.read_json(path)
        if isinstance(notes, dict):
            return notes
    except (OSError, ValueError):
        pass
    if after:
        raise StepError(f"{path}: no notes of the step `{after}`; run it first")
    return {}
