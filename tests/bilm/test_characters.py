import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_elmo.bilm.characters import characters_to_ids, word_bytes
from tests.support import reference

any_text = st.text(st.characters(exclude_categories=[]))  # lone surrogates and controls included


def ids(word: str, max_characters: int = 50) -> list[int]:
    return characters_to_ids([word], max_characters)[0].tolist()


def test_a_word_is_its_bytes_between_markers_all_one_higher():
    assert ids("ab", 6) == [259, 98, 99, 260, 261, 261]


def test_characters_beyond_ascii_are_several_bytes():
    assert ids("é", 5) == [259, 0xC3 + 1, 0xA9 + 1, 260, 261]


@pytest.mark.parametrize(("word", "marker"), [("<S>", 257), ("</S>", 258)])
def test_sentence_markers_have_ids_of_their_own(word, marker):
    assert ids(word, 5) == [259, marker, 260, 261, 261]


@pytest.mark.parametrize("word", ["<s>", "<UNK>", "<S> ", "S"])
def test_words_like_markers_are_spelled(word):
    assert ids(word)[1 : len(word) + 1] == [byte + 1 for byte in word.encode()]


def test_an_empty_word_is_two_markers():
    assert ids("", 4) == [259, 260, 261, 261]


def test_long_words_are_cut_in_bytes_even_within_a_character():
    word = "a" * 47 + "é"
    assert word_bytes(word) == b"a" * 47 + b"\xc3"
    assert ids(word)[-2:] == [0xC3 + 1, 260]


def test_words_that_share_the_bytes_that_count_are_equal():
    assert ids("x" * 48) == ids("x" * 10_000)


def test_lone_surrogates_are_left_out():
    assert ids("a\ud800b") == ids("ab")


def test_no_words_give_no_rows():
    assert characters_to_ids([]).shape == (0, 50)


@given(st.lists(any_text), st.integers(3, 60))
def test_any_strings_give_a_row_each_as_the_reference_has_it(words, max_characters):
    result = characters_to_ids(words, max_characters)
    expected = [reference.character_ids(word, max_characters) for word in words]
    assert result.dtype.itemsize == 8
    np.testing.assert_array_equal(result, np.array(expected).reshape(len(words), max_characters))
