"""The tasks of the workflows: components, scores and corpora."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Task:
    """What a workflow trains and reports.

    pipeline: names of the components. scores: spaCy's name of each score that is reported, and what tables call it; the
    first decides. corpus, files: the corpus where none is given, its train, dev and test file below `assets/`.
    epochs: passes over the training data. recipes: those that are tried. with_default: whether spaCy's default is too.
    """

    pipeline: tuple[str, ...]
    scores: dict[str, str]
    corpus: str
    files: tuple[str, str, str]
    epochs: int
    recipes: tuple[str, ...] = ("listener", "paper")
    with_default: bool = True


EWT = "tagging/ud_english_ewt"
EWT_FILES = tuple(f"{EWT}/en_ewt-ud-{split}.conllu" for split in SPLITS)
WNUT_FILES = tuple(f"ner/wnut17/{split}.iob" for split in SPLITS)
POLARITY_FILES = tuple(f"sentiment/sentence_polarity/{split}.tsv" for split in SPLITS)
SAMPLE_FILES = tuple(f"sample/{split}.conllu" for split in SPLITS)

TASKS = {
    "quickstart": Task(
        ("tagger", "ner"), {"tag_acc": "UPOS", "ents_f": "entity F"}, "sample", SAMPLE_FILES, 12, ("paper",), False
    ),
    "tagger": Task(("tagger", "morphologizer"), {"tag_acc": "XPOS", "pos_acc": "UPOS"}, "ud_english_ewt", EWT_FILES, 3),
    "ner": Task(("ner",), {"ents_f": "entity F"}, "wnut17", WNUT_FILES, 10),
    "parser": Task(("parser",), {"dep_las": "LAS", "dep_uas": "UAS"}, "ud_english_ewt", EWT_FILES, 3, ("paper",)),
    "textcat": Task(
        ("textcat",), {"cats_micro_f": "accuracy"}, "sentence_polarity", POLARITY_FILES, 5, ("paper",)
    ),
}


def corpus_folder(task: str, name: str) -> Path:
    """Return where the converted corpus of a task is; name: of the corpus, "" for the task's own."""
    return PROJECT / "corpus" / task / (name or TASKS[task].corpus)


def results_file(task: str, name: str) -> Path:
    """Return the JSON lines of the results of a task on a corpus."""
    return PROJECT / "results" / task / f"{name or TASKS[task].corpus}.jsonl"


def models_folder(task: str, name: str) -> Path:
    """Return where the trained pipelines of a task on a corpus are."""
    return PROJECT / "training" / task / (name or TASKS[task].corpus)
