"""Thinc's access to a biLM."""

import pickle

import numpy as np
import pytest
import torch
from thinc.api import Model

from spacy_elmo.formats import Pretrained, WeightsError, model_directory
from spacy_elmo.layers.shim import BiLMShim

SENTENCES = [["a", "bank"], [], ["</S>"]]


@pytest.fixture
def shim(tiny_model):
    shim = BiLMShim(initial_state="warm", max_batch_words=16, word_cache=10)
    shim.load(model_directory.read(tiny_model))
    return shim


def test_without_weights_the_model_says_how_to_load_them():
    shim = BiLMShim()
    assert not shim.is_loaded
    with pytest.raises(ValueError, match="no weights yet: add the pipe with a `pretrained` name"):
        _ = shim.model


def test_an_empty_shim_is_empty_bytes():
    data = BiLMShim().to_bytes()
    assert data == b""
    assert not BiLMShim().from_bytes(data).is_loaded


def test_bytes_keep_weights_and_meta(shim):
    again = BiLMShim().from_bytes(shim.to_bytes())
    assert again.meta == shim.meta
    for name, values in shim.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], values)


def test_bad_bytes_are_an_error(shim):
    with pytest.raises(WeightsError, match="model bytes"):
        BiLMShim().from_bytes(shim.to_bytes()[:-10])


def test_pickle_is_by_value_and_keeps_settings(shim):
    again = pickle.loads(pickle.dumps(shim))
    assert again.cfg == shim.cfg
    assert again.id == shim.id
    assert np.allclose(again.encoder.encode(SENTENCES), shim.encoder.encode(SENTENCES), atol=1e-6)  # other alignment


def test_new_weights_make_a_new_encoder(shim, tiny_model):
    before = shim.encoder.encode(SENTENCES)
    model, meta, _ = model_directory.read(tiny_model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.5)
    shim.load(Pretrained(model, meta))
    assert not np.allclose(shim.encoder.encode(SENTENCES), before, atol=1e-3)


def test_weights_changed_in_place_change_the_vectors(shim):
    before = shim.encoder.encode(SENTENCES)
    with torch.no_grad():
        for parameter in shim.model.parameters():
            parameter.mul_(0.5)
    after = shim.encoder.encode(SENTENCES)
    plain, _ = shim.model(SENTENCES, shim.model.initial_state("warm", len(SENTENCES)))
    assert not np.allclose(after, before, atol=1e-3)
    assert np.allclose(after, np.concatenate([p.detach() for p in plain], axis=1), atol=1e-5)  # other products


def test_a_named_device_is_kept(tiny_model):
    shim = BiLMShim(device="cpu")
    shim.load(model_directory.read(tiny_model))
    shim.to_device("cpu", 0)
    assert shim.model.device == torch.device("cpu")


def test_it_serializes_as_part_of_a_thinc_model(shim):
    model = Model("test", lambda model, x, is_train: (x, lambda d: d), shims=[shim])
    again = Model("test", lambda model, x, is_train: (x, lambda d: d), shims=[BiLMShim()])
    again.from_bytes(model.to_bytes())
    assert again.shims[0].meta == shim.meta
