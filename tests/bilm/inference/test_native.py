"""The kernel in C: its numbers are those of the plain model, and a word's bits are the same in any company."""

import os
import random
import sys
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_elmo.bilm import BiLM, BiLMConfig, CharacterInput, LexiconInput, WordInput
from spacy_elmo.bilm.inference import native
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.bilm.inference.native import Kernel, kernels
from spacy_elmo.bilm.inference.native_lstm import Direction
from spacy_elmo.bilm.inference.native_words import NativeCNN
from spacy_elmo.models.load import load_model
from tests.bilm.inference.test_encoder import TOLERANCE, plain
from tests.support.random_models import CHARACTERS, CONFIG, ENTRIES, LETTERS, LEXICONS, WORDS, random_model

SOME_WORDS = st.sampled_from([*WORDS, "é" * 9, "x" * 30, ""])
WIDTHS = [kernel.width for kernel in kernels()]
pytestmark = pytest.mark.skipif(not WIDTHS, reason="this install has no native kernel")
each_width = pytest.mark.parametrize("kernel", kernels(), ids=map(str, WIDTHS))
PAIRED_KERNELS = kernels("bfloat16")
each_pairing = pytest.mark.parametrize("kernel", PAIRED_KERNELS, ids=[str(kernel.variant) for kernel in PAIRED_KERNELS])


def activations(kernel: Kernel, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    y, z = torch.empty_like(x), torch.empty_like(x)
    kernel.call("activations", x, y, z, len(x))
    return y, z


@each_width
def test_sigmoid_and_tanh_are_exact_to_single_precision(kernel: Kernel):
    points = torch.cat(
        [torch.linspace(-120, 120, 40_000), torch.logspace(-40, 38, 1600), -torch.logspace(-40, 38, 1600)]
    )
    sigmoid, tanh = activations(kernel, points)
    torch.testing.assert_close(sigmoid.double(), points.double().sigmoid(), rtol=0, atol=2e-7)
    torch.testing.assert_close(tanh.double(), points.double().tanh(), rtol=0, atol=2e-7)


@each_width
def test_what_is_no_number_stays_none_and_infinities_saturate(kernel: Kernel):
    payload = torch.tensor([0x7FC00001, -1], dtype=torch.int32).view(torch.float32)
    special = torch.cat([torch.tensor([float("nan"), -float("nan"), float("inf"), -float("inf")]), payload])
    sigmoid, tanh = activations(kernel, torch.nn.functional.pad(special, (0, 10)))
    for found, high, low in ((sigmoid, 1, 0), (tanh, 1, -1)):
        assert found[[0, 1, 4, 5]].isnan().all()
        torch.testing.assert_close(found[2:4], torch.tensor([high, low], dtype=torch.float32), rtol=0, atol=1e-11)


def product(kernel: Kernel, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    (rows, inputs), outputs = x.shape, len(weight)
    y = torch.full((kernel.padded(outputs) // kernel.panel, rows, kernel.panel), torch.nan)
    memory = torch.full((native.BLOCK, kernel.units(inputs)), torch.nan)
    kernel.call("linear", y, x, rows, inputs, kernel.pack(weight), kernel.pack_bias(bias), outputs, memory)
    return y.transpose(0, 1).flatten(1)[:, :outputs]


def random_product(rows: int, inputs: int, outputs: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return x, a weight and a bias."""
    generator = torch.Generator().manual_seed(rows * inputs + outputs)
    x, weight = torch.randn(rows, inputs, generator=generator), torch.randn(outputs, inputs, generator=generator)
    return x, weight, torch.randn(outputs, generator=generator)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 70))
def test_a_row_of_a_product_is_exact_and_has_the_same_bits_in_any_company(precision: str, rows, inputs, outputs):
    x, weight, bias = random_product(rows, inputs, outputs)
    rounded = (x, weight) if precision == "float32" else (x.bfloat16(), weight.bfloat16())
    want = rounded[0].double() @ rounded[1].double().T + bias.double()
    for kernel in kernels(precision):
        whole = product(kernel, x, weight, bias)
        close = 1e-6 * inputs  # sums of numbers near 1, in another order
        torch.testing.assert_close(whole.double(), want, rtol=0, atol=close)
        for row in range(rows):
            assert torch.equal(product(kernel, x[row : row + 1], weight, bias)[0], whole[row])


@each_pairing
@pytest.mark.parametrize("inputs", [1, 2, 257, 300])
def test_pairs_are_added_as_the_instruction_of_avx_512_does(kernel: Kernel, inputs: int):
    if kernel.variant == native.PAIRED | native.DOTS | 4:
        pytest.skip("the instruction of ARM rounds otherwise")
    x, weight, bias = random_product(5, inputs, 9)
    a, b = (F.pad(tensor.bfloat16().float(), (0, inputs % 2)).numpy() for tensor in (x, weight))
    want = np.broadcast_to(bias.numpy(), (5, 9))
    for k in range(0, inputs, 2):
        for i in (k + 1, k):  # the second of a pair first; float32 holds products of two bfloat16 exactly
            want = want + a[:, i : i + 1] * b[:, i]
    assert np.array_equal(product(kernel, x, weight, bias), want)


@each_pairing
def test_operands_are_rounded_as_torch_does(kernel: Kernel):
    bits = torch.randint(-(2**31), 2**31, (4000,), generator=torch.Generator().manual_seed(0)).to(torch.int32)
    ties = torch.tensor([0x3F808000, 0x3F818000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FFFFFFF, -1, -(2**23)])
    x = torch.cat([bits, ties.to(torch.int32)]).view(torch.float32)
    x = x[(x.abs() > 1e-37) | x.isnan()][:, None]  # instructions may take smaller numbers for zero
    found = product(kernel, x, torch.ones(1, 1), torch.zeros(1))
    torch.testing.assert_close(found, x.bfloat16().float(), rtol=0, atol=0, equal_nan=True)


@st.composite
def configs(draw: st.DrawFn) -> BiLMConfig:
    """Any shape and variant, small."""
    clips = st.sampled_from([None, 0.3, 3.0])
    p = draw(st.integers(1, 40))
    has_projection = draw(st.booleans())
    kind = draw(st.sampled_from(["characters", "words", "lexicons"]))
    if kind == "lexicons":
        words: CharacterInput | WordInput | LexiconInput = replace(LEXICONS, word_size=draw(st.integers(1, 40)))
    elif kind == "characters":
        filters = draw(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 20)), min_size=1, max_size=4))
        most = draw(st.integers(8, 20))
        activation = draw(st.sampled_from(["relu", "tanh"]))
        size, highways = draw(st.integers(1, 9)), draw(st.integers(0, 2))
        words = CharacterInput(size, tuple(filters), highways, activation, max_characters=most)
    else:
        words = WordInput(len(WORDS), "row")
    return BiLMConfig(
        words,
        hidden_size=draw(st.integers(1, 70)) if has_projection else p,
        projection_size=p,
        n_layers=draw(st.integers(1, 3)),
        cell_clip=draw(clips),
        projection_clip=draw(clips),
        skip_connections=draw(st.booleans()),
        lstm_projection=has_projection,
    )


def listed_model(config: BiLMConfig) -> BiLM:
    """Return a model of `configs`, with the words and characters that its input lists."""
    listed = {WordInput: {"words": WORDS}, LexiconInput: {"words": ENTRIES, "characters": LETTERS}}
    return random_model(config, **listed.get(type(config.input), {}))


@each_width
@settings(deadline=None, max_examples=25)
@given(configs(), st.lists(st.lists(SOME_WORDS, max_size=9), max_size=9), st.data())
def test_any_shape_agrees_with_the_plain_model(kernel: Kernel, config: BiLMConfig, sentences, data):
    if not any(sentences):
        sentences = [["the"]]
    model = listed_model(config)
    layers = data.draw(st.lists(st.integers(0, config.n_layers), max_size=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spacy_elmo.bilm.inference.engine.choose", lambda *args, **options: native.Choice(kernel, ""))
        found = Encoder(model, max_batch_words=data.draw(st.integers(1, 20))).encode(sentences, layers=layers)
    np.testing.assert_allclose(found, plain(model, sentences)[layers], rtol=0, atol=TOLERANCE)


@each_width
@pytest.mark.parametrize("clip", [None, 3.0])
def test_saturated_gates_agree_with_the_plain_model(kernel: Kernel, monkeypatch, clip):
    config = replace(CONFIG, hidden_size=37, cell_clip=clip, projection_clip=3.0)
    model = random_model(config)
    for name, parameter in model.named_parameters():
        if "bias" in name and "layers" in name:
            signs = torch.randint(2, parameter.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
            parameter.copy_(signs * 1e4)  # far from where the order of a sum could turn a gate
    monkeypatch.setattr("spacy_elmo.bilm.inference.engine.choose", lambda *args, **options: native.Choice(kernel, ""))
    sentences = [["a", "b"] * 20, ["c"]]
    np.testing.assert_allclose(Encoder(model).encode(sentences), plain(model, sentences), rtol=1e-6, atol=TOLERANCE)


@pytest.fixture(scope="module")
def bundled() -> BiLM:
    return load_model("en_elmo_sm").model


def some_sentences(n: int) -> list[list[str]]:
    rng = random.Random(0)
    words = ["the", "bank", "<S>", "</S>", "", "é" * 30, "x" * 60, "日本語", *(f"word{i}" for i in range(400))]
    return [rng.choices(words, k=rng.randint(1, 12)) for _ in range(n)]


@pytest.mark.filterwarnings("ignore:.*bfloat16 is slower")
@pytest.mark.parametrize(("threads", "precision"), [(1, "float32"), (2, "float32"), (2, "bfloat16")])
def test_a_word_has_the_same_bits_in_any_company(bundled: BiLM, threads: int, precision: str):
    sentences = some_sentences(500)
    torch.set_num_threads(3 - threads)
    whole = Encoder(bundled, precision=precision).encode(sentences)
    torch.set_num_threads(threads)
    bounds = [0, *accumulate(map(len, sentences))]
    parts = [whole[:, start:stop] for start, stop in pairwise(bounds)]
    assert np.array_equal(Encoder(bundled, max_batch_words=100, precision=precision).encode(sentences), whole)
    encoder = Encoder(bundled, word_cache=50, precision=precision)
    for size in (1, 7, 64):
        order = random.Random(size).sample(range(500), 70 if size < 64 else 500)
        for first in range(0, len(order), size):
            batch = order[first : first + size]
            found = encoder.encode([sentences[i] for i in batch])
            assert np.array_equal(found, np.concatenate([parts[i] for i in batch], axis=1))


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="needs fork")
def test_a_word_has_the_same_bits_after_a_fork(bundled: BiLM):
    sentences, encoder = some_sentences(20), Encoder(bundled)
    whole = encoder.encode(sentences)
    child = os.fork()
    if not child:
        same = np.array_equal(encoder.encode(sentences[:3]), whole[:, : sum(map(len, sentences[:3]))])
        os._exit(0 if same and np.array_equal(Encoder(bundled).encode(sentences), whole) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_result_may_go_into_any_strides(bundled: BiLM):
    sentences, encoder = some_sentences(3), Encoder(bundled)
    want = encoder.encode(sentences)
    wide = np.full((*want.shape[:2], 2 * want.shape[2] + 1), np.nan, dtype=np.float32)
    for part in (wide[..., 1::2], wide[..., : want.shape[2]], wide[..., 3 : want.shape[2] + 3]):
        wide[:] = np.nan
        encoder.encode(sentences, out=part)
        assert np.array_equal(part, want)
        assert np.isnan(wide).sum() == wide.size - want.size
    turned = np.empty(want.shape[::-1], dtype=np.float32).T
    assert np.array_equal(encoder.encode(sentences, out=turned), want)


def test_buffers_that_hold_anything_change_no_vector(bundled: BiLM):
    sentences, encoder = some_sentences(9), Encoder(bundled)
    want = encoder.encode(sentences)
    for direction in encoder._engine.directions:
        for buffer in direction._buffers.values():
            buffer.numpy().fill(np.nan)
    assert np.array_equal(encoder.encode(sentences), want)


def test_layers_above_the_chosen_ones_are_not_run(bundled: BiLM, monkeypatch):
    encoder = Encoder(bundled)
    encoder.encode([["a"]])
    run, counts = Direction.run, []

    def count(self: Direction, n_layers: int, *args: Any, **options: Any) -> None:
        counts.append(n_layers)
        run(self, n_layers, *args, **options)

    monkeypatch.setattr(Direction, "run", count)
    encoder.encode([["a"]], layers=[1, 0])
    assert counts == [1, 1]


@each_width
def test_words_that_fill_all_positions_are_exact(kernel: Kernel):
    encoder = random_model(replace(CONFIG, input=replace(CHARACTERS, max_characters=8))).word_encoder
    words = ["x" * n for n in range(12)] + ["<S>", "</S>", "é" * 4]
    found = NativeCNN(kernel, encoder, width=6)(words)
    torch.testing.assert_close(found, encoder(encoder.word_ids(words)), rtol=0, atol=1e-6)


def test_the_switch_turns_it_off(bundled: BiLM, monkeypatch):
    assert native.choose(bundled).kernel is not None
    monkeypatch.setenv(native.SWITCH, "0")
    assert native.choose(bundled) == (None, "torch, because SPACY_ELMO_NATIVE is 0", False)


def test_large_weights_are_not_copied_where_that_is_refused(monkeypatch):
    monkeypatch.setattr(native, "LARGE", 1)
    model = random_model()
    assert native.choose(model).kernel is not None
    assert native.choose(model, may_copy=False).kernel is None
    assert Encoder(model, prepack=False).encode([["a"]]).shape == (3, 1, 12)


@pytest.mark.parametrize(
    ("content", "why"), [(None, "no C compiler was there"), (b"no library", "the native kernel cannot be loaded")]
)
def test_without_a_library_torch_computes_and_says_so(tmp_path, monkeypatch, content, why):
    library = tmp_path / "_native.so"
    if content is not None:
        library.write_bytes(content)
    monkeypatch.setattr(native, "LIBRARY", library)
    monkeypatch.setattr(native, "_load", native._load.__wrapped__)
    for precision in ("float32", "bfloat16"):
        choice = native.choose(random_model(), precision=precision)
        assert choice.kernel is None
        assert why in choice.why


def test_a_library_of_another_version_is_not_called(monkeypatch):
    monkeypatch.setattr(native, "INTERFACE", native.INTERFACE + 1)
    monkeypatch.setattr(native, "_load", native._load.__wrapped__)
    assert "install the package again" in native.choose(random_model()).why
