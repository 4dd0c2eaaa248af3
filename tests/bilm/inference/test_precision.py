"""`precision = "bfloat16"`, with the kernel in C and with torch."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import BiLM, BiLMConfig
from spacy_elmo.bilm.inference import engine, kernels, native
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.models.load import load_model
from tests.bilm.inference.test_encoder import SENTENCES, strong_model
from tests.bilm.inference.test_native import configs, listed_model, some_sentences
from tests.support.random_models import WORDS, random_model

pytestmark = pytest.mark.filterwarnings("ignore:.*bfloat16 is slower")
each_processor = pytest.mark.parametrize("has_bfloat16", [True, False], ids=["instructions", "none"])


@pytest.fixture(scope="module")
def bundled() -> BiLM:
    return load_model("en_elmo_sm").model


def errors(found: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Return (layers, words), how far vectors are apart, relative to their length."""
    return np.linalg.norm(found - want, axis=2) / np.linalg.norm(want, axis=2)


def cosines(found: np.ndarray, want: np.ndarray) -> np.ndarray:
    return (found * want).sum(2) / np.linalg.norm(found, axis=2) / np.linalg.norm(want, axis=2)


@pytest.mark.usefixtures("path")
@each_processor
def test_vectors_are_close_to_those_of_single_precision(bundled: BiLM, monkeypatch, has_bfloat16: bool):
    monkeypatch.setattr(kernels, "has_bfloat16", lambda: has_bfloat16)
    sentences = some_sentences(60)
    found, want = Encoder(bundled, precision="bfloat16").encode(sentences), Encoder(bundled).encode(sentences)
    assert np.array_equal(found[0], want[0])
    assert errors(found, want).mean() < 0.004
    assert errors(found, want).max() < 0.02
    assert cosines(found, want).min() > 0.9998


@settings(deadline=None, max_examples=25)
@given(configs(), st.lists(st.lists(st.sampled_from(WORDS), max_size=9), max_size=9), st.integers(1, 20))
def test_any_shape_agrees_with_products_of_rounded_numbers(config: BiLMConfig, sentences, max_batch_words):
    model = listed_model(config)
    sentences = [["the"], *sentences]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(native.SWITCH, "0")
        want = Encoder(model, precision="bfloat16").encode(sentences)
    for kernel in native.kernels("bfloat16"):
        chosen = {"float32": native.Choice(native.kernels()[0], ""), "bfloat16": native.Choice(kernel, "")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "choose", lambda *_, precision="float32", **__: chosen[precision])  # noqa: B023
            found = Encoder(model, precision="bfloat16", max_batch_words=max_batch_words).encode(sentences)
        # sums in another order, which may round an operand of the next step to another neighbor
        np.testing.assert_allclose(found, want, rtol=0, atol=5e-3)


@pytest.mark.usefixtures("torch_path")
@each_processor
def test_torch_keeps_large_weights_in_any_layout(monkeypatch, has_bfloat16: bool):
    monkeypatch.setattr(kernels, "has_bfloat16", lambda: has_bfloat16)
    monkeypatch.setattr(kernels, "LARGE", 1)
    model = strong_model()
    want = Encoder(model).encode(SENTENCES)
    for prepack in (True, False):
        found = Encoder(model, precision="bfloat16", prepack=prepack).encode(SENTENCES)
        np.testing.assert_allclose(found, want, rtol=0, atol=0.05)


def test_the_kernel_copies_rounded_weights_in_any_case(monkeypatch):
    if not native.kernels():
        pytest.skip("this install has no native kernel")
    monkeypatch.setattr(native, "LARGE", 1)
    encoder = Encoder(random_model(), prepack=False, precision="bfloat16")
    encoder.encode([["a"]])
    assert encoder._engine.directions


def test_where_it_is_slower_one_warning_says_so(monkeypatch):
    monkeypatch.setenv(native.SWITCH, "0")
    monkeypatch.setattr(native, "has_bfloat16", lambda: False)
    engine._warn_once.cache_clear()
    message = r"torch.*bfloat16 is slower in batches than float32 here.*set precision to float32"
    with pytest.warns(UserWarning, match=message):
        Encoder(random_model(), precision="bfloat16").encode([["a"]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Encoder(random_model(), precision="bfloat16").encode([["a"]])


def test_where_there_are_instructions_nothing_warns(monkeypatch):
    monkeypatch.setenv(native.SWITCH, "0")
    monkeypatch.setattr(native, "has_bfloat16", lambda: True)
    choice = native.choose(random_model(), precision="bfloat16")
    assert not choice.is_slow
    assert "slower" not in choice.why


@pytest.mark.parametrize("change", [BiLM.double, lambda model: model.to("meta")])
def test_models_that_only_the_plain_path_computes_are_refused(change):
    encoder = Encoder(change(random_model()), precision="bfloat16")
    with pytest.raises(ValueError, match=r"precision = 'bfloat16': is for models in single precision on a CPU"):
        encoder.encode([["a"]])


def test_word_vectors_are_in_single_precision():
    model = random_model()
    found = Encoder(model, precision="bfloat16").word_vectors(["bank", "river"])
    assert np.array_equal(found, Encoder(model).word_vectors(["bank", "river"]))


def test_buffers_that_hold_anything_change_no_vector():
    encoder = Encoder(random_model(), precision="bfloat16")
    want = encoder.encode(SENTENCES)
    for direction in encoder._engine.directions:
        for buffer in direction._buffers.values():
            buffer.numpy().fill(np.nan)
    assert np.array_equal(encoder.encode(SENTENCES), want)
