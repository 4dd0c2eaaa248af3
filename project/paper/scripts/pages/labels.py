"""Names for people: tasks and systems, and what the paper says of them (Peters et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .. import tasks

BASELINE, ELMO = "tok2vec", "elmo"
SYSTEMS = {BASELINE: "baseline", ELMO: "ELMo", "floret": "floret vectors", "transformer": "small transformer"}


class Published(NamedTuple):
    """Table 1 of the paper: a task, scores without and with ELMo, and the share of the errors that are gone."""

    task: str
    baseline: str
    elmo: str
    fewer: str


class Task(NamedTuple):
    """A task of this project.

    Attributes:
        name: What is done, and on which data.
        measure: The score.
        published: The task of the paper that is nearest to it, if any.
    """

    name: str
    measure: str
    published: Published | None = None


SQUAD = Published("SQuAD, F1", "81.1", "85.8", "24.9%")
SNLI = Published("SNLI, accuracy", "88.0", "88.7", "5.8%")
ROLES = Published("OntoNotes, F1", "81.4", "84.6", "17.2%")
COREFERENCE = Published("OntoNotes, mean F1", "67.2", "70.4", "9.8%")
ENTITIES = Published("CoNLL 2003, F1", "90.15", "92.22", "21%")
SENTIMENT = Published("SST-5, accuracy", "51.4", "54.7", "6.8%")

TASKS = {
    "tagging": Task("Parts of speech, EWT", "XPOS"),
    "parsing": Task("Dependencies, EWT", "LAS"),
    "ner-wnut17": Task("NER by spaCy, WNUT-17", "F1", ENTITIES),
    "ner-bc5cdr": Task("NER by spaCy, BC5CDR", "F1", ENTITIES),
    "crf-wnut17": Task("NER by a CRF, WNUT-17", "F1", ENTITIES),
    "crf-bc5cdr": Task("NER by a CRF, BC5CDR", "F1", ENTITIES),
    "sentiment": Task("Sentiment by BCN, polarity", "accuracy", SENTIMENT),
    "sentiment-textcat": Task("Sentiment by textcat, polarity", "accuracy", SENTIMENT),
    "sentiment-sst5": Task("Sentiment by BCN, SST-5", "accuracy", SENTIMENT),
    "srl": Task("Semantic roles, PropBank", "F1", ROLES),
    "coref": Task("Coreference, LitBank", "mean F1", COREFERENCE),
    "qa": Task("Questions, QAMR", "F1", SQUAD),
    "qa-squad": Task("Questions, SQuAD", "F1", SQUAD),
    "entailment-sick": Task("Entailment, SICK", "accuracy", SNLI),
    "entailment-dnc": Task("Entailment, DNC", "accuracy", SNLI),
    "entailment-snli": Task("Entailment, SNLI", "accuracy", SNLI),
}
SCORES = {  # beside the first one of a task
    **{"dep_uas": "UAS", "ents_p": "precision", "ents_r": "recall", "srl_p": "precision", "srl_r": "recall"},
    **{"coref_muc_f": "MUC", "coref_b3_f": "B3", "coref_ceafe_f": "CEAF-e", "answer_em": "exact match"},
}


def in_order(names: Iterable[str]) -> list[str]:
    """Return tasks, each once, in the order above."""
    found = set(names)
    return [task for task in TASKS if task in found]


def first_score(task: str) -> str:
    """Return spaCy's name of the score that decides in a task."""
    return tasks.TASKS[task].scores[0]


def task_name(task: str, share: float = 1.0) -> str:
    """Return what a task is called, with the share of the training data where it is not all."""
    return TASKS[task].name + (f", {100 * share:g}% of the data" if share < 1 else "")


def system_name(system: str) -> str:
    """Return what a system is called."""
    return SYSTEMS.get(system, system)
