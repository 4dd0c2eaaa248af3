"""The tasks of the workflows: components, scores and corpora."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project.shared.arguments import Parser, folder_name
from project.shared.workspace import Workspace

SPLITS = ("train", "dev", "test")
SOURCES = "sources.json"  # in the folder of a converted corpus; the last to be written


@dataclass(frozen=True)
class Task:
    """What a workflow trains and reports.

    Attributes:
        pipeline: Names of the components.
        scores: spaCy's name of each score that is reported, and what tables call it; the first decides.
        corpus: The corpus where none is given.
        files: Its files below `assets/`, with `{split}` for train, dev and test.
        epochs: Passes over the training data.
        recipes: Recipes of pipelines with ELMo that are tried.
        with_default: Whether spaCy's default is tried too.
        seeds: One training each.
    """

    pipeline: tuple[str, ...]
    scores: dict[str, str]
    corpus: str
    files: str
    epochs: int
    recipes: tuple[str, ...] = ("listener", "paper")
    with_default: bool = True
    seeds: tuple[int, ...] = (0, 1, 2)

    def file(self, split: str) -> str:
        """Return the path of a file of the corpus below `assets/`."""
        return self.files.format(split=split)


TASKS = {
    "quickstart": Task(
        ("tagger", "ner"),
        {"tag_acc": "UPOS", "ents_f": "entity F"},
        corpus="sample",
        files="sample/{split}.conllu",
        epochs=12,
        recipes=("paper",),
        with_default=False,
        seeds=(0,),
    ),
    "tagger": Task(
        ("tagger", "morphologizer"),
        {"tag_acc": "XPOS", "pos_acc": "UPOS"},
        corpus="ud_english_ewt",
        files="tagging/ud_english_ewt/en_ewt-ud-{split}.conllu",
        epochs=4,
    ),
    "ner": Task(
        ("ner",),
        {"ents_f": "entity F"},
        corpus="wnut17",
        files="ner/wnut17/{split}.iob",
        epochs=10,
    ),
    "parser": Task(
        ("parser",),
        {"dep_las": "LAS", "dep_uas": "UAS"},
        corpus="ud_english_ewt",
        files="tagging/ud_english_ewt/en_ewt-ud-{split}.conllu",
        epochs=3,
        recipes=("paper",),
    ),
    "textcat": Task(
        ("textcat",),
        {"cats_micro_f": "accuracy"},
        corpus="sentence_polarity",
        files="sentiment/sentence_polarity/{split}.tsv",
        epochs=5,
        recipes=("paper",),
    ),
}


@dataclass(frozen=True)
class TaskFiles:
    """Where the files of a task on a corpus are.

    Attributes:
        workspace: The project.
        task: The name of the task.
        name: The name of the corpus, "" for the task's own.
    """

    workspace: Workspace
    task: str
    name: str = ""

    @property
    def corpus_name(self) -> str:
        """Return the name of the corpus."""
        return self.name or TASKS[self.task].corpus

    @property
    def corpus(self) -> Path:
        """Return the folder of the converted corpus."""
        return self.workspace.corpus / self.task / self.corpus_name

    @property
    def models(self) -> Path:
        """Return the folder of the trained pipelines."""
        return self.workspace.training / self.task / self.corpus_name

    @property
    def results(self) -> Path:
        """Return the JSON lines of the results."""
        return self.workspace.results / self.task / f"{self.corpus_name}.jsonl"


def task_parser(description: str) -> Parser:
    """Return a parser of what every step takes: a task and the name of a corpus."""
    parser = Parser(description)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--name", default="", type=folder_name, help="of the corpus")
    return parser


def after_step(step: str, task: str) -> str:
    """Return the remedy for what a step leaves behind and is not there yet."""
    return f"run the step `{step}` first, with --vars.task {task}"


def read_sources(folder: Path) -> dict[str, Any] | None:
    """Return what a corpus was converted from, None where it is not there whole."""
    try:
        sources = json.loads((folder / SOURCES).read_text(encoding="utf8"))
        return sources if {"lang", "files", "md5"} <= set(sources) and isinstance(sources["md5"], dict) else None
    except (OSError, ValueError, TypeError, RecursionError):
        return None
