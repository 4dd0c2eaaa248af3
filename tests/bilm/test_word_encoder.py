from dataclasses import replace

import pytest
import torch

from spacy_elmo.bilm import ConfigError, WordInput
from spacy_elmo.bilm.word_encoder import CharacterEncoder, Highway, WordTable
from tests.support.random_models import CHARACTERS, WORDS, random_table_model


def test_a_highway_starts_by_mostly_passing_its_input_on():
    torch.manual_seed(0)
    x = torch.randn(5, 8)
    highway = Highway(8)
    torch.nn.init.zeros_(highway.carry.weight)
    gate = torch.sigmoid(torch.tensor(-2.0))
    expected = gate * torch.relu(highway.transform(x)) + (1 - gate) * x
    torch.testing.assert_close(highway(x), expected)


def test_id_zero_is_a_character_without_value():
    encoder = CharacterEncoder(CHARACTERS, 6)
    assert not encoder.embed_characters(torch.zeros(2, 50, dtype=torch.long)).any()


def test_padding_has_a_vector_of_its_own():
    encoder = CharacterEncoder(CHARACTERS, 6)
    embedded = encoder.embed_characters(encoder.word_ids(["a"]))
    assert torch.equal(embedded[0, :, -1], encoder.embedding.weight[260])


def test_a_filter_sees_the_whole_word():
    config = replace(CHARACTERS, filters=((50, 3),), n_highway=0)
    assert CharacterEncoder(config, 6)(CharacterEncoder(config, 6).word_ids(["word"])).shape == (1, 6)


def test_no_words_have_no_vectors():
    encoder = CharacterEncoder(CHARACTERS, 6)
    assert encoder(encoder.word_ids([])).shape == (0, 6)


def test_a_table_gives_the_rows_of_its_words():
    model = random_table_model()
    assert torch.equal(model.word_vectors(["bank", "<S>"]), model.word_encoder.embedding.weight[[4, 0]])


def test_unknown_words_get_the_row_of_unk():
    model = random_table_model("row")
    assert torch.equal(model.word_vectors(["zebra"])[0], model.word_encoder.embedding.weight[2])


def test_unknown_words_get_zeros_where_asked():
    assert not random_table_model("zeros").word_vectors(["zebra"]).any()


def test_unknown_words_are_an_error_where_asked():
    with pytest.raises(KeyError, match="'zebra'; set unknown to 'row' or 'zeros'"):
        random_table_model("error").word_vectors(["the", "zebra"])


@pytest.mark.parametrize("unknown", ["row", "zeros", "error"])
def test_a_table_without_words_asked_for_gives_no_rows(unknown):
    assert random_table_model(unknown).word_vectors([]).shape == (0, 6)


@pytest.mark.parametrize("left_out", ["<S>", "</S>", "<UNK>"])
def test_a_vocabulary_must_have_the_markers(left_out):
    words = tuple(word for word in WORDS if word != left_out)
    with pytest.raises(ConfigError, match=f"vocabulary: {left_out} missing"):
        WordTable(WordInput(len(words), "row"), 6, words)


def test_a_vocabulary_needs_no_unk_where_no_word_gets_its_row():
    words = ("<S>", "</S>", "the")
    assert WordTable(WordInput(3, "zeros"), 6, words).words == words


def test_a_vocabulary_must_have_as_many_words_as_the_table():
    with pytest.raises(ConfigError, match="n_words = 7: the vocabulary has 6 words"):
        WordTable(WordInput(7), 6, WORDS)
