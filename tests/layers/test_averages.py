"""Averages of Thinc's optimizers in PyTorch modules."""

import numpy as np
import pytest
import torch
from torch import nn

from spacy_elmo.layers.averages import use_averages


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(2, 2)


def test_a_module_has_averages_for_a_while(module: nn.Module):
    own, averages = module.weight.detach().clone(), np.full((2, 2), 0.5, "float32")
    with use_averages(module, 7, {(7, "weight"): averages}):
        assert (module.weight == 0.5).all()
    assert torch.equal(module.weight, own)


def test_its_own_values_come_back_after_an_error(module: nn.Module):
    own = module.weight.detach().clone()
    with pytest.raises(RuntimeError), use_averages(module, 7, {(7, "weight"): np.zeros((2, 2), "float32")}):
        raise RuntimeError
    assert torch.equal(module.weight, own)


def test_averages_of_other_layers_are_left_alone(module: nn.Module):
    own = module.weight.detach().clone()
    with use_averages(module, 7, {(8, "weight"): np.zeros((2, 2), "float32")}):
        assert torch.equal(module.weight, own)
