"""Docs with made-up vectors, for tests without a biLM."""

import numpy as np
import spacy
from spacy.tokens import Doc

from spacy_elmo.tokens.data import ElmoData, set_data, token_offsets
from spacy_elmo.tokens.mix import mix_layers

WIDTH = 4
WORDS = ["New", "York", "is", " ", "big"]
VOCAB = spacy.blank("en").vocab


def make_doc(words=WORDS, *, vocab=None, store="layers", dtype="float32", name="elmo"):
    """Return a Doc with random layers; those of whitespace are zero, as the pipe leaves them."""
    doc = Doc(vocab or VOCAB, words=words)
    layers = np.random.default_rng(0).normal(size=(3, len(doc), WIDTH)).astype(dtype)
    layers[:, [token.is_space for token in doc]] = 0
    weights = np.full(3, 1 / 3, dtype="float32")
    mixed = mix_layers(layers, weights) if store == "mix" else None
    stored = None if store == "mix" else layers
    set_data(doc, ElmoData(layers=stored, mixed=mixed, weights=weights, offsets=token_offsets(doc)), name)
    return doc
