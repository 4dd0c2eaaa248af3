"""Whatever happens to the parameters, the encoder follows."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from spacy_elmo.bilm import BiLM
from spacy_elmo.bilm.inference.encoder import Encoder
from tests.bilm.inference.test_encoder import TOLERANCE, plain
from tests.support.random_models import SENTENCE, random_model

SENTENCES = [SENTENCE * 3, SENTENCE, []]


def in_place(parameter: nn.Parameter, module: nn.Module, name: str) -> None:
    parameter.add_(0.1)


def in_place_one_number(parameter: nn.Parameter, module: nn.Module, name: str) -> None:
    parameter.view(-1)[-1] += 1


def replaced(parameter: nn.Parameter, module: nn.Module, name: str) -> None:
    setattr(module, name, nn.Parameter(parameter + 0.1, requires_grad=False))


def new_data(parameter: nn.Parameter, module: nn.Module, name: str) -> None:
    parameter.data = parameter.data + 0.1


def assert_follows(encoder: Encoder) -> None:
    expected = plain(encoder.model, SENTENCES)
    np.testing.assert_allclose(encoder.encode(SENTENCES), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("change", [in_place, in_place_one_number, replaced, new_data])
@pytest.mark.parametrize("prepack", [True, False])
def test_a_change_of_any_parameter_is_seen(change, prepack):
    encoder = Encoder(random_model(), prepack=prepack)
    encoder.encode(SENTENCES)
    for path, parameter in list(encoder.model.named_parameters()):
        parent, _, name = path.rpartition(".")
        change(parameter, encoder.model.get_submodule(parent), name)
        assert_follows(encoder)


def test_parameters_replaced_twice_at_one_address_are_seen():
    encoder = Encoder(random_model())
    embedding = encoder.model.word_encoder.embedding
    for _ in range(20):
        encoder.encode([SENTENCE])
        for _ in range(2):  # the second may get the memory that the first left
            embedding.weight = nn.Parameter(embedding.weight + 0.1, requires_grad=False)
        assert_follows(encoder)


def test_loaded_parameters_are_seen():
    for assign in (False, True):
        encoder = Encoder(random_model(seed=0))
        encoder.encode(SENTENCES)
        encoder.model.load_state_dict(copy.deepcopy(random_model(seed=1).state_dict()), assign=assign)
        assert_follows(encoder)


def test_an_optimizers_step_is_seen():
    encoder = Encoder(random_model().requires_grad_(True))
    optimizer = torch.optim.Adam(encoder.model.parameters(), lr=0.1)
    encoder.encode(SENTENCES)
    for _ in range(2):
        encoder.model([SENTENCE])[0][0].sum().backward()
        optimizer.step()
        with torch.no_grad():
            assert_follows(encoder)


def test_word_vectors_follow_too():
    encoder = Encoder(random_model())
    before = encoder.word_vectors(["bank"])
    encoder.model.word_encoder.embedding.weight.mul_(2)
    assert not np.allclose(encoder.word_vectors(["bank"]), before)


def test_clear_forgets_what_pytorch_does_not_count():
    encoder = Encoder(random_model())
    encoder.encode(SENTENCES)
    encoder.model.word_encoder.embedding.weight.data.mul_(2)
    encoder.clear()
    assert_follows(encoder)


def test_other_types_take_the_plain_path_and_come_back():
    encoder = Encoder(random_model(), max_batch_words=100)
    encoder.encode(SENTENCES)
    encoder.model.double()
    np.testing.assert_allclose(encoder.encode(SENTENCES), plain(encoder.model, SENTENCES), rtol=0, atol=TOLERANCE)
    assert encoder.word_vectors(["bank"]).dtype == np.float32
    assert encoder._engine is None
    encoder.model.float()
    assert_follows(encoder)
    assert encoder._engine is not None


def test_parameters_whose_changes_are_not_counted_take_the_plain_path():
    with torch.inference_mode():
        model = BiLM(random_model().config)
        encoder = Encoder(model)
        encoder.encode(SENTENCES)
        model.word_encoder.embedding.weight.mul_(2)
        assert_follows(encoder)


def test_a_parameter_that_becomes_an_inference_tensor_is_seen():
    encoder = Encoder(random_model())
    encoder.encode(SENTENCES)
    embedding = encoder.model.word_encoder.embedding
    with torch.inference_mode():
        embedding.weight = nn.Parameter(embedding.weight + 0.1, requires_grad=False)
    assert_follows(encoder)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_another_device_takes_the_plain_path_and_comes_back():
    encoder = Encoder(random_model())
    encoder.model.cuda()
    expected = encoder.encode(SENTENCES)
    encoder.model.cpu()
    np.testing.assert_allclose(encoder.encode(SENTENCES), expected, rtol=0, atol=1e-4)  # a GPU rounds otherwise
    assert_follows(encoder)
