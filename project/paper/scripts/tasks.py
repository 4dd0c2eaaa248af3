"""The tasks of the paper: what is trained, on what, how it is scored, and for how long."""

from __future__ import annotations

import argparse
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

import spacy

from project.paper.components import code  # noqa: F401  (registers components and architectures)
from project.paper.layers.parts import HYPOTHESIS, QUESTION, Parts
from project.shared.arguments import Parser, StepError, names_of

from .sources.datasets import DATASETS

Block = dict[str, Any]
USERS = [name for name, dataset in DATASETS.items() if not dataset.folder]  # of which the user has the files


@dataclass(frozen=True)
class Task:
    """What is trained and scored.

    Attributes:
        factory: The component.
        dataset: What it learns from.
        scores: spaCy's names of its scores; the first decides.
        epochs: Passes over the training data.
        batch: Docs in a batch; 0 for batches of words.
        model: The component's model but for its `tok2vec`; None for its default.
        given: Groups of spans that are input; None where the component is to find the sentences itself.
        parts: Of Docs, which the encoder reads by themselves; None where it reads all at once.
        encoder: Settings of its cells where they are not their defaults.
        learn_rate: Of the optimizer.
        loss: What the gradients are of: the sum of the losses of words or of texts, or the mean of a batch.
        is_by_words: Whether words that training did not have are scored apart.
    """

    factory: str
    dataset: str
    scores: tuple[str, ...]
    epochs: int
    batch: int = 0
    model: Block | None = None
    given: tuple[str, ...] | None = ()
    parts: Parts | None = None
    encoder: Block = field(default_factory=dict)
    learn_rate: float = 0.001
    loss: Literal["words", "texts", "mean"] = "words"
    is_by_words: bool = False

    def make_component(self, tok2vec: Block) -> Block:
        """Return the component's block of a config. One that has the encoder itself has what comes behind it, too."""
        defaults = spacy.blank("en").get_factory_meta(self.factory).default_config or {}
        model = {**deepcopy(self.model or defaults["model"]), "tok2vec": tok2vec}
        if "output" in model:
            model |= {"tok2vec": {**tok2vec, "output": None}, "output": tok2vec["output"]}
        return {"factory": self.factory, "model": model}


LABELS = ("tag_acc",)
ARCS = ("dep_las", "dep_uas")
ENTITIES = ("ents_f", "ents_p", "ents_r")
ACCURACY = ("cats_micro_f",)  # which it is where classes are exclusive
ROLES = ("srl_f", "srl_p", "srl_r")
CLUSTERS = ("coref_conll_f", "coref_muc_f", "coref_b3_f", "coref_ceafe_f")
ANSWERS = ("answer_f1", "answer_em")
BCN, ESIM = ({"@architectures": f"spacy-elmo-paper.{name}.v1"} for name in ("BCN", "ESIM"))
BOTH: Block = {"place": "both"}  # before the encoder and behind it, as in the paper
CNN: Block = {"encoder": "cnn", "depth": 4, **BOTH}  # the best of the search: recipe `paper` of init-config
WIDE: Block = {**CNN, "width": 192, "dropout": 0.15}  # better for the tagger, and twice as long to train
CRF_ENCODER: Block = {"depth": 2, "encoder_dropout": 0.5}  # two layers, as in the paper
RARE: Block = {**BOTH, "form": "shape"}  # entities are others in each text, so words learned by heart mislead
NO_ENCODER: Block = {"encoder": "none"}  # it comes behind the mark of the predicate


def _entailment(dataset: str, epochs: int) -> Task:
    pair: dict[str, Any] = {"given": (HYPOTHESIS,), "parts": HYPOTHESIS}
    return Task("textcat", dataset, ACCURACY, epochs, batch=32, model=ESIM, loss="texts", encoder=BOTH, **pair)


def _questions(dataset: str, epochs: int) -> Task:
    pair: dict[str, Any] = {"given": (QUESTION,), "parts": QUESTION}
    return Task("answer_span", dataset, ANSWERS, epochs, batch=32, loss="mean", encoder=BOTH, **pair)


TASKS = {
    "tagging": Task("tagger", "ud_english_ewt", LABELS, 4, encoder=WIDE, is_by_words=True),
    "parsing": Task("parser", "ud_english_ewt", ARCS, 3, given=None, encoder=CNN, is_by_words=True),
    "ner-wnut17": Task("ner", "wnut17", ENTITIES, 10, encoder={**CNN, **RARE}, is_by_words=True),
    "ner-bc5cdr": Task("ner", "bc5cdr", ENTITIES, 5, encoder=CNN, is_by_words=True),
    "crf-wnut17": Task("ner_crf", "wnut17", ENTITIES, 10, encoder={**CRF_ENCODER, **RARE}, is_by_words=True),
    "crf-bc5cdr": Task("ner_crf", "bc5cdr", ENTITIES, 5, encoder=CRF_ENCODER, is_by_words=True),
    "sentiment": Task("textcat", "sentence_polarity", ACCURACY, 4, batch=32, model=BCN, loss="texts"),
    "sentiment-textcat": Task("textcat", "sentence_polarity", ACCURACY, 4, loss="texts", encoder=CNN),
    "srl": Task("srl", "propbank_ewt", ROLES, 3, given=("predicates",), encoder=NO_ENCODER),
    "coref": Task("coref", "litbank", CLUSTERS, 20, batch=1, parts="sentences", learn_rate=0.004, loss="mean"),
    "qa": _questions("qamr", 3),
    "entailment-sick": _entailment("sick", 16),
    "entailment-dnc": _entailment("dnc", 3),
    "sentiment-sst5": Task("textcat", "sst", ACCURACY, 2, batch=32, model=BCN, loss="texts"),
    "qa-squad": _questions("squad", 3),
    "entailment-snli": _entailment("snli", 2),
}


def task_parser(description: str) -> Parser:
    """Return a parser of what the steps take that work with tasks."""
    parser = Parser(description)
    parser.add_argument(
        "--tasks", default=[], type=names_of(TASKS, "task"), help="with commas between them; empty for all"
    )
    for name in USERS:
        parser.add_argument(f"--{name}", default="", help="a folder with its files; empty: its task is left out")
    return parser


def choose_tasks(args: argparse.Namespace) -> list[str]:
    """Return the tasks that are asked for, or all but those whose files the user has not given.

    Raises:
        StepError: A task is asked for, and the folder of its files is missing.
    """
    for task in args.tasks:
        if not _has_data(args, task):
            name = TASKS[task].dataset
            raise StepError(f"{name} is missing: the folder of the files that the task {task} learns from")
    return args.tasks or [task for task in TASKS if _has_data(args, task)]


def _has_data(args: argparse.Namespace, task: str) -> bool:
    name = TASKS[task].dataset
    return name not in USERS or bool(getattr(args, name).strip())


def share(value: str) -> float:
    """Return a number above 0 and at most 1."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{value!r}: must be a number above 0 and at most 1, as 0.05")
    return number
