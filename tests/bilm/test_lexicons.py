import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spacy_elmo.bilm import ConfigError
from spacy_elmo.bilm.lexicons import LexiconEncoder, LexiconSpelling
from tests.support.random_models import ENTRIES, LETTERS, LEXICONS, SENTENCE, random_lexicon_model

ROW = {letter: row + 1 for row, letter in enumerate(LETTERS)}
any_text = st.text(st.characters(exclude_categories=[]))  # lone surrogates and controls included


def ids(word: str, max_characters: int = 9) -> list[int]:
    return LexiconSpelling(LETTERS).whole([word], max_characters)[0].tolist()


def spell(*letters: str) -> list[int]:
    return [ROW[letter] for letter in letters]


def test_a_word_is_its_characters_between_markers_that_are_swapped():
    assert ids("ab", 6) == spell("<eow>", "a", "b", "<bow>", "<pad>", "<pad>")


def test_unknown_characters_have_an_id_of_their_own():
    assert ids("aZ\ud800", 7) == spell("<eow>", "a", "<oov>", "<oov>", "<bow>", "<pad>", "<pad>")


def test_characters_are_of_unicode_and_so_is_the_cut():
    assert ids("\U0001d518" * 9, 7) == spell("<eow>", *["\U0001d518"] * 5, "<bow>")


@pytest.mark.parametrize("word", ["<bos>", "<eos>"])
def test_sentence_markers_are_one_character(word: str):
    assert ids(word, 5) == spell("<eow>", word, "<bow>", "<pad>", "<pad>")


def test_other_special_entries_are_spelled():
    assert ids("<pad>") == spell("<eow>", "<oov>", "<oov>", "a", "d", "<oov>", "<bow>", "<pad>", "<pad>")


@given(st.lists(any_text), st.integers(7, 60))
def test_any_strings_give_a_row_each(words: list[str], max_characters: int):
    found = LexiconSpelling(LETTERS).whole(words, max_characters).numpy()
    for word, row in zip(words, found):
        if word not in ("<bos>", "<eos>"):
            inner = [letter if letter in ROW else "<oov>" for letter in word[: max_characters - 2]]
            expected = spell("<eow>", *inner, "<bow>")
            expected += spell("<pad>") * (max_characters - len(expected))
            np.testing.assert_array_equal(row, expected)
    assert found.shape == (len(words), max_characters)


def test_unknown_words_have_the_row_of_oov():
    rows = random_lexicon_model().word_encoder.word_rows(["bank", "Bank", "<oov>", ""])
    assert rows.tolist() == [5, 0, 0, 0]


def test_words_are_cut_before_they_are_looked_up():
    encoder = LexiconEncoder(LEXICONS, 6, (*ENTRIES[:-1], "x" * 48), LETTERS)
    assert encoder.word_rows(["x" * 48, "x" * 49, "x" * 47]).tolist() == [6, 6, 0]


def test_sentences_stand_between_its_own_markers():
    model = random_lexicon_model()
    outputs, _ = model([["<S>"], ["<bos>"]])
    vectors = model.word_vectors(["<S>", "<bos>"])
    for output, vector in zip(outputs, vectors):
        torch.testing.assert_close(output[0, 0, :6], vector)
    assert not torch.allclose(vectors[0], vectors[1])


def test_its_forget_bias_is_in_the_weights():
    lstm = random_lexicon_model().forward_layers[0]
    assert torch.equal(lstm.gate_bias(), lstm.input.bias)


def test_gradients_reach_all_of_it():
    model = random_lexicon_model().requires_grad_(True)
    sum(output.sum() for output in model([SENTENCE])[0]).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_no_words_have_no_vectors():
    assert random_lexicon_model().word_vectors([]).shape == (0, 6)


@pytest.mark.parametrize("left_out", ["<bos>", "<eos>", "<oov>", "<pad>", "<bow>", "<eow>"])
def test_a_lexicon_of_characters_must_have_the_special_entries(left_out: str):
    letters = ["x" if letter == left_out else letter for letter in LETTERS]
    with pytest.raises(ConfigError, match=f"lexicon of characters: {left_out} missing"):
        LexiconEncoder(LEXICONS, 6, ENTRIES, letters)


def test_a_lexicon_must_be_as_long_as_its_embedding():
    with pytest.raises(ConfigError, match="n_words = 7: the lexicon has 6 entries"):
        LexiconEncoder(LEXICONS, 6, ENTRIES[1:], LETTERS)
