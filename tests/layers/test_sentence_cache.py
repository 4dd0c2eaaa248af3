"""Vectors of sentences that come again."""

import warnings

import numpy as np
import pytest

from spacy_elmo.layers.sentence_cache import SentenceCache

L, WIDTH = 3, 4
BYTES = L * WIDTH * 4  # of a word in single precision
SENTENCES = [("a", "b"), ("c",), (), ("a", "b")]


class Compute:
    """Random vectors of words, and a count of what was asked for."""

    def __init__(self):
        self.asked = []
        self.rng = np.random.default_rng(0)

    def __call__(self, sentences):
        self.asked.extend(sentences)
        return self.rng.normal(size=(L, sum(map(len, sentences)), WIDTH)).astype("float32")


def test_each_sentence_is_computed_once():
    compute, cache = Compute(), SentenceCache(10_000, "float32")
    first = cache.encode(SENTENCES, compute)
    second = cache.encode(SENTENCES, compute)
    assert compute.asked == [("a", "b"), ("c",), ()]
    assert np.array_equal(first, second)
    assert first.shape == (L, 5, WIDTH)
    assert np.array_equal(first[:, :2], first[:, 3:])


def test_lists_and_tuples_of_words_are_the_same_sentence():
    compute, cache = Compute(), SentenceCache(10_000, "float32")
    cache.encode([["a"]], compute)
    cache.encode([("a",)], compute)
    assert len(compute.asked) == 1


def test_half_precision_gives_the_same_numbers_the_first_time_and_later():
    compute, cache = Compute(), SentenceCache(10_000, "float16")
    first, second = cache.encode(SENTENCES, compute), cache.encode(SENTENCES, compute)
    assert first.dtype == np.float16
    assert np.array_equal(first, second)
    assert cache.n_bytes == 3 * BYTES / 2


def test_the_bound_holds_and_is_told_once():
    compute, cache = Compute(), SentenceCache(4 * BYTES, "float32")
    with pytest.warns(UserWarning, match="train_cache_mb = .*full with 4 words"):
        cache.encode([("a", "b"), ("c", "d"), ("e",)], compute)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.encode([("f",)], compute)
    assert cache.n_bytes == 4 * BYTES
    assert ("c", "d") in cache
    assert ("e",) not in cache


def test_what_is_not_kept_is_right_all_the_same():
    compute, cache = Compute(), SentenceCache(0, "float32")
    with pytest.warns(UserWarning, match="full with 0 words"):
        assert cache.encode(SENTENCES, compute).shape == (L, 5, WIDTH)
    assert len(cache) <= 1  # the empty sentence takes nothing


def test_kept_vectors_do_not_keep_the_batch_alive():
    compute, cache = Compute(), SentenceCache(10_000, "float32")
    cache.encode(SENTENCES, compute)
    assert all(layers.base is None for layers in cache._layers.values())


def test_no_sentences():
    assert SentenceCache(0, "float32").encode([], Compute()).shape == (L, 0, WIDTH)


def test_other_text_than_that_of_the_training_ends_it():
    compute, cache = Compute(), SentenceCache(10**9, "float32")
    cache.encode([tuple("abc")], compute)
    cache.note_update()
    cache.encode([tuple(map(str, range(9_000)))], compute)  # an evaluation
    assert not cache.is_over
    cache.note_update()
    for i in range(3):
        cache.max_bytes = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cache.encode([tuple(f"{i}-{j}" for j in range(9_000))], compute)
    assert cache.is_over
