from types import SimpleNamespace

import pytest
import torch

from spacy_elmo.pretraining.network import activations
from spacy_elmo.pretraining.network.activations import mask_clipped, sigmoid_backward, tanh_backward


def test_this_torch_has_the_operators():
    assert activations.HAS_OPERATORS


def test_a_torch_without_the_operators_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(activations, "aten", SimpleNamespace())
    assert not activations.has_operators()


@pytest.fixture(params=[True, False], ids=["operators", "without"])
def _operators(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(activations, "HAS_OPERATORS", request.param)


@pytest.mark.usefixtures("_operators")
@pytest.mark.parametrize(
    ("activate", "backward"), [(torch.sigmoid, sigmoid_backward), (torch.tanh, tanh_backward)], ids=["sigmoid", "tanh"]
)
@pytest.mark.parametrize("in_place", [0, 1], ids=["over the gradient", "over the output"])
def test_gradients_are_those_of_autograd(activate, backward, in_place: int):
    x = torch.linspace(-4, 4, 99, requires_grad=True)
    d_y = torch.sin(torch.arange(99.0))
    (expected,) = torch.autograd.grad(activate(x), x, d_y)
    tensors = [d_y.clone(), activate(x).detach()]
    backward(*tensors, out=tensors[in_place])
    torch.testing.assert_close(tensors[in_place], expected)


@pytest.mark.usefixtures("_operators")
def test_what_was_clipped_has_no_gradient():
    gradient = torch.tensor([1.0, 2.0, 3.0, 4.0])
    mask_clipped(gradient, torch.tensor([-0.5, 0.4, 0.5, 0.0]), 0.5)
    assert gradient.tolist() == [0, 2, 0, 4]
    mask_clipped(gradient, gradient, None)
    assert gradient.tolist() == [0, 2, 0, 4]
