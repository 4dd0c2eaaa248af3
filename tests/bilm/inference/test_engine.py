import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from spacy_elmo.bilm import BiLM
from spacy_elmo.bilm.inference import kernels
from spacy_elmo.bilm.inference.encoder import Encoder
from spacy_elmo.bilm.inference.engine import Engine
from spacy_elmo.bilm.inference.lstm import Run
from tests.bilm.inference.test_encoder import TOLERANCE, plain, strong_model
from tests.support.random_models import SENTENCE, random_model, random_table_model

SENTENCES = [SENTENCE, [], ["bank", "é", "bank"]]
MODELS = {"characters": random_model(), "words": random_table_model()}


def make_engine(model: BiLM, **options: Any) -> Engine:
    defaults = {"initial_state": "warm", "max_rows": 100, "word_cache": 10, "prepack": False}
    return Engine(model, **{**defaults, **options})


def replace_embedding(model: BiLM) -> None:
    model.word_encoder.embedding.weight = nn.Parameter(torch.zeros(262, 4), requires_grad=False)


def make_inference_tensor(model: BiLM) -> None:
    with torch.inference_mode():
        replace_embedding(model)


CHANGES = {
    "in place": lambda model: model.word_encoder.embedding.weight.add_(1),
    "in place and back": lambda model: model.word_encoder.embedding.weight.mul_(2).div_(2),
    "a bias of the last layer": lambda model: model.backward_layers[-1].input.bias.zero_(),
    "another parameter": replace_embedding,
    "an inference tensor": make_inference_tensor,
    "loaded": lambda model: model.load_state_dict(copy.deepcopy(model.state_dict())),
    "another type": lambda model: model.double(),
    "another device": lambda model: model.to("meta"),
}
UNSUPPORTED = {
    "double precision": lambda model: model.double(),
    "half precision": lambda model: model.half(),
    "another device": lambda model: model.to("meta"),
    "one parameter of another type": lambda model: model.backward_layers[-1].double(),
    "an inference tensor": make_inference_tensor,
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_current_until_a_parameter_changes(change):
    model = random_model()
    engine = make_engine(model)
    engine.encode(SENTENCES, [0, 1, 2], torch.empty(3, 9, 12))
    assert engine.is_current()
    CHANGES[change](model)
    assert not engine.is_current()


@pytest.mark.parametrize("model", MODELS)
def test_models_in_single_precision_on_the_cpu_are_supported(model):
    assert Engine.supports(MODELS[model])


@pytest.mark.parametrize("change", UNSUPPORTED)
def test_other_parameters_are_not_supported(change):
    model = random_model()
    UNSUPPORTED[change](model)
    assert not Engine.supports(model)


@pytest.mark.parametrize("name", MODELS)
@settings(deadline=None, max_examples=10)
@given(st.lists(st.sampled_from(["the", "bank", "river", "é", "<S>", ""]) | st.text(max_size=4), min_size=1))
def test_each_distinct_word_has_one_vector(name, words):
    model = MODELS[name]
    vectors, ids = make_engine(model).distinct_vectors(words)
    assert len(vectors) == len(set(words))
    assert ids.tolist() == [list(dict.fromkeys(words)).index(word) for word in words]
    torch.testing.assert_close(vectors[ids], model.word_vectors(words), rtol=0, atol=TOLERANCE)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("initial_state", ["warm", "zeros"])
@pytest.mark.parametrize("layers", [[0], [2], [1, 0], [2, 2, 0], [0, 1, 2]])
def test_layers_stand_in_the_order_in_which_they_are_asked_for(layers, initial_state):
    model = strong_model()
    out = torch.full((len(layers), 9, 12), torch.nan)
    make_engine(model, initial_state=initial_state).encode(SENTENCES, layers, out)
    np.testing.assert_allclose(out, plain(model, SENTENCES, initial_state)[layers], rtol=0, atol=TOLERANCE)


@pytest.mark.usefixtures("torch_path")
@pytest.mark.parametrize(("layers", "n_layers"), [([0], 0), ([1], 1), ([0, 2], 2)])
def test_layers_above_the_chosen_ones_are_not_run(monkeypatch, layers, n_layers):
    encoder = Encoder(random_model())
    encoder.encode([SENTENCE])
    runs = []
    monkeypatch.setattr("spacy_elmo.bilm.inference.lstm.Run", lambda cell, lanes: runs.append(cell) or Run(cell, lanes))
    encoder.encode([SENTENCE], layers=layers)
    assert len(runs) == 2 * n_layers


@pytest.mark.usefixtures("torch_path")
def test_large_weights_are_packed_only_for_many_words(monkeypatch):
    monkeypatch.setattr(kernels, "LARGE", 1)
    encoder = Encoder(random_model())
    encoder.encode([SENTENCE])
    products = [product for cells in encoder._engine.cells for cell in cells for product in cell.stepwise]
    assert all(product.packed is None for product in products)
    encoder.encode([["word"] * 100] * 11, layers=[1])
    packed = [product.packed is not None for product in products]
    assert packed == ([kernels.can_pack()] * 2 + [False] * 2) * 2


@pytest.mark.usefixtures("torch_path")
@pytest.mark.parametrize("prepack", [True, False])
def test_weights_of_any_size_are_packed_at_once_or_never(prepack):
    engine = make_engine(random_model(), prepack=prepack)
    engine.encode([["word"] * 100] * 11, [2], torch.empty(1, 1100, 12))
    products = [product for cells in engine.cells for cell in cells for product in cell.stepwise]
    assert [product.packed is not None for product in products] == [prepack and kernels.can_pack()] * 8
