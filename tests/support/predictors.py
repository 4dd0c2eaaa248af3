"""Tiny language models with a softmax."""

from __future__ import annotations

from pathlib import Path

from spacy_elmo.bilm import BiLM
from spacy_elmo.formats import Head, Pretrained, model_directory
from spacy_elmo.prediction import LanguageModel
from tests.support.random_models import random_head, random_model

VOCABULARY = ("<S>", "</S>", "<UNK>", "the", "bank", "river", "shore", "Bank", "of", ".")
TEXT = "We sat on the [bank] of the river ."


def make_predictor(model: BiLM | None = None, head: Head | None = None) -> LanguageModel:
    """Return a language model over VOCABULARY with random weights."""
    model = random_model() if model is None else model
    head = random_head(model, words=VOCABULARY) if head is None else head
    return LanguageModel(Pretrained(model, {"lang": "en"}, head), "tiny")


def write_predictor(folder: Path, **types: str) -> Path:
    """Write the same as a model directory and return its path; types as of `model_directory.write`."""
    model = random_model()
    head = random_head(model, words=VOCABULARY)
    model_directory.write(folder, model, {"name": "tiny", "lang": "en"}, head=head, **types)
    return folder
