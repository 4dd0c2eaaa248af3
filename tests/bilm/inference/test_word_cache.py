import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spacy_elmo.bilm.inference.word_cache import LONGEST, WordCache


class Source:
    """Vectors of words, and a record of what was asked for."""

    def __init__(self):
        self.asked: list[list[str]] = []

    def __call__(self, words: list[str]) -> torch.Tensor:
        self.asked.append(words)
        return torch.tensor([[hash(word) % 1000, len(word)] for word in words], dtype=torch.float32)


def look_up(cache: WordCache, *words: str) -> list[str]:
    """Check the vectors. RETURNS: the words that had to be computed."""
    source = Source()
    assert torch.equal(cache.look_up(words, source), Source()(list(words)))
    return source.asked[0] if source.asked else []


def test_known_words_are_not_computed_again():
    cache = WordCache(10, 2)
    assert look_up(cache, "a", "b") == ["a", "b"]
    assert look_up(cache, "b", "c", "a") == ["c"]
    assert look_up(cache, "c", "a") == []


def test_the_word_used_longest_ago_makes_room():
    cache = WordCache(2, 2)
    look_up(cache, "a", "b")
    look_up(cache, "a")
    look_up(cache, "c")
    assert look_up(cache, "a", "c") == []
    assert look_up(cache, "b") == ["b"]


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_more_words_than_there_is_room_for(capacity):
    cache = WordCache(capacity, 2)
    look_up(cache, "a", "b", "c", "d", "e")
    assert len(cache.slots) == capacity
    assert len(look_up(cache, "a", "b", "c", "d", "e")) == 5 - capacity


def test_very_long_words_are_not_kept():
    cache = WordCache(10, 2)
    look_up(cache, "x" * (LONGEST + 1), "y" * LONGEST)
    assert list(cache.slots) == ["y" * LONGEST]


@given(st.integers(0, 5), st.lists(st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), max_size=10))
def test_vectors_are_right_in_any_order_of_use(capacity, calls):
    cache = WordCache(capacity, 2)
    for words in calls:
        look_up(cache, *words)
        assert len(cache.slots) <= capacity
        assert sorted(cache.slots.values()) == list(range(len(cache.slots)))
