"""The fast path against the plain model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import BiLM
from spacy_elmo.bilm.inference import kernels
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.bilm.inference.lanes import pack
from tests.support.random_models import CHARACTERS, CONFIG, SENTENCE, random_model, random_table_model

pytestmark = pytest.mark.usefixtures("path")

TOLERANCE = 1e-5  # single precision, with sums in another order
SENTENCES = [
    SENTENCE,
    [],
    ["<S>", "a", "</S>", "a", "a"],
    ["x" * 10_000, "é" * 30, "日本語", "a\ud800b", "\0", " ", ""],
    ["one"],
    [f"word{i}" for i in range(70)],
    [],
]
VARIANTS: dict[str, dict[str, Any]] = {
    "as published": {},
    "one layer": {"n_layers": 1},
    "four layers": {"n_layers": 4},
    "no skip connections": {"skip_connections": False, "n_layers": 3},
    "no clips": {"cell_clip": None, "projection_clip": None},
    "cell clip only": {"projection_clip": None, "cell_clip": 0.3},
    "projection clip only": {"cell_clip": None, "projection_clip": 0.1},
    "tanh": {"input": replace(CHARACTERS, activation="tanh")},
    "no highway": {"input": replace(CHARACTERS, n_highway=0)},
    "three highways": {"input": replace(CHARACTERS, n_highway=3)},
    "short words": {"input": replace(CHARACTERS, max_characters=8)},
    "no character projection": {"input": replace(CHARACTERS, projection=False), "projection_size": 12},
    "no LSTM projection": {"hidden_size": 8, "projection_size": 8, "lstm_projection": False},
    "wider projection than cells": {"hidden_size": 4, "projection_size": 9},
    "larger": {"hidden_size": 64, "projection_size": 16},
}


def strong_model(**changes: Any) -> BiLM:
    """A random model whose activations and clips matter."""
    model = random_model(replace(CONFIG, **changes))
    for name, parameter in model.named_parameters():
        parameter.mul_(2 if "layers" in name else 1)
    return model


def plain(model: BiLM, sentences: list[list[str]], initial_state: str = "warm") -> np.ndarray:
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # products this small only wait with more
    with torch.inference_mode():
        outputs, _ = model(sentences, model.initial_state(initial_state, len(sentences)))
    torch.set_num_threads(before)
    return torch.cat(outputs, dim=1).numpy()


def assert_agrees(model: BiLM, sentences: list[list[str]] = SENTENCES, **options: Any) -> None:
    expected = plain(model, sentences, options.get("initial_state", "warm"))
    np.testing.assert_allclose(Encoder(model, **options).encode(sentences), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("initial_state", ["warm", "zeros"])
@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_agrees_with_the_plain_model(name, initial_state):
    assert_agrees(strong_model(**VARIANTS[name]), initial_state=initial_state)


@pytest.mark.parametrize("prepack", [True, False, "auto"])
@pytest.mark.parametrize("large", [1, kernels.LARGE])
def test_every_kernel_agrees_with_the_plain_model(monkeypatch, prepack, large):
    monkeypatch.setattr(kernels, "LARGE", large)
    assert_agrees(strong_model(), SENTENCES * 20, prepack=prepack)


@pytest.mark.parametrize("unknown", ["row", "zeros"])
def test_word_tables_agree_with_the_plain_model(unknown):
    assert_agrees(random_table_model(unknown), [["the", "bank", "nowhere"], [], ["<UNK>"]])


def test_a_word_table_may_refuse_words():
    with pytest.raises(KeyError, match="nowhere"):
        Encoder(random_table_model("error")).encode([["the"], ["nowhere"]])


lengths = st.lists(st.integers(0, 30), max_size=40)


@settings(deadline=None, max_examples=40)
@given(lengths, st.integers(1, 200), st.integers(0, 10), st.randoms(use_true_random=False))
def test_any_lengths_repeated_words_and_settings(lengths, max_batch_words, word_cache, random):
    sentences = [[random.choice(["a", "bank", "the", "river", "é"]) for _ in range(length)] for length in lengths]
    if sentences:
        assert_agrees(strong_model(), sentences, max_batch_words=max_batch_words, word_cache=word_cache)


@settings(deadline=None, max_examples=20)
@given(lengths.filter(any), st.integers(1, 50))
def test_any_number_of_lanes(lengths, max_lanes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_elmo.bilm.inference.engine.pack", lambda sizes: pack(sizes, max_lanes))
        assert_agrees(strong_model(), [[f"w{i % 7}" for i in range(length)] for length in lengths])


def test_a_sentence_longer_than_a_batch():
    assert_agrees(strong_model(), [["a", "b", "c"] * 100], max_batch_words=64)


def test_a_sentence_has_the_same_vectors_in_any_company():
    encoder = Encoder(strong_model(), max_batch_words=50)
    alone = [encoder.encode([sentence]) for sentence in SENTENCES]
    for order in (range(len(SENTENCES)), range(len(SENTENCES))[::-1]):
        together = encoder.encode([SENTENCES[i] for i in order])
        np.testing.assert_allclose(together, np.concatenate([alone[i] for i in order], axis=1), rtol=0, atol=TOLERANCE)


def test_the_same_calls_give_the_same_bits():
    first, second = Encoder(strong_model()), Encoder(strong_model())
    for _ in range(2):
        assert np.array_equal(first.encode(SENTENCES), second.encode(SENTENCES))


@pytest.mark.parametrize("sentences", [[], [[]], [[], []]])
def test_no_words(sentences):
    assert Encoder(random_model()).encode(sentences).shape == (3, 0, 12)


@pytest.mark.parametrize("layers", [[0], [1], [2], [2, 0], [1, 1], []])
def test_chosen_layers_are_those_of_all(layers):
    encoder = Encoder(strong_model())
    np.testing.assert_allclose(
        encoder.encode(SENTENCES, layers=layers), plain(encoder.model, SENTENCES)[layers], rtol=0, atol=TOLERANCE
    )


def test_out_is_filled_and_returned():
    encoder = Encoder(strong_model())
    whole = np.full((3, 50, 12), np.nan, dtype="float32")
    part = whole[:, 10:16]
    assert encoder.encode([SENTENCE], out=part) is part
    np.testing.assert_allclose(part, plain(encoder.model, [SENTENCE]), rtol=0, atol=TOLERANCE)
    assert np.isnan(whole[:, :10]).all()
    assert np.isnan(whole[:, 16:]).all()


@pytest.mark.parametrize("out", [np.zeros((3, 5, 12), "float32"), np.zeros((3, 6, 12), "float64")])
def test_an_out_that_does_not_fit_is_an_error(out):
    with pytest.raises(ValueError, match=r"must be float32 of shape \(3, 6, 12\)"):
        Encoder(random_model()).encode([SENTENCE], out=out)


@pytest.mark.parametrize("layers", [[3], [-1]])
def test_a_layer_that_is_not_there_is_an_error(layers):
    with pytest.raises(ValueError, match="from 0 to 2"):
        Encoder(random_model()).encode([SENTENCE], layers=layers)


@pytest.mark.parametrize("setting", [{"initial_state": "cold"}, {"prepack": "yes"}, {"precision": "half"}])
def test_unknown_settings_are_errors(setting):
    with pytest.raises(ValueError, match="must be one of"):
        Encoder(random_model(), **setting)


def test_word_vectors_are_those_of_the_model():
    encoder = Encoder(random_model())
    words = ["bank", "the", "bank", "<S>", "x" * 100]
    expected = encoder.model.word_vectors(words).numpy()
    np.testing.assert_allclose(encoder.word_vectors(words), expected, rtol=0, atol=TOLERANCE)
    assert encoder.word_vectors([]).shape == (0, 6)


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ("one two", "sentences: must be a list, not str"),
        (5, "sentences: must be a list, not int"),
        (["one two"], r"sentences\[0\]: must be a list, not str"),
        ([["one"], None], r"sentences\[1\]: must be a list, not NoneType"),
        ([["one", 2]], r"sentences\[0\]: words must be strings, not int, str"),
        ([[b"one"]], r"sentences\[0\]: words must be strings, not bytes"),
    ],
)
def test_what_is_no_list_of_words_is_refused(sentences, message):
    with pytest.raises(TypeError, match=message):
        Encoder(random_model(CONFIG)).encode(sentences)


@pytest.mark.parametrize("words", ["one", [1], None])
def test_words_that_are_none_are_refused(words):
    with pytest.raises(TypeError, match="words: "):
        Encoder(random_model(CONFIG)).word_vectors(words)


@pytest.mark.parametrize("layers", [1, "01", [0.5], [3], [-1], ["0"]])
def test_layers_that_are_not_there_are_refused(layers):
    with pytest.raises(ValueError, match="layers = .*must be a list of numbers from 0 to 2"):
        Encoder(random_model(CONFIG)).encode([["one"]], layers=layers)


def test_arrays_of_words_and_of_layers_are_lists():
    encoder = Encoder(random_model(CONFIG))
    given = encoder.encode([np.array(["one", "two"])], layers=np.array([2, 0]))
    assert np.array_equal(given, encoder.encode([["one", "two"]], layers=[2, 0]))


def test_an_array_that_is_read_only_is_refused():
    out = np.empty((3, 1, CONFIG.width), dtype="float32")
    out.flags.writeable = False
    with pytest.raises(ValueError, match="out: is read-only"):
        Encoder(random_model(CONFIG)).encode([["one"]], out=out)
    with pytest.raises(TypeError, match="out: must be a NumPy array, not list"):
        Encoder(random_model(CONFIG)).encode([["one"]], out=[])


@pytest.mark.parametrize("setting", [{"max_batch_words": 0}, {"max_batch_words": "9"}, {"word_cache": -1}])
def test_sizes_out_of_range_are_named(setting):
    with pytest.raises(ValueError, match=f"{next(iter(setting))} = .*must be a whole number"):
        Encoder(random_model(CONFIG), **setting)


def test_a_model_of_another_class_is_refused():
    with pytest.raises(TypeError, match=r"must be a BiLM, as `load_model\(...\).model` is, not str"):
        Encoder("en_elmo_sm")


def test_a_cache_for_which_there_is_no_memory_is_refused():
    with pytest.raises(ValueError, match="word_cache = 1000000000000: there is no memory .*lower it"):
        Encoder(random_model(CONFIG), word_cache=10**12).encode([["one"]])


@pytest.mark.parametrize("max_batch_words", [1, 30, 4096])
def test_texts_are_read_with_their_markers_and_the_state_goes_on(max_batch_words):
    model = strong_model()
    documents = [SENTENCES, [["one"]], [[]], [SENTENCE, SENTENCE]]
    streams = [[["<S>", *sentence, "</S>"] for sentence in document] for document in documents]
    forward = [[word for marked in stream for word in marked][1:] for stream in streams]
    backward = [[word for marked in stream for word in reversed(marked)][1:] for stream in streams]
    found = Encoder(model, initial_state="zeros", max_batch_words=max_batch_words).read(forward, backward)
    for document, part in zip(documents, np.split(found, np.cumsum([len(text) for text in forward])[:-1])):
        state, row = model.zero_state(1), -1
        for sentence in document:
            (layers,), state = model([sentence], state)
            ahead, back = layers[-1].numpy().reshape(-1, 2, 6).transpose(1, 0, 2)
            words = slice(row + 1, row + 1 + len(sentence))
            np.testing.assert_allclose(part[words, :6], ahead, rtol=0, atol=TOLERANCE)
            np.testing.assert_allclose(part[words, 6:], back[::-1], rtol=0, atol=TOLERANCE)
            row += len(sentence) + 2


def test_texts_are_not_read_by_models_that_only_the_plain_path_knows():
    with pytest.raises(ValueError, match="in single precision on a CPU"):
        Encoder(random_model().double()).read([["a"]], [["a"]])
