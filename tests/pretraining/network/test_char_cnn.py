from dataclasses import replace

import pytest
import torch

from spacy_elmo.bilm import CharacterInput, WordInput
from spacy_elmo.bilm.lexicons import LexiconEncoder
from spacy_elmo.bilm.word_encoder import CharacterEncoder, WordTable
from spacy_elmo.pretraining.network.char_cnn import encode_ids, encode_words, outside_words
from tests.support.random_models import ENTRIES, LETTERS, LEXICONS
from tests.support.training_kernels import each_kernel, use

CONFIG = CharacterInput(embedding_size=4, filters=((1, 4), (2, 5), (5, 3)), n_highway=2)
WORDS = [
    "<S>",
    "</S>",
    "",
    "a",
    "aaaa",
    "é",
    "bank",
    "Bank",
    "x" * 40,
    "ab" * 21,
    "y" * 43,
    "z" * 44,
    "w" * 60,
    "\ud800",
]


def gradients(encoder, encode, words):
    encoder.zero_grad()
    vectors = encode(words)
    (vectors * torch.sin(torch.arange(vectors.numel(), dtype=torch.float32)).view_as(vectors)).sum().backward()
    return [vectors.detach(), *(p.grad.clone() for p in encoder.parameters())]


@each_kernel
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("piece", [1, 200, 2**18])
@pytest.mark.parametrize("changes", [{}, {"activation": "tanh"}, {"n_highway": 0}, {"max_characters": 6}])
def test_vectors_and_gradients_are_those_of_the_character_encoder(changes, piece, threads, kernel, monkeypatch):
    use(kernel, monkeypatch)
    monkeypatch.setattr("spacy_elmo.pretraining.network.char_cnn.PIECE", piece)
    torch.manual_seed(0)
    encoder = CharacterEncoder(replace(CONFIG, **changes), 6)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = gradients(encoder, lambda words: encode_words(encoder, words), WORDS)
    finally:
        torch.set_num_threads(before)
    expected = gradients(encoder, lambda words: encoder(encoder.word_ids(words)), WORDS)
    for ours, theirs in zip(found, expected, strict=True):
        # Sums in another order: float32 rounding, relative to the largest number of a tensor.
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@each_kernel
@pytest.mark.parametrize("changes", [{}, {"max_characters": 6}])
def test_ids_of_one_shape_give_the_same(changes, kernel, monkeypatch):
    use(kernel, monkeypatch)
    monkeypatch.setattr("spacy_elmo.pretraining.network.char_cnn.GPU_PIECE", 5 * 50 * 12)  # a few words at once
    torch.manual_seed(0)
    encoder = CharacterEncoder(replace(CONFIG, **changes), 6)
    ids, outside = encoder.word_ids(WORDS), outside_words(encoder)
    found = gradients(encoder, lambda words: encode_ids(encoder, ids, outside), WORDS)
    expected = gradients(encoder, lambda words: encoder(ids), WORDS)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).abs().max() <= 1e-5 * theirs.abs().max()  # sums in another order


@pytest.mark.parametrize("sizes", [{}, {"n_words": 0, "word_size": 0}])
def test_vectors_and_gradients_are_those_of_the_lexicon_encoder(sizes):
    torch.manual_seed(0)
    config = replace(LEXICONS, **sizes)
    encoder = LexiconEncoder(config, 6, ENTRIES[: config.n_words], LETTERS)
    words = ["bank" if word == "Bank" else word for word in WORDS[2:]] + ["the", "River"]
    found = gradients(encoder, lambda words: encode_words(encoder, ["<S>", "</S>", *words]), words)
    expected = gradients(encoder, lambda words: encoder(encoder.word_ids(["<bos>", "<eos>", *words])), words)
    for ours, theirs in zip(found, expected, strict=True):
        # Sums in another order, of which most cancel.
        assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


def test_words_come_out_in_the_order_they_were_given():
    encoder = CharacterEncoder(CONFIG, 6)
    one_by_one = torch.cat([encode_words(encoder, [word]) for word in WORDS])
    torch.testing.assert_close(encode_words(encoder, WORDS), one_by_one)  # products of other sizes round otherwise


def test_words_of_a_table_are_its_rows():
    table = WordTable(WordInput(3), 6, ("<S>", "</S>", "<UNK>"))
    vectors = encode_words(table, ["</S>", "bank"])
    assert torch.equal(vectors, table.embedding.weight[[1, 2]])
    vectors.sum().backward()
    assert table.embedding.weight.grad.sum(dim=1).tolist() == [0, 6, 6]
