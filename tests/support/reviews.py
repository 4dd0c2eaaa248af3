"""Sentences with a sentiment and pairs with an entailment, written for tests, and pipelines that learn them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import fix_random_seed

from project.paper.components import bcn, esim  # noqa: F401  (registers them)
from project.paper.layers import lstm  # noqa: F401  (likewise)
from project.paper.readers.corpus import copy_given
from project.paper.readers.entailment import make_pair
from tests.support.pipelines import LISTENER, recipe

GOOD, BAD = ("good", "funny", "clever", "warm"), ("bad", "dull", "silly", "cold")
SUBJECTS = ("the film", "this play")
OPPOSITES = {"sleeps": "runs", "runs": "sleeps", "eats": "sings", "sings": "eats"}
WHO = ("a man", "the girl", "a dog")
ENCODER = {"@architectures": "spacy-elmo-paper.BiLSTM.v1", "width": 12, "depth": 1, "dropout": 0.0}
PAIR = {"@architectures": "spacy-elmo-paper.PartsTok2Vec.v1", "parts": "hypothesis"}


def make_reviews(nlp: Language) -> list[Example]:
    """Sixteen sentences, half of them positive."""
    examples = []
    for words, subject, is_good in ((words, subject, words is GOOD) for words in (GOOD, BAD) for subject in SUBJECTS):
        for word in words:
            doc = nlp.make_doc(f"{subject} is {word} .")
            doc.cats = {"pos": float(is_good), "neg": float(not is_good)}
            examples.append(Example(copy_given(doc, []), doc))
    return examples


def make_pairs(nlp: Language) -> list[Example]:
    """Twenty-four pairs: the same action follows, another one does not."""
    examples = []
    for who, (verb, other), follows in product(WHO, OPPOSITES.items(), (True, False)):
        doc = make_pair(nlp, f"{who} {verb} .", f"somebody {verb if follows else other} .")
        doc.cats = {"entailment": float(follows), "not_entailment": float(not follows)}
        examples.append(Example(copy_given(doc, ["hypothesis"]), doc))
    return examples


def make_classifier(head: str, tiny_model: Path | None) -> tuple[Language, list[Example]]:
    """Return a pipeline that is not initialized, with ELMo if there is a model, and examples for it."""
    fix_random_seed(0)
    nlp = spacy.blank("en")
    if tiny_model is not None:
        nlp.add_pipe("elmo", config={"pretrained": str(tiny_model)})
    elmo = LISTENER if tiny_model is not None else None
    tok2vec = recipe(ENCODER, input=elmo, output=elmo) | (PAIR if head == "ESIM" else {})
    sizes = {"width": 12, "hidden_size": 12, "dropout": 0.0}
    model = {"@architectures": f"spacy-elmo-paper.{head}.v1", "tok2vec": tok2vec, **sizes}
    nlp.add_pipe("textcat", config={"model": model})
    return nlp, (make_reviews if head == "BCN" else make_pairs)(nlp)


def unlabeled(example: Example) -> Doc:
    """Return a new Doc of an example, with its input alone."""
    return example.predicted.copy()
