from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import CharacterInput
from spacy_elmo.bilm.inference.char_cnn import CharacterVectors, TableVectors
from spacy_elmo.bilm.word_encoder import CharacterEncoder
from tests.support.random_models import CHARACTERS, CONFIG, random_model, random_table_model

TOLERANCE = 1e-6  # the same sums in another order
WORDS = ["<S>", "</S>", "", " ", "a", "the", "é" * 30, "日本語", "a\ud800b", "\0", "x" * 38, "x" * 39, "x" * 10_000]
INPUTS = {
    "as published": CHARACTERS,
    "tanh": replace(CHARACTERS, activation="tanh"),
    "no highway": replace(CHARACTERS, n_highway=0),
    "filters in no order": CharacterInput(3, ((5, 2), (1, 3), (5, 1), (2, 4)), n_highway=1),
    "a filter as wide as the word": CharacterInput(3, ((1, 2), (9, 4)), n_highway=1, max_characters=9),
    "short words": replace(CHARACTERS, max_characters=8),
    "no projection": CharacterInput(3, ((1, 2), (3, 4)), n_highway=1, projection=False),
}


def fast_and_plain(
    settings: CharacterInput, words: list[str], *, word_cache: int = 100
) -> tuple[np.ndarray, np.ndarray]:
    model = random_model(replace(CONFIG, input=settings))
    vectors = CharacterVectors(model.word_encoder, width=6, word_cache=word_cache)
    with torch.inference_mode():
        return vectors(words).numpy(), model.word_vectors(words).numpy()


@pytest.mark.parametrize("name", INPUTS)
def test_character_vectors_equal_the_plain_ones(name):
    fast, plain = fast_and_plain(INPUTS[name], WORDS)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=60), unique=True, min_size=1, max_size=20))
def test_any_words(words):
    fast, plain = fast_and_plain(CHARACTERS, words)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE)


def test_more_words_than_a_block_and_the_cache_hold():
    fast, plain = fast_and_plain(CHARACTERS, [f"word{i}" for i in range(1200)], word_cache=7)
    np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE)


def test_short_words_are_not_run_through_all_positions(monkeypatch):
    model = random_model()
    vectors = CharacterVectors(model.word_encoder, width=6, word_cache=100)
    monkeypatch.setattr(CharacterEncoder, "word_ids", None)
    with torch.inference_mode():
        assert vectors(["the", "bank"]).shape == (2, 6)


@pytest.mark.parametrize("unknown", ["row", "zeros"])
def test_table_vectors_equal_the_plain_ones(unknown):
    model = random_table_model(unknown)
    words = ["bank", "nowhere", "<S>", "<UNK>"]
    with torch.inference_mode():
        assert torch.equal(TableVectors(model.word_encoder)(words), model.word_vectors(words))


def test_a_table_refuses_unknown_words():
    with pytest.raises(KeyError, match="nowhere"):
        TableVectors(random_table_model("error").word_encoder)(["bank", "nowhere"])
